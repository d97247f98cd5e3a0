"""A client passes over what it does not know, and refuses what is no frame."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.live.fleet import number_of
from fleet_app.live.frames import Changes, Fields, Gone, Head, Kind
from fleet_app.live.packed import PackedEncoder
from fleet_app.live.reading import Watched, read_frame
from tests.live.fakes import NOW_MS, fleet_of, vehicle

ROWS = fleet_of(vehicle("a"), vehicle("b")).rows_since(0)


def frame(kind: Kind, changes: Changes, *tokens: str) -> bytes:
    encoder = PackedEncoder(Fields.MAP)
    return encoder.frame(Head(kind, NOW_MS, 0, "".join(tokens)), [encoder.changes(changes)])


def test_frames_add_up_to_what_is_watched() -> None:
    watched = Watched()
    watched.apply(read_frame(frame(Kind.RESET, Changes(ROWS, ROWS), "one")))
    watched.apply(read_frame(frame(Kind.DELTA, Changes(gone=[Gone(number_of("a"), "a"), Gone(7, "never seen")]))))

    assert watched.by_id().keys() == {"b"}
    assert watched.token == "one"  # noqa: S105 - a resume token


def test_a_reset_forgets_everything_the_token_included() -> None:
    watched = Watched()
    watched.apply(read_frame(frame(Kind.RESET, Changes(ROWS, ROWS), "one")))
    watched.apply(read_frame(frame(Kind.RESET, Changes(ROWS[:1], ROWS[:1]))))

    assert watched.by_id().keys() == {"a"}
    assert watched.token is None


def test_who_is_gone_and_told_in_one_frame_is_there() -> None:
    watched = Watched()
    watched.apply(read_frame(frame(Kind.DELTA, Changes(ROWS, ROWS, [Gone(number_of("a"), "a")]))))

    assert watched.by_id().keys() == {"a", "b"}


def test_another_format_is_refused() -> None:
    with pytest.raises(ValueError, match="of format 2, this reads 1"):
        read_frame(b"\x02" + frame(Kind.DELTA, Changes())[1:])


@given(st.integers(1, 150))
def test_a_frame_that_was_cut_off_is_refused(cut: int) -> None:
    whole = frame(Kind.DELTA, Changes(ROWS, ROWS), "token")

    with pytest.raises(ValueError, match="are no packed frame"):
        read_frame(whole[:-cut])
