"""What axe-core finds wrong with a page."""

from functools import cache
from pathlib import Path
from typing import Final

from playwright.sync_api import Page

_AXE: Final = Path("fleet_app/web/dashboard/node_modules/axe-core/axe.min.js")
_RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Page) -> list[str]:
    """Return a line for each rule that the page breaks, with the places where."""
    page.evaluate(_axe())
    found = page.evaluate("rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", _RULES)
    return [
        f"{each['id']}: {each['help']}: {', '.join(' '.join(node['target']) for node in each['nodes'][:5])}"
        for each in found["violations"]
    ]


@cache
def _axe() -> str:
    return _AXE.read_text()
