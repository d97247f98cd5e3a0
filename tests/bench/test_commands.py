import pytest
from click.testing import CliRunner

from fleet_app.bench.commands import bench

COMMANDS = ("api", "domain", "freshness", "geofences", "lane", "live", "positions", "restore")


@pytest.mark.parametrize("name", COMMANDS)
def test_each_benchmark_says_what_it_measures_and_writes_json(name: str) -> None:
    said = CliRunner().invoke(bench, [name, "--help"]).output

    assert said.startswith(f"Usage: bench {name}")
    assert "--json FILE" in said


@pytest.mark.parametrize(
    "arguments",
    [
        ("domain", "--interval-s", "0"),
        ("positions", "--vehicles", "0"),
        ("geofences", "--geofences", "0"),
        ("lane", "--job", "C"),
        ("lane", "--runs", "0"),
        ("freshness", "--rate", "0"),
        ("restore", "--job", "B"),
        ("api", "--clients", "0"),
        ("live", "--seconds", "0"),
    ],
)
def test_what_cannot_be_run_is_refused_before_anything_starts(arguments: tuple[str, ...]) -> None:
    done = CliRunner().invoke(bench, arguments)

    assert done.exit_code == 2
