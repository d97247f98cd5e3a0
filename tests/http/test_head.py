"""The head of a request: read once, and never ambiguous."""

from typing import Any, cast

import pytest
from litestar.types import HTTPScope

from fleet_app.http.head import head_of
from fleet_app.http.problems import ApiError
from tests.http.heads import head

HOST = (b"host", b"fleet.example")


def scope(*headers: tuple[bytes, bytes], **given: Any) -> HTTPScope:
    plain = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "raw_path": b"/api/%2F",
        "query_string": b"",
        "client": ("192.0.2.7", 1),
        "headers": list(headers),
    }
    return cast("HTTPScope", {**plain, **given})


def test_a_head_has_what_decides_who_asks() -> None:
    given = head_of(
        scope(
            HOST,
            (b"origin", b"https://fleet.example"),
            (b"authorization", b"Bearer \xfc"),
            (b"cookie", b"a=b"),
            (b"fleet-csrf", b"token"),
            (b"fleet-on-behalf-of", b"e30="),
            (b"x-other", b"1"),
            (b"x-other", b"2"),
        )
    )

    assert given == head(
        method="POST",
        path="/api/%2F",
        origin="https://fleet.example",
        authorization="Bearer \xfc",
        cookie="a=b",
        csrf="token",
        on_behalf_of=b"e30=",
    )


def test_a_client_of_which_nothing_is_known_has_no_address() -> None:
    assert head_of(scope(HOST, client=None)).address == ""


def test_a_websocket_is_a_get() -> None:
    opened = scope(HOST, type="websocket")
    del opened["method"]  # type: ignore[misc] # as a WebSocket's scope has none

    assert head_of(opened).method == "GET"


@pytest.mark.parametrize(
    "name", [b"host", b"origin", b"authorization", b"cookie", b"fleet-csrf", b"fleet-on-behalf-of"]
)
def test_a_header_that_decides_may_come_once_only(name: bytes) -> None:
    with pytest.raises(ApiError, match=f"header {name.decode()} comes more than once"):
        head_of(scope(*[(name, b"a"), (name, b"a")]))


def test_a_host_is_asked_for_since_http_1_1() -> None:
    assert head_of(scope(http_version="1.0")).host == ""
    with pytest.raises(ApiError, match="Host is missing"):
        head_of(scope())


@pytest.mark.parametrize(
    ("origin", "is_same"),
    [
        ("", False),
        ("http://fleet.example", True),
        ("https://fleet.example", True),
        ("https://fleet.example:8443", False),
        ("https://fleet.example.evil.example", False),
        ("null", False),
    ],
)
def test_browsers_say_from_which_page_a_request_comes(origin: str, *, is_same: bool) -> None:
    assert head(origin=origin).is_same_origin == is_same


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "get", "BREW"])
def test_whatever_is_not_known_to_be_safe_is_not(method: str) -> None:
    assert not head(method=method).is_safe


@pytest.mark.parametrize(
    ("path", "query", "key"),
    [
        (b"/osmand", b"id=phone-7&key=phones.abc&lat=1", "phones.abc"),
        (b"/osmand", b"key=phones.%61bc", "phones.abc"),
        (b"/osmand", b"id=phone-7", ""),
        (b"/osmand", b"key=", ""),
        (b"/osmand", b"key=phones.abc&key=phones.xyz", ""),
        (b"/osmand/", b"key=phones.abc", ""),
        (b"/api/vehicles", b"key=phones.abc", ""),
    ],
)
def test_a_key_stands_in_the_address_on_the_path_of_apps_that_can_set_no_header(
    path: bytes, query: bytes, key: str
) -> None:
    assert head_of(scope(HOST, raw_path=path, query_string=query)).key_in_query == key
