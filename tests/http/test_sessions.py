"""Sessions: signed, over in time, and bound to the secret that began them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.domain.access.tokens import digest_of
from fleet_app.http.sessions import COOKIE, LIFETIME_S, Sessions, cookie_in, set_cookie

NOW_MS = 1_800_000_000_000
DIGEST = digest_of("the secret")
SESSIONS = Sessions("c" * 32)


def issued(key_id: str | None = "dispatch") -> str:
    return SESSIONS.issue(key_id, DIGEST, NOW_MS)


@pytest.mark.parametrize("key_id", ["dispatch", None])
def test_a_session_is_read_back_by_whoever_has_the_cluster_secret(key_id: str | None) -> None:
    session = Sessions("c" * 32).read(issued(key_id), NOW_MS)

    assert session is not None
    assert (session.key_id, session.issued_ms) == (key_id, NOW_MS)


def test_a_session_of_another_cluster_is_none() -> None:
    assert Sessions("d" * 32).read(issued(), NOW_MS) is None


def test_a_session_is_over_after_twelve_hours() -> None:
    end_ms = NOW_MS + LIFETIME_S * 1_000

    assert LIFETIME_S == 12 * 3_600
    assert [SESSIONS.read(issued(), at_ms) is None for at_ms in (end_ms - 1, end_ms)] == [False, True]


def test_a_session_knows_the_secret_that_began_it() -> None:
    session = SESSIONS.read(issued(), NOW_MS)

    assert session is not None
    assert SESSIONS.is_proven_by(session, DIGEST)
    assert not SESSIONS.is_proven_by(session, digest_of("another"))


def test_a_cookie_does_not_tell_the_digest_of_the_secret() -> None:
    session = SESSIONS.read(issued(), NOW_MS)

    assert session is not None
    assert DIGEST not in session.secret


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=63))
def test_a_cookie_changed_anywhere_is_none(place: int, shift: int) -> None:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    cookie = issued()
    # The last character also holds bits that stand for nothing.
    index = place % (len(cookie) - 1)
    other = alphabet[(alphabet.index(cookie[index]) + shift) % 64]

    assert SESSIONS.read(cookie[:index] + other + cookie[index + 1 :], NOW_MS) is None


@given(st.text())
def test_no_text_is_a_session(text: str) -> None:
    assert SESSIONS.read(text, NOW_MS) is None


def test_the_token_for_changes_goes_with_one_cookie_only() -> None:
    one, other = issued("dispatch"), issued("admin")

    assert SESSIONS.is_csrf_token(SESSIONS.csrf_token(one), one)
    assert not SESSIONS.is_csrf_token(SESSIONS.csrf_token(one), other)
    assert not SESSIONS.is_csrf_token("", one)
    assert not SESSIONS.is_csrf_token("ü", one)


@pytest.mark.parametrize(
    ("header", "cookie"),
    [
        ("fleet_session=a", "a"),
        ("theme=dark; fleet_session=a=b; lang=en", "a=b"),
        ("", None),
        ("other=a", None),
        ("xfleet_session=a", None),
        ("fleet_session=a; fleet_session=b", None),
    ],
)
def test_the_cookie_is_found_where_there_is_one(header: str, cookie: str | None) -> None:
    assert cookie_in(header) == cookie


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites() -> None:
    begun = set_cookie("a", lifetime_s=10, is_secure=False)

    assert begun == f"{COOKIE}=a; Path=/; Max-Age=10; HttpOnly; SameSite=Strict"
    assert set_cookie("a", lifetime_s=10, is_secure=True) == f"{begun}; Secure"
