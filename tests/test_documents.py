"""What the documents say is what the code does."""

import re

import pytest

from tests.support.tools import ROOT, load_tool

TOOL = load_tool("make_tables")


@pytest.mark.parametrize("path", sorted(TOOL.TABLES))
def test_a_table_made_from_code_is_up_to_date(path: str) -> None:
    name, make = TOOL.TABLES[path]
    text = (ROOT / path).read_text()

    assert TOOL.rewritten(text, name, make()) == text
    assert make() in text


@pytest.mark.parametrize("path", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", *sorted(TOOL.TABLES)])
def test_links_between_documents_lead_somewhere(path: str) -> None:
    document = ROOT / path
    links = re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text())

    assert [link for link in links if not (document.parent / link).exists()] == []


def test_the_map_of_the_architecture_names_files_that_exist() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    named = re.findall(r"`((?:fleet_app|agents|tables|docker|tests|bench)/[\w./]*)`", text)

    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_architecture_stays_short() -> None:
    assert len((ROOT / "ARCHITECTURE.md").read_text().splitlines()) <= 150
