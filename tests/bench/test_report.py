import io
import json
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from fleet_app.bench.api import ApiConfig, ApiReport, ApiRun, ReadFigures, ScanFigures
from fleet_app.bench.api import report_of as api_report_of
from fleet_app.bench.domain import DomainConfig, DomainReport, DomainRun, Figures, Part
from fleet_app.bench.domain import report_of as domain_report_of
from fleet_app.bench.figures import delays, spread
from fleet_app.bench.freshness import FreshnessConfig, FreshnessReport, FreshnessRun
from fleet_app.bench.geofences import GeofencesConfig, GeofencesReport, GeofencesRun, Layout, LayoutFigures
from fleet_app.bench.geofences import report_of as geofences_report_of
from fleet_app.bench.holds import Hold
from fleet_app.bench.lane import LaneConfig, LaneReport, LaneRun, report_of
from fleet_app.bench.live import PACES, FeedFigures, LiveConfig, LiveReport, LiveRun
from fleet_app.bench.live import report_of as live_report_of
from fleet_app.bench.load import JobName
from fleet_app.bench.machine import this_machine
from fleet_app.bench.positions import PositionsConfig, PositionsReport, PositionsRun
from fleet_app.bench.positions import report_of as positions_report_of
from fleet_app.bench.profiler import HotFunction, HotLine, Profile
from fleet_app.bench.report import Report, show, write_json
from fleet_app.bench.restore import RestoreReport, RestoreRun
from fleet_app.errors import InputError

LANE_CONFIG = LaneConfig(
    job=JobName.A, vehicles=10_000, records=100, partitions=4, runs=2, commit_interval_s=0.5, seed=1
)
LANE_RUN = LaneRun(
    records_per_cpu_s=400_000.0,
    records_per_cpu_s_whole=300_000.0,
    cpu_s=1.0,
    wall_s=2.0,
    peak_rss_mb=250.0,
    peak_pss_mb=240.0,
    waited_share=0.1,
    job_alone_per_cpu_s=900_000.0,
    exact=True,
    differences=[],
)


PROFILE = Profile(
    main_cpu_s=2.0,
    others_cpu_s=0.5,
    samples=1_000,
    lines=[HotLine(place="fleet_app/x.py:7", function="work", share=0.6, cpu_s=1.2)],
    functions=[HotFunction(place="fleet_app/x.py:5", function="work", share=0.9, own_share=0.65)],
)


def lane(*runs: LaneRun) -> LaneReport:
    return report_of(LANE_CONFIG, list(runs), cores_apart=True)


def restore() -> RestoreReport:
    figure = spread([4.0])
    run = RestoreRun(
        start_to_running_s=4.0, assigned_to_running_s=4.0, cpu_s=4.0, peak_rss_mb=4.0, exact=True, differences=[]
    )
    return RestoreReport(
        config=msgspec.structs.replace(LANE_CONFIG, vehicles=1_000_000),
        cores_apart=True,
        exact=True,
        changelog_keys=1_000_000,
        keys_checked=1_000,
        start_to_running_s=figure,
        assigned_to_running_s=figure,
        cpu_s=figure,
        peak_rss_mb=figure,
        runs=[run],
        machine=this_machine(),
    )


def freshness() -> FreshnessReport:
    figure = delays([0.0], [5.0])
    run = FreshnessRun(
        rate=10_000,
        in_state=figure,
        over_http=figure,
        round_trip=figure,
        sender_late=figure,
        worker_cpu_share=0.25,
        exact=True,
    )
    config = FreshnessConfig(rates=(10_000,), seconds=1, vehicles=10_000, partitions=4, commit_interval_s=0.5, seed=1)
    return FreshnessReport(config=config, cores_apart=False, exact=True, runs=[run], machine=this_machine())


def domain(*, profiles: bool = False) -> DomainReport:
    config = DomainConfig(vehicles=100, fixes_per_vehicle=10, interval_s=5, runs=2, seed=1, profiles=profiles)
    rates = dict(zip(Part, (160_000.0, 90_000.0, 50_000.0, 20_000.0), strict=True))
    figures = {Part.AGENT: Figures(outputs={"fleet.fixes": 1.0}, output_bytes=318.0, stored_bytes=116.0)}
    run = DomainRun(fixes_per_cpu_s=rates, figures=figures, differences=[])
    return domain_report_of(config, [run], {Part.AGENT: PROFILE} if profiles else {})


def positions(profile: Profile | None = None) -> PositionsReport:
    config = PositionsConfig(
        vehicles=100, fixes_per_vehicle=10, interval_s=5, partitions=4, runs=1, commit_interval_s=0.5, seed=1
    )
    run = PositionsRun(
        fixes_per_cpu_s=40_000.0,
        fixes_per_cpu_s_whole=30_000.0,
        cpu_s=1.0,
        wall_s=2.0,
        peak_rss_mb=250.0,
        waited_share=0.1,
        agent_alone_per_cpu_s=50_000.0,
        exact=True,
        differences=[],
        profile=profile,
    )
    return positions_report_of(config, [run], records=1_000, cores_apart=True)


def geofences() -> GeofencesReport:
    config = GeofencesConfig(vehicles=100, fixes_per_vehicle=10, interval_s=5, geofences=1_000, runs=1, seed=1)
    figures = LayoutFigures(
        elsewhere_us=10.0, among_us=10.8, ratio=1.08, inside_share=0.04, near_share=0.05, events_per_fix=0.01
    )
    run = GeofencesRun(layouts=dict.fromkeys(Layout, figures), build_s=0.8, change_ms=3.0, differences=[])
    return geofences_report_of(config, [run])


def api(*, refused: int = 0, scanned: int = 1_000) -> ApiReport:
    config = ApiConfig(
        vehicles=100,
        interval_s=1,
        clients=4,
        seconds=1,
        scanned=1_000,
        partitions=4,
        runs=1,
        commit_interval_s=0.5,
        seed=1,
    )
    figures = ReadFigures(
        reads_per_s=3_500.0,
        took=delays([0.0], [30.0]),
        refused=refused,
        cpu_ms_per_read=0.2,
        reader_cpu_ms_per_read=0.03,
        positions_per_s=100.0,
        machine_busy_share=0.5,
    )
    run = ApiRun(
        local=figures,
        forwarded=figures,
        cpu_ms_per_position=0.1,
        positions_per_s_unread=100.0,
        sender_late=delays([0.0], [1.0]),
        load_1m=1.0,
        profiles=[PROFILE],
    )
    scan = ScanFigures(
        vehicles=scanned,
        pages=1,
        seconds=0.1,
        page=delays([0.0], [100.0]),
        refused=[],
        longest_hold_ms=4.0,
        longest_hold_wall_ms=5.0,
        holds=[Hold(cpu_ms=4.0, wall_ms=5.0, at_s=0.0, what="scan")],
    )
    return api_report_of(config, [run], scan)


def live(*, went_back: int = 0) -> LiveReport:
    config = LiveConfig(vehicles=100, interval_s=5, clients=4, seconds=1, partitions=4, seed=1)
    figures = FeedFigures(
        age=delays([0.0], [300.0]),
        kb_per_s=20.0,
        kb_per_s_of_all=50.0,
        frames_per_s=9.0,
        went_back=went_back,
        worker_core_share=0.5,
        worker_rss_mb=200.0,
        watchers_core_share=0.1,
        positions_per_s=20.0,
    )
    run = LiveRun(
        pace=PACES[1],
        unwatched_core_share=0.3,
        unwatched_positions_per_s=20.0,
        watched=figures,
        beside_one_that_never_reads=figures,
        feed_core_share=0.2,
        sender_late=delays([0.0], [1.0]),
        profile=PROFILE,
    )
    return live_report_of(config, [run], cores_apart=True)


def shown(report: Report) -> str:
    console = Console(file=io.StringIO(), width=160)
    show(report, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def line(report: Report, beginning: str) -> str:
    return next(line for line in shown(report).splitlines() if line.startswith(beginning))


def test_a_figure_stands_beside_its_target() -> None:
    report = lane(LANE_RUN)

    assert line(report, "records per CPU-second, steady").split()[-3:] == ["≥", "350,000", "met"]
    assert line(report, "peak memory").split()[-4:] == ["≤", "200", "not", "met"]


def test_the_median_stands_with_its_extremes() -> None:
    slower = msgspec.structs.replace(LANE_RUN, records_per_cpu_s=200_000.0)

    assert "300,000 (200,000 to 400,000)" in shown(lane(LANE_RUN, slower))


def test_one_wrong_run_makes_all_of_it_void() -> None:
    wrong = msgspec.structs.replace(LANE_RUN, exact=False, differences=["vehicle: 1 missing"])
    report = lane(LANE_RUN, wrong)

    assert not report.exact
    assert "VOID" in shown(report)
    assert "vehicle: 1 missing" in shown(report)


def test_a_restore_stands_beside_its_target() -> None:
    assert line(restore(), "assignment to running").split()[-3:] == ["≤", "5", "met"]


def test_freshness_stands_beside_its_targets() -> None:
    assert line(freshness(), "10,000/s, sent to in state, p50").split()[-4:] == ["≤", "4", "not", "met"]
    assert line(freshness(), "10,000/s, sent to readable over HTTP, p50").split()[-3:] == ["≤", "6", "met"]


def test_a_shared_core_is_said() -> None:
    assert "shared one core" in shown(freshness())


def test_the_application_stands_beside_its_targets() -> None:
    assert line(domain(), "decode and advance").split()[-3:] == ["≥", "150,000", "met"]
    assert line(positions(), "fixes per CPU-second, steady").split()[-4:] == ["≥", "100,000", "not", "met"]


def test_geofences_stand_beside_their_target() -> None:
    assert "1,000 geofences" in shown(geofences())
    assert line(geofences(), "one in four at a stop, by far from ten").split()[-3:] == ["≤", "1.1", "met"]
    assert line(geofences(), "one in four at a stop, fixes inside").split()[-3:] == ["4.0%", "/", "5.0%"]


def test_reads_stand_beside_their_targets() -> None:
    assert line(api(), "local reads per second").split()[-3:] == ["≥", "3,000", "met"]
    assert line(api(), "local reads, p99 ms").split()[-4:] == ["≤", "25", "not", "met"]
    assert line(api(), "forwarded reads, p99 ms").split()[-3:] == ["≤", "40", "met"]
    assert line(api(), "scan of 1,000 vehicles, longest hold").split()[-3:] == ["≤", "10", "met"]
    assert "Every answer was whole." in shown(api())


def test_reads_that_were_refused_or_vehicles_that_are_missing_make_it_void() -> None:
    assert "2 of the answers of a run were refused" in shown(api(refused=2))
    assert "the scan listed 999 of 1000 vehicles" in shown(api(scanned=999))


def test_the_feed_stands_beside_its_targets() -> None:
    what = "rate=10, commit every 0.1 s:"

    assert line(live(), f"{what} share of a core that").split()[-3:] == ["≤", "0.25", "met"]
    assert line(live(), f"{what} kB/s of a client that watches all").split()[-3:] == ["≤", "60", "met"]
    assert line(live(), f"{what} sent to frame, p50 ms").split()[-4:] == ["≤", "200", "not", "met"]
    assert line(live(), f"{what} sent to frame, p99 ms").split()[-3:] == ["≤", "500", "met"]


def test_a_vehicle_that_went_back_makes_the_feed_void() -> None:
    assert "rate=10: 3 times a vehicle was shown at an earlier time" in shown(live(went_back=3))


@pytest.mark.parametrize(
    "report",
    [
        domain(profiles=True),
        positions(PROFILE),
        api(),
        live(),
        lane(msgspec.structs.replace(LANE_RUN, profile=PROFILE)),
    ],
    ids=lambda report: report.bench,
)
def test_a_profile_is_shown_by_line_and_by_function(report: Report) -> None:
    assert line(report, "60.0%").split()[1:] == ["1.20", "fleet_app/x.py:7", "work"]
    assert line(report, "90.0%").split()[1:] == ["65.0%", "fleet_app/x.py:5", "work"]


@pytest.mark.parametrize(
    "report",
    [lane(LANE_RUN), restore(), freshness(), domain(), positions(), geofences(), api(), live()],
    ids=lambda report: report.bench,
)
def test_programs_read_the_same_figures(report: Report, tmp_path: Path) -> None:
    write_json(report, tmp_path / "figures.json")
    written = json.loads((tmp_path / "figures.json").read_text())

    assert written["bench"] == report.bench
    assert written["exact"] is True
    assert len(written["runs"]) == 1
    assert msgspec.convert(written, type(report)) == report


def test_the_lane_writes_its_rate() -> None:
    assert msgspec.to_builtins(lane(LANE_RUN))["records_per_cpu_s"] == 400_000.0


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="choose another place with --json"):
        write_json(lane(LANE_RUN), tmp_path / "missing" / "figures.json")
