"""The login page: its own files, nothing from elsewhere, nothing inline."""

import re
from importlib.resources import files

import pytest

from fleet_app.web.page_routes import PAGE_FILES
from tests.web.fakes import Pair

FOLDER = files("fleet_app.web") / "page"
TEXTS = {name: (FOLDER / name).read_text() for name, _ in PAGE_FILES.values()}


def test_every_file_of_the_page_is_served() -> None:
    assert {entry.name for entry in FOLDER.iterdir()} == {name for name, _ in PAGE_FILES.values()}


@pytest.mark.parametrize("name", TEXTS)
def test_no_file_of_the_page_names_another_server(name: str) -> None:
    urls = re.findall(r"(?:https?:)?//[\w.-]+\.\w+[^\s\"'`)]*", TEXTS[name])

    assert [url for url in urls if url != "http://www.w3.org/2000/svg"] == []


@pytest.mark.parametrize("name", [name for name in TEXTS if name.endswith(".html")])
def test_no_page_has_inline_script_or_style(name: str) -> None:
    assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>|<style|\sstyle=|\son\w+=|javascript:", TEXTS[name]) == []


def test_what_the_page_links_to_is_served_here() -> None:
    assert set(re.findall(r"(?:href|src)=\"([^\"]+)\"", TEXTS["login.html"])) <= set(PAGE_FILES)


def test_the_page_has_the_colours_of_the_dashboard() -> None:
    tokens = (files("fleet_app.web") / "dashboard" / "src" / "ui" / "tokens.css").read_text()
    declared = re.compile(r"(--[\w-]+): (light-dark\([^;]+);")

    colours = declared.findall(TEXTS["page.css"])
    assert set(colours) <= set(declared.findall(tokens))
    assert colours


@pytest.mark.anyio
@pytest.mark.parametrize(("path", "file"), PAGE_FILES.items())
async def test_a_file_is_served_with_its_type(pair: Pair, path: str, file: tuple[str, str]) -> None:
    answer = await pair.even.client.get(path)

    assert answer.text == TEXTS[file[0]]
    assert answer.headers["content-type"].startswith(file[1])
