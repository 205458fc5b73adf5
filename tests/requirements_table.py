"""Which requirement is proved by which tests: `make req`. Reads the `req` marks without running anything.

The requirements stand in docs/requirements.md; a mark with an id that is not there is an error.
"""

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parent
REQUIREMENTS = TESTS.parent / "docs" / "requirements.md"
NAMES_SHOWN = 4


def marks_of(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Iterator[str]:
    """Ids of every `@pytest.mark.req("ACD-1", …)` on a test."""
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.req":
            yield from (str(argument.value) for argument in decorator.args if isinstance(argument, ast.Constant))


def module_marks(tree: ast.Module) -> Iterator[str]:
    """Ids that a module gives all its tests with `pytestmark`."""
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "pytestmark":
            yield from re.findall(r"'([A-Z]+-\d+)'", ast.unparse(statement.value))


def proofs() -> dict[str, list[str]]:
    """Requirement id → tests, as `folder/file.py::name`."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(TESTS.rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        shared = list(module_marks(tree))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                for identity in [*shared, *marks_of(node)]:
                    found[identity].append(f"{path.relative_to(TESTS)}::{node.name}")
    return found


def order(identity: str) -> tuple[str, int]:
    area, _, number = identity.partition("-")
    return area, int(number) if number.isdigit() else 0


def titles() -> dict[str, str]:
    """Id → title, in the order of the document."""
    found = re.findall(r"^- ([A-Z]+-\d+) (.+)$", REQUIREMENTS.read_text(encoding="utf-8"), re.MULTILINE)
    return dict(found)


def main() -> int:
    found, known = proofs(), titles()
    print(f"{'requirement':<12} {'tests':>5}  proved by")
    for identity, title in known.items():
        names = found.get(identity, [])
        print(f"{identity:<12} {len(names) or '-':>5}  {title}")
        for name in names[:NAMES_SHOWN]:
            print(f"{'':<20}  {name}")
        if len(names) > NAMES_SHOWN:
            print(f"{'':<20}  and {len(names) - NAMES_SHOWN} more")
    strange = sorted(found.keys() - known.keys(), key=order)
    print(f"{len(found.keys() & known.keys())} of {len(known)} requirements have tests")
    if strange:
        print(f"marks of requirements that do not exist: {', '.join(strange)}")
    return 1 if strange else 0


if __name__ == "__main__":
    sys.exit(main())
