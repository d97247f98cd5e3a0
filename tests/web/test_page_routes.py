"""The page: its own files, nothing from elsewhere, nothing inline."""

import re
from importlib.resources import files

import msgspec
import pytest

from fleet_app.web.cluster import ClusterView, TaskView, WorkerView
from fleet_app.web.page_routes import PAGE_FILES
from fleet_app.web.vehicles import FixView, VehicleView
from tests.web.fakes import Pair

FOLDER = files("fleet_app.web") / "page"
HTML = (FOLDER / "index.html").read_text()
SCRIPT = (FOLDER / "page.js").read_text()
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


def test_the_script_puts_in_text_and_never_markup() -> None:
    assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", SCRIPT) == []


def test_what_the_page_links_to_is_served_here() -> None:
    targets = set(re.findall(r"(?:href|src)=\"([^\"]+)\"", HTML))

    assert targets - set(PAGE_FILES) == {"/api/vehicles", "/api/tables", "/api/cluster", "/schema/openapi.json"}


def test_every_element_that_the_script_asks_for_is_on_the_page() -> None:
    asked = set(re.findall(r"\bat\(\"([\w-]+)\"\)", SCRIPT))

    assert asked - set(re.findall(r"\bid=\"([\w-]+)\"", HTML)) == set()


@pytest.mark.parametrize(
    ("name", "view"),
    [
        ("vehicle", VehicleView),
        ("last", FixView),
        ("cluster", ClusterView),
        ("worker", WorkerView),
        ("task", TaskView),
    ],
)
def test_what_the_script_reads_is_part_of_the_answer(name: str, view: type[msgspec.Struct]) -> None:
    read = set(re.findall(rf"\b{name}\.(\w+)", SCRIPT))

    assert read - set(view.__struct_fields__) == set()
    assert read


@pytest.mark.anyio
@pytest.mark.parametrize(("path", "file"), PAGE_FILES.items())
async def test_a_file_is_served_with_its_type(pair: Pair, path: str, file: tuple[str, str]) -> None:
    answer = await pair.even.client.get(path)

    assert answer.text == TEXTS[file[0]]
    assert answer.headers["content-type"].startswith(file[1])
