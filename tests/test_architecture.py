"""What must not be there, as ARCHITECTURE.md promises, and what must: a twin of tests for every module."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CODE = sorted(
    path for room in ("fleet_app", "agents", "tables") for path in (ROOT / room).rglob("*.py") if path.is_file()
)


def twin(module: Path) -> Path:
    """Return where the tests of a module stand: `tests/<room>/test_<module>.py`."""
    room = module.relative_to(ROOT).parent
    rooms = room.relative_to("fleet_app") if room.is_relative_to("fleet_app") else room
    return ROOT / "tests" / rooms / f"test_{module.name}"


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


@pytest.mark.parametrize(
    "module", [path for path in CODE if path.name != "__init__.py"], ids=lambda path: str(path.relative_to(ROOT))
)
def test_every_module_has_its_tests_where_its_name_says(module: Path) -> None:
    assert twin(module).is_file()
