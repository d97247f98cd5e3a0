from collections import Counter

import msgspec
import pytest

from fleet_app.bench.domain import (
    DomainConfig,
    DomainRun,
    Part,
    Tally,
    agent_alone,
    differences_of,
    load_of,
    measure,
    report_of,
    run_domain,
)
from fleet_app.bench.drives import Kind

CONFIG = DomainConfig(vehicles=200, fixes_per_vehicle=30, interval_s=5, runs=1, seed=1)


def test_every_part_judges_every_position_as_what_it_is() -> None:
    run = measure(CONFIG)

    assert run.differences == []
    assert set(run.fixes_per_cpu_s) == set(Part)


def test_the_figure_is_the_median_of_decode_and_advance() -> None:
    rates = (dict.fromkeys(Part, part_rate) for part_rate in (1.0, 5.0, 2.0))
    runs = [DomainRun(fixes_per_cpu_s=each, figures={}, differences=[]) for each in rates]

    assert report_of(CONFIG, runs, {}).fixes_per_cpu_s == 2.0


def test_one_wrong_run_makes_all_of_it_void() -> None:
    rates = dict.fromkeys(Part, 1.0)
    runs = [DomainRun(fixes_per_cpu_s=rates, figures={}, differences=said) for said in ([], ["domain: one is lost"])]

    assert not report_of(CONFIG, runs, {}).exact


def test_the_agent_tells_nearly_every_fix_and_stores_less_when_it_catches_up() -> None:
    figures = measure(CONFIG).figures

    assert figures[Part.AGENT].outputs["fleet.fixes"] > 0.9
    assert figures[Part.AGENT].stored_bytes < figures[Part.AGENT_LIVE].stored_bytes


def test_all_of_it_is_measured_in_another_process_and_each_run_told() -> None:
    told: list[str] = []
    report = run_domain(msgspec.structs.replace(CONFIG, runs=2, profiles=True), told.append)

    assert report.exact
    assert [said[:12] for said in told] == ["run 1: domai", "run 2: domai"]
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
    told = differences_of(Counter((Kind.TRUE, Kind.TRUE, Kind.ASTRAY, Kind.REPEATED)), tally)

    assert [said.startswith(beginning) for said, beginning in zip(told, expected, strict=True)] == [True] * len(told)
