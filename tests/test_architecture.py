"""What must not be there: the absences that ARCHITECTURE.md promises."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CODE = sorted(
    path for room in ("fleet_app", "agents", "tables") for path in (ROOT / room).rglob("*.py") if path.is_file()
)


def uses_environment(tree: ast.Module) -> bool:
    return any(
        (isinstance(node, ast.Attribute) and node.attr in {"environ", "environb", "getenv", "getenvb"})
        or (isinstance(node, ast.alias) and node.name in {"environ", "getenv"})
        for node in ast.walk(tree)
    )


def test_one_file_reads_the_environment() -> None:
    readers = [str(path.relative_to(ROOT)) for path in CODE if uses_environment(ast.parse(path.read_text()))]

    assert readers == ["fleet_app/settings.py"]


@pytest.mark.parametrize("room", ["agents", "tables"])
def test_agents_and_tables_stay_short(room: str) -> None:
    long = {path.name: len(path.read_text().splitlines()) for path in (ROOT / room).glob("*.py")}

    assert {name: lines for name, lines in long.items() if lines > 100} == {}
