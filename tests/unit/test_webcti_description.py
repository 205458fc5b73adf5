"""The description of WebCTI and its manuals: complete, consistent, and never older than the program."""

import asyncio
import re
import sqlite3
from pathlib import Path

import msgspec
import pytest

from appliance import schema
from appliance.callcenter.integrations import views
from appliance.webadmin.webcti import addresses, description
from appliance.webadmin.webcti.handler import RESERVED


def references(document: object) -> set[str]:
    if isinstance(document, dict):
        own = {document["$ref"]} if isinstance(document.get("$ref"), str) else set()
        return own.union(*(references(value) for value in document.values()))
    if isinstance(document, list):
        return set().union(*(references(value) for value in document))
    return set()


@pytest.mark.req("CTI-4")
def test_description_is_whole() -> None:
    document = description.openapi()
    schemas = document["components"]["schemas"]
    assert references(document) <= {f"#/components/schemas/{name}" for name in schemas}
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    for path, methods in document["paths"].items():
        declared = {one["name"] for one in next(iter(methods.values())).get("parameters", []) if one["in"] == "path"}
        assert declared == set(re.findall(r"\{(\w+)\}", path))


@pytest.mark.req("CTI-4")
def test_description_names_every_address_and_nothing_else() -> None:
    patterns = [route[0].removeprefix("/webcti/v1") for route in addresses.routes(None)]
    undescribed = {r"/openapi\.json", "/webcti/.*"}
    paths = list(description.openapi()["paths"])
    for pattern in set(patterns) - undescribed:
        example = [path for path in paths if re.fullmatch(pattern, re.sub(r"\{\w+\}", "1", path))]
        assert example, pattern
    for path in paths:
        assert any(re.fullmatch(pattern, re.sub(r"\{\w+\}", "1", path)) for pattern in patterns), path


@pytest.mark.req("CTI-4")
def test_no_argument_that_is_needed_has_the_name_of_a_field_of_the_request() -> None:
    for verb in description.offered():
        fields = {field.encode_name for field in msgspec.structs.fields(verb.arguments) if field.required}
        assert not fields & set(RESERVED), verb.name


@pytest.mark.req("CTI-4")
async def test_published_views_have_the_columns_that_the_manual_promises(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/hcc.db"
    for _ in range(2):
        await asyncio.to_thread(schema.upgrade, url)
    connection = sqlite3.connect(tmp_path / "hcc.db")
    for name, columns in views.COLUMNS.items():
        rows = connection.execute(f"SELECT * FROM {name}")
        assert tuple(column[0] for column in rows.description) == columns
    with pytest.raises(sqlite3.OperationalError):
        connection.execute("DELETE FROM cti_call")
    connection.close()
