"""What a vehicle remembers of its fixes."""

from hypothesis import given
from hypothesis import strategies as st

from fleet_app.domain.refusals import Reason, Refusal
from fleet_app.domain.repeats import REMEMBERED_FIXES, Identity, pack, remember, remember_newest, unpack

identities = st.lists(st.tuples(st.integers(0, 30), st.sampled_from([-0.5, 52.123456789]), st.just(13.4)), max_size=40)


def test_what_is_packed_is_unpacked_to_the_last_bit() -> None:
    known = [(0, -90.0, 1e-300), (4_102_444_800_000, 0.1 + 0.2, -180.0)]

    assert unpack(pack(known)) == known


@given(st.integers(0, 40))
def test_the_newest_is_remembered_and_of_the_others_fifteen(count: int) -> None:
    recent = b""
    for time_ms in range(count):
        recent = remember_newest(recent, time_ms, 1.0, 2.0)

    assert unpack(recent) == [(time_ms, 1.0, 2.0) for time_ms in range(count)][-REMEMBERED_FIXES:]


@given(identities)
def test_what_comes_in_any_order_is_remembered_in_order_and_never_twice(sent: list[Identity]) -> None:
    recent, accepted = b"", []
    for identity in sent:
        outcome = remember(recent, *identity)
        match outcome:
            case bytes():
                recent = outcome
                accepted.append(identity)
            case Refusal():
                pass

    assert unpack(recent) == sorted(accepted)[-REMEMBERED_FIXES:]
    assert len(accepted) == len(set(accepted))


def test_a_repeat_is_a_duplicate_and_what_is_older_than_all_is_too_late() -> None:
    recent = pack([(time_ms, 1.0, 2.0) for time_ms in range(100, 100 + REMEMBERED_FIXES)])
    outcomes = [remember(recent, time_ms, 1.0, 2.0) for time_ms in (105, 99)]

    assert [outcome.reason for outcome in outcomes if isinstance(outcome, Refusal)] == [
        Reason.DUPLICATE,
        Reason.TOO_LATE,
    ]
