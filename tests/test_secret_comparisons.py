"""Secrets are compared in constant time, everywhere."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NO_SECRETS = {
    "fleet_app/broker/fetch.py": "sums of files that everybody can fetch",
    "fleet_app/live/client.py": "what a client has asked for, and how far it has read",
}
"""Where the words stand for something that nobody keeps from anybody."""
FILES = sorted(
    path
    for folder in ("fleet_app", "agents", "tables")
    for path in (ROOT / folder).rglob("*.py")
    if str(path.relative_to(ROOT)) not in NO_SECRETS
)
SECRET = re.compile(r"(^|_)(secrets?|tokens?|digests?|signatures?|csrf|sha256|passwords?|mac|hmac)($|_)")
COMPARISONS = (ast.Eq, ast.NotEq, ast.In, ast.NotIn)


def names_in(node: ast.expr) -> Iterator[str]:
    """Yield what an operand is called: its own name, its attribute, or the function that makes it."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            yield name
        case ast.Call(func=function):
            yield from names_in(function)
        case ast.Subscript(value=value):
            yield from names_in(value)


def plain_comparisons(source: str) -> list[str]:
    """Return the comparisons of secrets by which time would tell how much of a guess is right."""
    return [
        ast.unparse(node)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Compare)
        and any(isinstance(operator, COMPARISONS) for operator in node.ops)
        and any(SECRET.search(name) for operand in (node.left, *node.comparators) for name in names_in(operand))
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_secrets_are_compared_by_compare_digest_alone(path: Path) -> None:
    assert plain_comparisons(path.read_text()) == []


@pytest.mark.parametrize(
    "line",
    [
        "secret == given",
        "given != self._digest",
        "key.sha256 == digest_of(given)",
        "csrf_token in tokens",
        "signatures[0] == x",
    ],
)
def test_a_plain_comparison_is_found(line: str) -> None:
    assert plain_comparisons(line) == [line]


@pytest.mark.parametrize("line", ["hmac.compare_digest(secret, given)", "secret is None", "tokenizer == 1"])
def test_what_gives_no_time_away_passes(line: str) -> None:
    assert plain_comparisons(line) == []
