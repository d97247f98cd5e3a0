"""Whose pages are trusted: this worker's, its group's, and nobody else's."""

import string
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.http.origins import REMEMBERED_S, Origins, origin_of
from fleet_app.http.problems import ApiError
from tests.http.heads import HOST, NOBODY_ELSE, head
from tests.web.fakes import SettableClock

MEMBER = "http://worker-2:8081"


class Members:
    """The members of a group, and how one of them tells their pages from others."""

    def __init__(self, *urls: str) -> None:
        self.urls = list(urls)
        self.clock = SettableClock()
        self.origins = Origins(lambda: self.urls, self.clock)

    def are_own(self, *origins: str) -> list[bool]:
        return [self.origins.is_own(head(origin=origin)) for origin in origins]


def test_pages_of_this_worker_and_of_other_members_are_own_ones() -> None:
    members = Members("http://worker-1:8080", MEMBER)

    assert members.are_own(f"https://{HOST}", "http://worker-1:8080", MEMBER) == [True, True, True]


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "null",
        "https://evil.example",
        "https://worker-2:8081",
        "http://worker-2",
        "http://worker-2:80811",
        "http://worker-2:8081.evil.example",
        "http://worker-2:8081/",
        "http://evil@worker-2:8081",
        "HTTP://WORKER-2:8081",
        "http://worker-2:8081, http://worker-2:8081",
    ],
)
def test_pages_of_anybody_else_are_not(origin: str) -> None:
    assert Members(MEMBER).are_own(origin) == [False]
    assert not Members(MEMBER).origins.is_other_member(head(origin=origin))


def test_a_page_whose_worker_has_left_goes_on_for_as_long_as_a_session_lasts() -> None:
    members = Members(MEMBER)
    members.origins.look()
    members.urls.clear()
    members.clock.now_s += REMEMBERED_S

    assert members.are_own(MEMBER) == [True]


def test_a_former_member_is_a_stranger_after_that() -> None:
    members = Members(MEMBER)
    members.origins.look()
    members.urls.clear()
    members.clock.now_s += REMEMBERED_S + 1

    assert members.are_own(MEMBER) == [False]


def test_who_has_never_been_a_member_while_this_worker_looked_is_a_stranger() -> None:
    members = Members()
    members.origins.look()

    assert members.are_own(MEMBER) == [False]


def test_only_those_that_are_members_now_are_told_of_as_such() -> None:
    members = Members(MEMBER)
    members.origins.look()
    members.urls[:] = ["https://worker-3"]

    assert members.origins.members() == ["https://worker-3"]


def test_this_workers_own_page_is_no_other_members() -> None:
    members = Members(f"http://{HOST}")

    assert not members.origins.is_other_member(head(origin=f"http://{HOST}"))


@pytest.mark.parametrize("origin", ["null", "https://evil.example"])
def test_what_a_strangers_page_sends_is_refused(origin: str) -> None:
    with pytest.raises(ApiError, match=r"a page of .* may not change anything here") as refused:
        NOBODY_ELSE.check(head(origin=origin))

    assert refused.value.problem.status == 403


@pytest.mark.parametrize("origin", ["", f"https://{HOST}"])
def test_what_own_pages_and_programs_send_is_not(origin: str) -> None:
    NOBODY_ELSE.check(head(origin=origin))


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("https://Fleet.Example", "https://fleet.example"),
        ("https://fleet.example:443", "https://fleet.example"),
        ("http://fleet.example:80", "http://fleet.example"),
        ("http://fleet.example:443", "http://fleet.example:443"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("https://user:secret@maps.example/style.json?key=1#a", "https://maps.example"),
    ],
)
def test_an_origin_is_written_as_browsers_send_it(url: str, origin: str) -> None:
    assert origin_of(url) == origin


HOSTS = st.text(string.ascii_letters + string.digits, min_size=1, max_size=10)


@given(st.sampled_from(["http", "https"]), HOSTS, st.one_of(st.none(), st.integers(1, 65_535)))
def test_the_origin_of_an_origin_is_itself(scheme: str, host: str, port: int | None) -> None:
    origin = origin_of(f"{scheme}://{host}" if port is None else f"{scheme}://{host}:{port}")

    assert origin_of(origin) == origin
    assert urlsplit(origin).hostname == host.lower()
