"""What the recorder plans and reads; that SUMO drives well is seen in the recording itself."""

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.demo.recording import Row, Stop, read_recording
from tests.support.tools import load_tool

TOOL = load_tool("record_demo")
NET = """\
<net>
  <edge id=":inner" function="internal"><lane id=":inner_0" index="0" length="9" shape="0,0 9,0"/></edge>
  <edge id="a" name="Am Studio" type="highway.residential">
    <lane id="a_0" index="0" allow="pedestrian" length="90" shape="0,0 90,0"/>
    <lane id="a_1" index="1" disallow="pedestrian rail" length="90" shape="0,0 90,0"/>
  </edge>
  <edge id="b" type="highway.primary"><lane id="b_0" index="0" length="50" shape="90,0 90,40 90,50"/></edge>
  <edge id="path"><lane id="path_0" index="0" allow="bicycle" length="50" shape="0,0 50,0"/></edge>
  <connection from="a" to="b" fromLane="1" toLane="0"/>
  <connection from="b" to="a" fromLane="0" toLane="0"/>
  <connection from="path" to="a" fromLane="0" toLane="1"/>
</net>
"""
FCD = """\
<fcd-export>
  <timestep time="899.00"><vehicle id="c" x="13.4" y="52.3" angle="10.0" speed="1.0"/></timestep>
  <timestep time="904.00"><vehicle id="c" x="13.5" y="52.4" angle="359.8" speed="2.5"/></timestep>
  <timestep time="905.00"><vehicle id="c" x="13.6" y="52.4" angle="5.0" speed="9.0"/></timestep>
  <timestep time="909.00"><vehicle id="c" x="13.7" y="52.5" angle="90.4" speed="3.0"/></timestep>
  <timestep time="6304.00"><vehicle id="c" x="13.7" y="52.5" angle="90.4" speed="3.0"/></timestep>
</fcd-export>
"""
STOPS = """\
<stops>
  <stopinfo id="c" started="1000.00" ended="1060.00"/>
  <stopinfo id="c" started="800.00" ended="906.00"/>
  <stopinfo id="c" started="6000.00" ended="-1"/>
</stops>
"""
WAYS = st.dictionaries(st.sampled_from("abcdefg"), st.sets(st.sampled_from("abcdefg")), min_size=1)


def written(folder: Path, text: str) -> Path:
    path = folder / "file.xml"
    path.write_text(text)
    return path


def test_streets_are_those_open_to_vans_and_cars_by_their_rightmost_lane(tmp_path: Path) -> None:
    net = TOOL.read_net(written(tmp_path, NET))

    assert {edge: (street.lane_id(), street.name) for edge, street in net.streets.items()} == {
        "a": ("a_1", "Am Studio"),
        "b": ("b_0", ""),
    }
    assert [street.can_park() for street in net.streets.values()] == [True, False]


def test_only_lanes_that_are_open_lead_anywhere(tmp_path: Path) -> None:
    assert TOOL.read_net(written(tmp_path, NET)).ways == {"a": {"b"}, "b": set()}


@given(WAYS)
def test_in_the_largest_strongly_connected_part_everything_is_reached_from_everywhere(
    ways: dict[str, set[str]],
) -> None:
    part = TOOL.largest_strongly_connected(ways)
    mutual = {
        here: {there for there in TOOL.reached(ways, {here}) & set(ways) if here in TOOL.reached(ways, {there})}
        for here in ways
    }

    assert part in mutual.values()
    assert len(part) == max(map(len, mutual.values()))


def test_a_vehicle_is_sampled_every_five_seconds_from_the_first_one_in_its_turn(tmp_path: Path) -> None:
    assert TOOL.phase_s("c") == 4
    assert TOOL.read_samples(written(tmp_path, FCD)) == {
        "c": (4, [Row(52.4, 13.5, 2.5, 0), Row(52.5, 13.7, 3.0, 90)]),
    }


def test_stops_are_read_in_order_and_one_that_goes_on_ends_with_the_recording(tmp_path: Path) -> None:
    assert TOOL.read_stops(written(tmp_path, STOPS)) == {"c": [range(-100, 6), range(100, 160), range(5_100, 5_400)]}


def test_a_track_has_the_rows_of_each_stop_that_lie_in_it(tmp_path: Path) -> None:
    net = TOOL.read_net(written(tmp_path, NET))
    calls = [TOOL.Call(net.streets["a"], 40.0, dwell_s) for dwell_s in (60, 30, 90)]
    drive = TOOL.Drive("c", "car", 0, "a", "a", calls)
    track = TOOL.track_of(drive, 2, [Row(52.4, 13.5, 0.0, 0)] * 10, [range(-50, -10), range(9, 21), range(48, 99)])

    # Rows are at 2, 7, 12 ... 47 s: the first stop was over before, and the last began after.
    assert track.stops == (Stop("Am Studio", 30, 2, 2),)


def test_the_plan_follows_from_the_seed_and_brings_every_van_back(tmp_path: Path) -> None:
    streets = TOOL.read_net(written(tmp_path, NET)).streets
    depot, customers = streets["b"], [streets["a"]] * 40
    calls = TOOL.plan_tour(depot, customers, 100, random.Random(1))

    assert calls == TOOL.plan_tour(depot, customers, 100, random.Random(1))
    assert 12 <= len(calls) <= 20
    assert sum(call.dwell_s for call in calls) < TOOL.BACK_AFTER_S
    assert all(0.0 < call.end_m < call.street.length_m for call in calls)


def test_the_recording_passes_the_recorders_own_check(capsys: pytest.CaptureFixture[str]) -> None:
    TOOL.check(read_recording())

    assert capsys.readouterr().out == ""


def test_the_summary_says_how_lively_it_is() -> None:
    text = TOOL.summary(read_recording(), 545_944)

    assert "545,944 bytes" in text
    assert "27 vans, all home by" in text
    assert "     0:   0 " in text
