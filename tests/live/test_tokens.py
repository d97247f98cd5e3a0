"""Tokens come back as they were made, and nothing else is taken for one."""

from base64 import urlsafe_b64encode

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.live.fleet import Moment
from fleet_app.live.tokens import origin_digest, read_token, write_token
from tests.live.fakes import NOW_MS

OFFSETS = st.integers(0, 2**62)


@given(st.lists(st.tuples(OFFSETS, st.integers(0, 1_000)), max_size=16), st.integers(0, 2**64 - 1))
def test_a_token_is_read_as_it_was_written(offsets: list[tuple[int, int]], profiles: int) -> None:
    positions = tuple(offset for offset, _ in offsets)
    newest = [offset + ahead for offset, ahead in offsets]
    text = write_token(
        Moment(3, positions, {"acme": profiles}),
        newest,
        origin=origin_digest("o"),
        wanted=bytes(8),
        tenant="acme",
        now_ms=NOW_MS,
    )

    token = read_token(text)

    assert (token.positions, token.profiles, token.made_ms) == (positions, profiles, NOW_MS)
    assert token.is_reached(newest)
    assert token.fits(newest)
    assert not positions or not token.is_reached([newest[0] - 1, *newest[1:]])


@given(st.text(max_size=200) | st.binary(max_size=100).map(lambda data: urlsafe_b64encode(data).decode()))
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="connect without one"):
        read_token(text)


@pytest.mark.parametrize(
    "fields",
    [
        (2, 0, bytes(8), bytes(8), 0, [], []),
        (1, -1, bytes(8), bytes(8), 0, [], []),
        (1, 0, bytes(7), bytes(8), 0, [], []),
        (1, 0, bytes(8), bytes(8), 0, [-1], [0]),
    ],
)
def test_a_token_that_we_would_not_have_made_is_refused(fields: tuple[object, ...]) -> None:
    with pytest.raises(ValueError, match="connect without one"):
        read_token(urlsafe_b64encode(msgspec.msgpack.encode(fields)).decode())


def test_a_long_text_is_not_looked_into() -> None:
    with pytest.raises(ValueError, match="at most 16384 characters"):
        read_token("A" * 16_385)
