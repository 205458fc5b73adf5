"""Which requirement is proved by which tests: `make req`. Reads the `req` marks without running anything."""

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parent
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
    for path in sorted(TESTS.glob("*/test_*.py")):
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


def main() -> int:
    found = proofs()
    print(f"{'requirement':<12} {'tests':>5}  proved by")
    for identity in sorted(found, key=order):
        names = found[identity]
        print(f"{identity:<12} {len(names):>5}  {names[0]}")
        for name in names[1:NAMES_SHOWN]:
            print(f"{'':<18}  {name}")
        if len(names) > NAMES_SHOWN:
            print(f"{'':<18}  and {len(names) - NAMES_SHOWN} more")
    print(f"{len(found)} requirements have tests")
    return 0


if __name__ == "__main__":
    sys.exit(main())
