"""JSON Schema in words: of what type a value is, and within which bounds."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from fleet_app.web.api_page.markup import Content, element

Schema = Mapping[str, Any]
_REFERENCE: Final = "#/components/schemas/"
_BOUNDS: Final = {
    "minimum": "≥ {}",
    "exclusiveMinimum": "> {}",
    "maximum": "≤ {}",
    "exclusiveMaximum": "< {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} entries",
    "maxItems": "at most {} entries",
    "pattern": "matching {}",
    "default": "{} if left out",
}


def anchor_of(name: str) -> str:
    """Return the fragment of the page where a named shape is described."""
    return f"shape-{name}"


def type_of(schema: Schema) -> Iterator[Content]:
    """Return a value's type: links to named shapes, `or` between alternatives."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_REFERENCE)
        yield element("a", name, href=f"#{anchor_of(name)}")
    elif "oneOf" in schema or "anyOf" in schema:
        yield from _joined(schema.get("oneOf") or schema["anyOf"], " or ")
    elif "enum" in schema or "const" in schema:
        yield " or ".join(repr(value).replace("'", '"') for value in schema.get("enum", [schema.get("const")]))
    elif "prefixItems" in schema:
        yield "["
        yield from _joined(schema["prefixItems"], ", ")
        yield "]"
    elif schema.get("type") == "array":
        yield "list of "
        yield from type_of(schema.get("items", {}))
    elif isinstance(schema.get("additionalProperties"), Mapping):
        yield "object of "
        yield from type_of(schema["additionalProperties"])
    else:
        yield _plain_type(schema.get("type", "any value"))


def bounds_of(schema: Schema) -> str:
    """Return what a value must keep to, and what it is if it is left out."""
    parts = [schema, *schema.get("oneOf", ()), *schema.get("anyOf", ())]
    told = [words.format(_number(part[key])) for part in parts for key, words in _BOUNDS.items() if _says(part, key)]
    return ", ".join(dict.fromkeys(told))


def _says(schema: Schema, key: str) -> bool:
    return schema.get(key) is not None


def _number(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _plain_type(name: str | list[str]) -> str:
    return name if isinstance(name, str) else " or ".join(name)


def _joined(schemas: list[Schema], between: str) -> Iterator[Content]:
    for place, schema in enumerate(schemas):
        if place:
            yield between
        yield from type_of(schema)
