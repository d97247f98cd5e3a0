"""Tokens come back as they were made, to those who made them, and nothing else is taken for one."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.live.fleet import Moment
from fleet_app.live.profile_marks import ProfileMarks
from fleet_app.live.tokens import TokenSeal, origin_digest
from tests.live.fakes import NOW_MS, SEAL

OFFSETS = st.integers(0, 2**62)


def written(positions: tuple[int, ...], newest: list[int], profiles: int = 0) -> str:
    return SEAL.write(
        Moment(3, positions, ProfileMarks(profiles)),
        newest,
        origin=origin_digest("o"),
        wanted=bytes(8),
        tenant="acme",
        now_ms=NOW_MS,
    )


@given(st.lists(st.tuples(OFFSETS, st.integers(0, 1_000)), max_size=16), st.integers(0, 2**64 - 1))
def test_a_token_is_read_as_it_was_written(offsets: list[tuple[int, int]], profiles: int) -> None:
    positions = tuple(offset for offset, _ in offsets)
    newest = [offset + ahead for offset, ahead in offsets]

    token = SEAL.read(written(positions, newest, profiles))

    assert (token.positions, token.profiles, token.made_ms) == (positions, profiles, NOW_MS)
    assert token.is_reached(newest)
    assert token.fits(newest)
    assert not positions or not token.is_reached([newest[0] - 1, *newest[1:]])


def test_a_token_does_not_show_the_positions() -> None:
    positions = (2**40 + 7, 2**41 + 9)
    sealed = urlsafe_b64decode(written(positions, list(positions)) + "==")

    assert msgspec.msgpack.encode(positions) not in sealed
    assert msgspec.msgpack.encode(positions[0]) not in sealed


def test_workers_with_another_secret_do_not_take_it() -> None:
    with pytest.raises(ValueError, match="connect without one"):
        TokenSeal("another secret").read(written((1,), [1]))


@given(st.text(max_size=200) | st.binary(max_size=100).map(lambda data: urlsafe_b64encode(data).decode()))
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="connect without one"):
        SEAL.read(text)


@pytest.mark.parametrize(
    "fields",
    [
        (2, 0, bytes(8), bytes(8), 0, [], []),
        (1, -1, bytes(8), bytes(8), 0, [], []),
        (1, 0, bytes(7), bytes(8), 0, [], []),
        (1, 0, bytes(8), bytes(8), 0, [-1], [0]),
    ],
)
def test_a_token_of_another_version_is_refused(fields: tuple[object, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fleet_app.live.tokens._encode", lambda _token: msgspec.msgpack.encode(fields))

    with pytest.raises(ValueError, match="connect without one"):
        SEAL.read(written((), []))


def test_a_long_text_is_not_looked_into() -> None:
    with pytest.raises(ValueError, match="at most 16384 characters"):
        SEAL.read("A" * 16_385)
