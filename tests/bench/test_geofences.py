from collections.abc import Mapping

import msgspec
import pytest

from fleet_app.bench.geofences import (
    GeofencesConfig,
    GeofencesRun,
    Layout,
    LayoutFigures,
    differences_of,
    geofences_of,
    load_of,
    measure,
    report_of,
    run_geofences,
    sides_of,
)
from fleet_app.domain.geofences.checks import fault_of
from fleet_app.domain.geofences.geofence import Circle

CONFIG = GeofencesConfig(vehicles=100, fixes_per_vehicle=30, interval_s=5, geofences=200, runs=2, seed=1)


def run(ratios: Mapping[Layout, float], *differences: str) -> GeofencesRun:
    layouts = {
        layout: LayoutFigures(
            elsewhere_us=1.0, among_us=ratio, ratio=ratio, inside_share=0.1, near_share=0.2, events_per_fix=0.01
        )
        for layout, ratio in ratios.items()
    }
    return GeofencesRun(layouts=layouts, build_s=1.0, change_ms=1.0, differences=list(differences))


def test_geofences_change_nothing_about_the_fixes_themselves() -> None:
    measured = measure(CONFIG)

    assert measured.differences == []
    assert set(measured.layouts) == set(Layout)


def test_the_denser_the_geofences_are_the_more_vehicles_are_inside() -> None:
    layouts = measure(CONFIG).layouts

    shares = [layouts[layout].inside_share for layout in Layout]
    assert shares == sorted(shares)
    assert shares[-1] > 0.1
    assert layouts[Layout.DENSE].events_per_fix > 0
    assert all(each.inside_share <= each.near_share for each in layouts.values())


def test_all_of_it_is_measured_in_another_process_and_each_run_told() -> None:
    told: list[str] = []
    report = run_geofences(CONFIG, told.append)

    assert report.exact
    assert [said[:13] for said in told] == ["run 1: spread", "run 2: spread"]


def test_the_figure_is_the_median_among_customers() -> None:
    runs = [run({**dict.fromkeys(Layout, 9.0), Layout.CUSTOMERS: ratio}) for ratio in (1.1, 1.5, 1.2)]

    assert report_of(CONFIG, runs).ratio == 1.2


def test_one_wrong_run_makes_all_of_it_void() -> None:
    runs = [run(dict.fromkeys(Layout, 1.0)), run(dict.fromkeys(Layout, 1.0), "dense: one is lost")]

    assert not report_of(CONFIG, runs).exact


@pytest.mark.parametrize("layout", Layout)
def test_the_geofences_of_a_layout_are_right_and_the_same_again(layout: Layout) -> None:
    drawn = dict(geofences_of(layout, CONFIG))

    assert len(drawn) == CONFIG.geofences
    assert [fault_of(geofence) for geofence in drawn.values()] == [None] * len(drawn)
    assert dict(geofences_of(layout, CONFIG)) == drawn


def test_most_geofences_are_circles_and_some_are_polygons() -> None:
    circles = [isinstance(each.shape, Circle) for _, each in geofences_of(Layout.SPREAD, CONFIG)]

    assert 0.8 < sum(circles) / len(circles) < 1


def test_fixes_that_are_not_accepted_are_told() -> None:
    elsewhere, among = sides_of(Layout.DENSE, CONFIG)
    load = load_of(CONFIG)
    elsewhere.run(load.values)

    told = differences_of(load.true, elsewhere, among)

    assert told == [f"0 fixes accepted among geofences, of {load.true} true ones"]


def test_a_vehicle_inside_a_geofence_far_away_is_told() -> None:
    _, among = sides_of(Layout.DENSE, CONFIG)
    load = load_of(CONFIG)
    among.run(load.values)

    assert differences_of(load.true, among, among) == ["a vehicle is inside a geofence that is far away"]


def test_the_figures_can_be_written() -> None:
    report = report_of(CONFIG, [run(dict.fromkeys(Layout, 1.0))])

    assert msgspec.json.decode(msgspec.json.encode(report), type=type(report)) == report
