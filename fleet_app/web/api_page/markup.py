"""HTML as a tree, so that no text can become markup."""

import re
from collections.abc import Iterable, Iterator
from itertools import cycle
from typing import Final
from xml.etree.ElementTree import Element, tostring

Content = Element | str
_CODE: Final = re.compile("`([^`]+)`")


def element(tag: str, *content: Content, **attributes: str) -> Element:
    """Return an element; `class_` is its attribute `class`, an underscore within a name is a hyphen."""
    made = Element(tag, {name.strip("_").replace("_", "-"): value for name, value in attributes.items()})
    for part in content:
        _append(made, part)
    return made


def prose(text: str) -> Iterator[Content]:
    """Return a sentence with what stands in backticks as code."""
    for part, is_code in zip(_CODE.split(text), cycle((False, True)), strict=False):
        if part:
            yield element("code", part) if is_code else part


def table(header: Iterable[str], rows: Iterable[Iterable[Iterable[Content]]], caption: str) -> Element:
    """Return a table whose rows are named by their first cell."""
    return element(
        "div",
        element(
            "table",
            element("caption", caption),
            element("thead", element("tr", *(element("th", name, scope="col") for name in header))),
            element("tbody", *(_row(list(cells)) for cells in rows)),
        ),
        class_="scroll",
        tabindex="0",
        role="region",
        aria_label=caption,
    )


def _row(cells: list[Iterable[Content]]) -> Element:
    first, *others = cells
    return element("tr", element("th", *first, scope="row"), *(element("td", *cell) for cell in others))


def page(root: Element) -> bytes:
    """Return a document as it is served."""
    text: bytes = tostring(root, encoding="utf-8", method="html")
    return b"<!doctype html>\n" + text


def _append(parent: Element, part: Content) -> None:
    if isinstance(part, Element):
        parent.append(part)
        return
    if len(parent):
        parent[-1].tail = (parent[-1].tail or "") + part
    else:
        parent.text = (parent.text or "") + part
