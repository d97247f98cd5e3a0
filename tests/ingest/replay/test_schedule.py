from itertools import chain, pairwise

from hypothesis import given
from hypothesis import strategies as st

from fleet_app.domain.position import Position
from fleet_app.ingest.replay.schedule import CHUNK, TICK_S, at_once, paced, shifted

NOW_MS = 1_767_168_000_000


def at(time_ms: int, vehicle_id: str = "van-7") -> Position:
    return Position(vehicle_id=vehicle_id, time_ms=time_ms, lat=0.0, lon=0.0)


RECORDINGS = st.lists(st.builds(at, st.integers(0, 10_000_000), st.sampled_from(["a", "b", "c"])), max_size=60)


def test_as_fast_as_possible_keeps_the_order_and_limits_the_chunks() -> None:
    positions = [at(time_ms) for time_ms in range(CHUNK * 2 + 1, 0, -1)]

    chunks = list(at_once(positions))

    assert [len(chunk.positions) for chunk in chunks] == [CHUNK, CHUNK, 1]
    assert list(chain.from_iterable(chunk.positions for chunk in chunks)) == positions


def test_at_twice_the_pace_half_the_time_lies_between() -> None:
    chunks = paced([at(0), at(10_000), at(30_000)], pace=2.0, max_pause_s=60.0)

    assert [chunk.due_s for chunk in chunks] == [0.0, 5.0, 15.0]


def test_a_long_silence_is_shortened() -> None:
    chunks = paced([at(0), at(365 * 86_400_000), at(365 * 86_400_000 + 1_000)], pace=1.0, max_pause_s=60.0)

    assert [chunk.due_s for chunk in chunks] == [0.0, 60.0, 61.0]


def test_vehicles_are_merged_by_time() -> None:
    recording = [at(0, "a"), at(60_000, "a"), at(30_000, "b"), at(90_000, "b")]

    chunks = paced(recording, pace=1.0, max_pause_s=60.0)

    assert [chunk.positions[0] for chunk in chunks] == [recording[0], recording[2], recording[1], recording[3]]


@given(RECORDINGS, st.floats(0.1, 1_000))
def test_nothing_is_lost_and_each_vehicle_keeps_its_order(recording: list[Position], pace: float) -> None:
    sent = list(chain.from_iterable(chunk.positions for chunk in paced(recording, pace, max_pause_s=5.0)))

    for vehicle_id in ("a", "b", "c"):
        assert [position for position in sent if position.vehicle_id == vehicle_id] == [
            position for position in recording if position.vehicle_id == vehicle_id
        ]


@given(RECORDINGS, st.floats(0.1, 1_000))
def test_chunks_are_due_in_order_with_no_pause_longer_than_allowed(recording: list[Position], pace: float) -> None:
    chunks = paced(recording, pace, max_pause_s=5.0)

    assert all(0 <= after.due_s - before.due_s <= 5.0 + TICK_S for before, after in pairwise(chunks))


@given(RECORDINGS.filter(bool), st.floats(0.1, 1_000))
def test_shifted_to_now_no_position_is_in_the_future_when_it_leaves_and_one_is_on_time(
    recording: list[Position], pace: float
) -> None:
    chunks = shifted(paced(recording, pace, max_pause_s=5.0), NOW_MS)

    ages_ms = [NOW_MS + chunk.due_s * 1_000 - position.time_ms for chunk in chunks for position in chunk.positions]
    assert 0 <= min(ages_ms) < 1


@given(RECORDINGS.filter(bool))
def test_shifting_moves_all_by_the_same(recording: list[Position]) -> None:
    (chunk,) = shifted(at_once(recording), NOW_MS)

    assert len({after.time_ms - before.time_ms for before, after in zip(recording, chunk.positions, strict=True)}) == 1
    assert max(position.time_ms for position in chunk.positions) == NOW_MS


def test_an_empty_recording_has_nothing_to_send() -> None:
    assert list(at_once([])) == paced([], 1.0, 1.0) == shifted([], NOW_MS) == []
