"""Which schema a program needs, when migrations of several branches have met."""

from pathlib import Path

import pytest

from appliance import db


def migration(folder: Path, name: str, revises: str | None) -> None:
    text = f'revision = "{name}"\ndown_revision = {f"{revises!r}" if revises else None}\n'.replace("'", '"')
    (folder / "versions" / f"{name}_some.py").write_text(text)


def test_newest_schema_is_the_one_no_other_revises_whatever_its_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "versions").mkdir()
    monkeypatch.setattr(db, "MIGRATIONS", tmp_path)
    migration(tmp_path, "0001", None)
    migration(tmp_path, "0008", "0001")
    migration(tmp_path, "0005", "0008")
    assert db.newest_schema() == "0005"


def test_own_migrations_are_one_line() -> None:
    assert db.newest_schema()
