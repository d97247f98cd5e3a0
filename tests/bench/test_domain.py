import msgspec
import pytest

from fleet_app.bench.domain import DomainConfig, Part, Tally, agent_alone, differences_of, load_of, measure, run_domain
from fleet_app.bench.drives import Kind, Reported

CONFIG = DomainConfig(vehicles=200, fixes_per_vehicle=30, interval_s=5, runs=1, seed=1)


def reported(*kinds: Kind) -> list[Reported]:
    return [Reported(0, number, kind, b"") for number, kind in enumerate(kinds)]


def test_every_part_judges_every_position_as_what_it_is() -> None:
    report = measure(CONFIG)

    assert report.runs[0].differences == []
    assert report.exact
    assert report.fixes_per_cpu_s == report.parts[Part.DOMAIN].median > 0
    assert report.profiles == {}


def test_the_agent_tells_nearly_every_fix_and_stores_less_when_it_catches_up() -> None:
    figures = measure(CONFIG).figures

    assert figures[Part.AGENT].outputs["fleet.fixes"] > 0.9
    assert figures[Part.AGENT].stored_bytes < figures[Part.AGENT_LIVE].stored_bytes


def test_a_profile_is_taken_of_every_part() -> None:
    report = run_domain(msgspec.structs.replace(CONFIG, profiles=True), lambda _: None)

    assert set(report.profiles) == set(Part)
    assert sum(line.share for line in report.profiles[Part.AGENT].lines) > 0.3


def test_a_backlog_comes_at_once_and_live_fixes_as_they_are_made() -> None:
    load = load_of(CONFIG)

    assert load.backlog[-1].timestamp - load.backlog[0].timestamp < 1_000
    assert load.live[-1].timestamp - load.live[0].timestamp > 140_000
    assert sorted(record.timestamp for record in load.live) == [record.timestamp for record in load.live]


def test_the_agent_can_be_measured_alone() -> None:
    assert agent_alone(CONFIG) > 0


@pytest.mark.parametrize(
    ("tally", "expected"),
    [
        (Tally(accepted=2, refused=2, waiting=0), []),
        (Tally(accepted=1, refused=2, waiting=1), []),
        (Tally(accepted=1, refused=2, waiting=0), ["3 records accounted for", "1 fixes accepted"]),
        (Tally(accepted=3, refused=1, waiting=0), ["3 fixes accepted"]),
    ],
)
def test_a_tally_that_cannot_be_is_told(tally: Tally, expected: list[str]) -> None:
    told = differences_of(reported(Kind.TRUE, Kind.TRUE, Kind.ASTRAY, Kind.REPEATED), tally)

    assert [said.startswith(beginning) for said, beginning in zip(told, expected, strict=True)] == [True] * len(told)
