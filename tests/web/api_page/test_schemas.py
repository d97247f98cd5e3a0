"""Types and bounds as people read them."""

from typing import Any

import pytest

from fleet_app.web.api_page.markup import element
from fleet_app.web.api_page.schemas import bounds_of, type_of


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "integer"}, "integer"),
        ({"type": ["string", "null"]}, "string or null"),
        ({"type": "array", "items": {"type": "string"}}, "list of string"),
        ({"prefixItems": [{"type": "number"}, {"type": "string"}], "items": False}, "[number, string]"),
        ({"oneOf": [{"$ref": "#/components/schemas/State"}, {"type": "null"}]}, "State or null"),
        ({"anyOf": [{"type": "string"}, {"type": "number"}]}, "string or number"),
        ({"enum": ["trip", "stop"]}, '"trip" or "stop"'),
        ({"const": "circle"}, '"circle"'),
        ({"additionalProperties": {"type": "integer"}}, "object of integer"),
        ({}, "any value"),
    ],
)
def test_a_type_is_told_in_words(schema: dict[str, Any], words: str) -> None:
    assert "".join(element("p", *type_of(schema)).itertext()) == words


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "integer", "minimum": 1.0, "maximum": 1000.0, "default": 100}, "≥ 1, ≤ 1000, 100 if left out"),
        ({"oneOf": [{"type": "string", "maxLength": 64}, {"type": "null"}]}, "at most 64 characters"),
        ({"type": "string"}, ""),
    ],
)
def test_bounds_are_told_in_words(schema: dict[str, Any], words: str) -> None:
    assert bounds_of(schema) == words
