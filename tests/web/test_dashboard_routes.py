"""The dashboard as it is served: a page at its paths, assets that browsers keep, a policy that names who is asked."""

import gzip
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.http.origins import Origins
from fleet_app.web.dashboard_routes import (
    NOT_BUILT,
    PagePolicy,
    dashboard_handlers,
    read_asset,
    takes_gzip,
)
from tests.web.fakes import Group, Pair, bare_server, worker

pytestmark = pytest.mark.anyio
INDEX = b"<!doctype html><title>Fleet</title>"
SCRIPT = b"console.log('a fleet, a fleet, a fleet, a fleet, a fleet, a fleet, a fleet');"
FONT = b"wOF2" + bytes(100)
SELF = "http://127.0.0.1:8080"
OTHER = "https://worker-2.example"


def policy_of(style_url: str | None = None, *members: str) -> dict[str, list[str]]:
    """Return the page's policy by its directives."""
    headers = PagePolicy(Origins(lambda: members, float), style_url).headers()
    directives = headers["Content-Security-Policy"].split("; ")
    return {name: sources for name, *sources in map(str.split, directives)}


@pytest.fixture
def built(tmp_path: Path) -> Path:
    assets = tmp_path / "assets"
    assets.mkdir()
    (tmp_path / "index.html").write_bytes(INDEX)
    (assets / "index-a1.js").write_bytes(SCRIPT)
    (assets / "map-worker-b2.js").write_bytes(SCRIPT)
    (assets / "text-c3.woff2").write_bytes(FONT)
    (assets / "tiny-d4.css").write_bytes(b"a{}")
    return tmp_path


@pytest.fixture
async def client(built: Path) -> AsyncIterator[httpx.AsyncClient]:
    policy = PagePolicy(Origins(tuple, float), None)
    async with (
        bare_server(*dashboard_handlers(policy, built)) as url,
        httpx.AsyncClient(base_url=url, trust_env=False) as client,
    ):
        yield client


@pytest.mark.parametrize("path", ["/", "/system", "/vehicles/van-7", "/vehicles/a%2Fb", "/vehicles/van-7/trips"])
async def test_every_page_is_the_same_file_and_is_asked_for_anew(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)

    assert (answer.status_code, answer.content) == (200, INDEX)
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-cache"
    # An answer of 304 would leave the browser with an old policy.
    assert "etag" not in answer.headers


@pytest.mark.parametrize("path", ["/system/x", "/vehicles", "/vehicles/van-7/trips/8", "/assets", "/assets/nothing.js"])
async def test_a_path_with_more_or_less_to_it_is_none(pair: Pair, path: str) -> None:
    answer = await pair.even.client.get(path)

    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_route")


@pytest.mark.parametrize(
    ("name", "media_type", "kept"),
    [
        ("index-a1.js", "text/javascript", "public, max-age=31536000, immutable"),
        ("text-c3.woff2", "font/woff2", "public, max-age=31536000, immutable"),
        ("map-worker-b2.js", "text/javascript", "no-cache"),
    ],
)
async def test_assets_are_kept_for_ever_but_for_scripts_that_bring_their_own_policy(
    client: httpx.AsyncClient, name: str, media_type: str, kept: str
) -> None:
    answer = await client.get(f"/assets/{name}")

    assert answer.headers["content-type"].startswith(media_type)
    assert answer.headers["cache-control"] == kept
    assert "connect-src 'self'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(("asked", "coding"), [("gzip, br", "gzip"), ("br", None), ("identity", None)])
async def test_a_script_is_sent_as_the_browser_takes_it(
    client: httpx.AsyncClient, asked: str, coding: str | None
) -> None:
    answer = await client.get("/assets/index-a1.js", headers={"Accept-Encoding": asked})

    assert (answer.content, answer.headers.get("content-encoding")) == (SCRIPT, coding)
    assert answer.headers["vary"] == "Accept-Encoding, Origin"


@pytest.mark.parametrize("asked", ["gzip", "identity"])
async def test_a_browser_that_has_an_asset_is_not_sent_it_again(client: httpx.AsyncClient, asked: str) -> None:
    encoding = {"Accept-Encoding": asked}
    first = await client.get("/assets/map-worker-b2.js", headers=encoding)
    again = await client.get("/assets/map-worker-b2.js", headers={**encoding, "If-None-Match": first.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")
    kept = ("etag", "cache-control", "vary", "content-security-policy")
    assert [again.headers[name] for name in kept] == [first.headers[name] for name in kept]


async def test_each_form_of_an_asset_has_a_tag_of_its_own(client: httpx.AsyncClient) -> None:
    tags = [
        (await client.get("/assets/index-a1.js", headers={"Accept-Encoding": asked})).headers["etag"]
        for asked in ("gzip", "identity")
    ]

    assert len(set(tags)) == 2


@pytest.mark.parametrize("path", ["/", "/vehicles/van-7", "/assets/index-a1.js"])
async def test_the_head_of_a_file_says_what_the_file_would(client: httpx.AsyncClient, path: str) -> None:
    head, whole = await client.head(path), await client.get(path)

    assert (head.status_code, head.content) == (200, b"")
    assert [head.headers[name] for name in ("content-type", "content-length", "cache-control")] == [
        whole.headers[name] for name in ("content-type", "content-length", "cache-control")
    ]


def test_only_what_becomes_smaller_is_packed() -> None:
    packed = read_asset("a.js", SCRIPT).packed

    assert packed is not None
    assert gzip.decompress(packed) == SCRIPT
    assert [
        read_asset(name, content).packed for name, content in [("a.js", b"a"), ("a.woff2", FONT), ("a", SCRIPT)]
    ] == [
        None,
        None,
        None,
    ]


def test_the_same_file_is_packed_the_same_on_every_worker() -> None:
    assert read_asset("a.js", SCRIPT) == read_asset("a.js", SCRIPT)


async def test_a_checkout_without_the_dashboard_says_how_to_build_it(tmp_path: Path) -> None:
    policy = PagePolicy(Origins(tuple, float), None)
    async with bare_server(*dashboard_handlers(policy, tmp_path)) as url, httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"{url}/vehicles/van-7")

    assert answer.content == NOT_BUILT
    assert "make dashboard" in answer.text


def test_the_page_asks_its_own_workers_and_nobody_else() -> None:
    policy = policy_of(None, SELF, OTHER)

    assert policy["connect-src"] == ["'self'", SELF, OTHER, "ws://127.0.0.1:8080", "wss://worker-2.example"]
    assert policy["img-src"] == ["'self'", "data:", "blob:"]
    assert policy["default-src"] == ["'self'"]
    assert policy["frame-ancestors"] == policy["object-src"] == ["'none'"]


def test_the_page_asks_the_host_of_the_operators_style_where_there_is_one() -> None:
    policy = policy_of("https://Maps.example:443/style.json?key=a;b")

    assert policy["connect-src"] == ["'self'", "https://maps.example"]
    assert policy["img-src"] == ["'self'", "data:", "blob:", "https://maps.example"]


@pytest.mark.parametrize("style_url", [None, "https://maps.example/style.json"])
def test_nothing_inline_runs_on_the_page(style_url: str | None) -> None:
    sources = [source for each in policy_of(style_url, SELF).values() for source in each]

    assert [source for source in sources if "unsafe" in source or source in {"*", "https:", "http:"}] == []


async def test_the_page_that_a_worker_serves_names_the_other_workers(pair: Pair) -> None:
    policy = (await pair.even.client.get("/")).headers["content-security-policy"]

    assert f" {pair.odd.url} " in f" {policy} "
    assert f" {pair.odd.url.replace('http', 'ws')}" in policy


async def test_other_answers_keep_the_narrow_policy(pair: Pair) -> None:
    policies = {
        (await pair.even.client.get(path)).headers["content-security-policy"] for path in ("/login", "/nothing")
    }

    assert [re.findall("connect-src|blob:", policy) for policy in policies] == [[]]


async def test_the_operators_style_gets_into_the_policy_of_the_page_alone() -> None:
    async with worker(Group(), [], {}, map_style_url="https://maps.example/style.json") as alone:
        page, other = await alone.client.get("/system"), await alone.client.get("/login")

    assert "https://maps.example" in page.headers["content-security-policy"]
    assert "maps.example" not in other.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("header", "takes"),
    [
        ("", False),
        ("gzip", True),
        ("GZIP ; q=0.5", True),
        ("br, gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("*", True),
        ("*;q=0", False),
        ("*, gzip;q=0", False),
        ("gzip;q=0.001", True),
        ("deflate, xgzip", False),
    ],
)
def test_a_client_says_whether_it_takes_gzip(header: str, *, takes: bool) -> None:
    assert takes_gzip(header) == takes


@given(st.text())
def test_whatever_else_stands_there_is_no_offer(header: str) -> None:
    assert not takes_gzip(header.replace("*", "").replace("z", ""))
