"""The page as a browser gets it: all of the API, and nothing from elsewhere."""

import re
from html.parser import HTMLParser

import pytest

from tests.web.fakes import Pair

pytestmark = pytest.mark.anyio


class _Links(HTMLParser):
    """What a page points to, what it can be pointed to, and what it would run."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.targets: set[str] = set()
        self.ids: list[str] = []
        self.inline: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.targets |= {value or "" for name, value in attrs if name in ("href", "src", "action", "srcset", "data")}
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.inline += [name for name, _ in attrs if name == "style" or name.startswith("on")]
        self.inline += [tag] * (tag in ("script", "style", "iframe", "object"))


async def test_every_operation_of_the_document_is_on_the_page(pair: Pair) -> None:
    document = (await pair.even.client.get("/schema/openapi.json")).json()
    page = _Links((await pair.even.client.get("/docs")).text)

    assert {operation["operationId"] for path in document["paths"].values() for operation in path.values()} <= set(
        page.ids
    )


async def test_the_page_brings_no_script_and_no_style_of_its_own(pair: Pair) -> None:
    assert _Links((await pair.even.client.get("/docs")).text).inline == []


async def test_whatever_the_page_points_to_is_served_here(pair: Pair) -> None:
    page = _Links((await pair.even.client.get("/docs")).text)
    elsewhere = {target for target in page.targets if not target.startswith("#")}

    assert {target[1:] for target in page.targets - elsewhere} <= set(page.ids)
    assert elsewhere == {"/docs.css", "/favicon.svg", "/schema/openapi.json"}
    assert {(await pair.even.client.get(target)).status_code for target in elsewhere} == {200}


async def test_no_two_places_on_the_page_have_one_name(pair: Pair) -> None:
    ids = _Links((await pair.even.client.get("/docs")).text).ids

    assert len(ids) == len(set(ids))


async def test_the_style_fetches_nothing(pair: Pair) -> None:
    assert re.findall(r"url\(|@import|//", (await pair.even.client.get("/docs.css")).text) == []


async def test_the_page_is_html_and_may_not_run_what_is_inline(pair: Pair) -> None:
    answer = await pair.even.client.get("/docs")

    assert answer.headers["content-type"].startswith("text/html")
    assert "unsafe-inline" not in answer.headers["content-security-policy"]
