"""What answers carry, and who else's pages may read them."""

import pytest

from fleet_app.http.headers import AnswerHeaders, raw
from fleet_app.http.origins import Origins
from tests.http.heads import NOBODY_ELSE, head

PARTNER = "https://tms.example"
MEMBER = "http://worker-2:8081"
CORS = AnswerHeaders(is_https=True, origins=Origins(lambda: [MEMBER], float), cors_origins=(PARTNER,))


def names(headers: list[tuple[bytes, bytes]]) -> set[str]:
    return {name.decode() for name, _ in headers}


def test_what_a_handler_chose_itself_stays() -> None:
    given = raw([("Cache-Control", "no-cache"), ("Content-Security-Policy", "default-src 'none'")])

    assert names(AnswerHeaders(is_https=False, origins=NOBODY_ELSE).missing(given)) == {
        "cross-origin-opener-policy",
        "cross-origin-resource-policy",
        "permissions-policy",
        "referrer-policy",
        "vary",
        "x-content-type-options",
    }


def test_browsers_are_held_to_tls_where_there_is_tls() -> None:
    assert [
        (b"strict-transport-security", b"max-age=31536000")
        in AnswerHeaders(is_https=is_https, origins=NOBODY_ELSE).missing([])
        for is_https in (True, False)
    ] == [True, False]


def test_nothing_inline_runs_on_any_page() -> None:
    policy = dict(AnswerHeaders(is_https=False, origins=NOBODY_ELSE).missing([]))[b"content-security-policy"].decode()

    assert "unsafe" not in policy
    assert "*" not in policy


def test_pages_of_other_origins_read_nothing_unless_they_are_named() -> None:
    assert AnswerHeaders(is_https=True, origins=NOBODY_ELSE).for_origin(head(origin=PARTNER)) == []
    assert CORS.for_origin(head(origin="https://evil.example")) == []
    assert CORS.for_origin(head()) == []
    assert (b"access-control-allow-origin", PARTNER.encode()) in CORS.for_origin(head(origin=PARTNER))


def test_a_named_origin_may_never_use_the_session_of_its_visitor() -> None:
    asked = head(origin=PARTNER, method="OPTIONS", asks_for_method="GET")
    told = [*CORS.for_origin(asked), *(CORS.preflight(asked) or [])]

    assert "access-control-allow-credentials" not in names(told)
    assert "fleet-csrf" not in dict(told)[b"access-control-allow-headers"].decode().lower()


def test_a_page_of_another_member_may_use_the_session_of_its_visitor() -> None:
    asked = head(origin=MEMBER, method="OPTIONS", asks_for_method="PUT")
    told = dict([*CORS.for_origin(asked), *(CORS.preflight(asked) or [])])

    assert told[b"access-control-allow-origin"] == MEMBER.encode()
    assert told[b"access-control-allow-credentials"] == b"true"
    assert b"Fleet-CSRF" in told[b"access-control-allow-headers"]
    assert b"PUT" in told[b"access-control-allow-methods"]
    assert told[b"access-control-expose-headers"] == b"ETag, Retry-After"


def test_this_workers_own_page_needs_no_leave() -> None:
    assert CORS.for_origin(head(origin="https://fleet.example")) == []


@pytest.mark.parametrize("origin", ["null", "http://worker-2:80", "https://worker-2:8081", "http://worker-3:8081"])
def test_who_only_looks_like_a_member_reads_nothing(origin: str) -> None:
    asked = head(origin=origin, method="OPTIONS", asks_for_method="GET")

    assert (CORS.for_origin(asked), CORS.preflight(asked)) == ([], None)


def test_caches_keep_answers_apart_by_origin() -> None:
    assert (b"vary", b"Origin") in CORS.missing([])


@pytest.mark.parametrize(
    "asked",
    [
        head(origin=PARTNER, method="OPTIONS"),
        head(origin=PARTNER, asks_for_method="GET"),
        head(origin="https://evil.example", method="OPTIONS", asks_for_method="GET"),
    ],
)
def test_what_is_no_question_of_a_named_origin_is_not_answered_as_one(asked: object) -> None:
    assert CORS.preflight(asked) is None  # type: ignore[arg-type] # parametrize does not tell
