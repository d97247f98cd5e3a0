"""The OpenAPI document as it is served: shapes come from the library that reads and writes them.

What Litestar makes of a Struct is not what msgspec takes and sends: it has no exclusive bounds, knows no tuples, and
takes a Struct that is written as an array for an object. Paths and parameters are Litestar's, all bodies are msgspec's.
"""

import json
import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from http import HTTPStatus
from inspect import cleandoc
from types import UnionType
from typing import Any, Final, Union, get_args, get_origin

import msgspec
from litestar import Litestar, Request
from litestar.enums import OpenAPIMediaType
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.response import Response
from litestar.routes import HTTPRoute
from litestar.serialization import encode_json

ALSO: Final = "also"
"""In a route's `opt`: the media type of text that it answers with if it is asked for by `format`, beside JSON."""
FIELDS: Final = "fields"
"""The parameter of a route that answers with no more fields than it is asked for."""
_ITEMS: Final = "items"
_STATE: Final = "document"
_PREFIX: Final = "#/components/schemas/"
_ATTRIBUTES: Final = re.compile(r"\n+Attributes:\n")
_FIELD: Final = re.compile(r"^    (\w+): ", re.MULTILINE)
Document = dict[str, Any]


class DocumentPlugin(OpenAPIRenderPlugin):
    """Serves the document as JSON."""

    def __init__(self) -> None:
        super().__init__(path="/openapi.json", media_type=OpenAPIMediaType.OPENAPI_JSON)

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """Return the document, whatever Litestar made of it."""
        del openapi_schema
        return encode_json(document_of(request.app))


def document_of(app: Litestar) -> Document:
    """Return the document of an application, which stays the same once it is made."""
    document: Document | None = app.state.get(_STATE)
    if document is None:
        document = app.state[_STATE] = _make(app)
    return document


def _make(app: Litestar) -> Document:
    document: Document = json.loads(encode_json(app.openapi_schema.to_schema()))
    bodies = [
        (content, _alternatives(kind))
        for operation, handler in _operations(document, app)
        for content, kind in (*_answers(operation, handler), *_request(operation, handler))
    ]
    kinds = dict.fromkeys(kind for _, alternatives in bodies for kind in alternatives)
    schemas, components = msgspec.json.schema_components(
        kinds, ref_template=f"{_PREFIX}{{name}}", schema_hook=_any_value
    )
    schema_of = dict(zip(kinds, schemas, strict=True))
    for content, alternatives in bodies:
        told = [schema_of[kind] for kind in alternatives]
        content["schema"] = told[0] if len(told) == 1 else {"anyOf": told}
    for operation, handler in _operations(document, app):
        id_field = getattr(handler.resolve_data_dto(), "id_field", None)
        if id_field is not None:
            _is_a_draft(operation, id_field, components)
        if any(parameter["name"] == FIELDS for parameter in operation.get("parameters", [])):
            _may_be_a_part(operation, components)
    of_parameters = _reached(document["paths"], document["components"]["schemas"].keys() - components.keys(), document)
    described = {name: _with_described_fields(schema) for name, schema in components.items()}
    document["components"]["schemas"] = dict(sorted((of_parameters | described).items()))
    return document


def _is_a_draft(operation: Document, id_field: str, components: Document) -> None:
    """Describe what an operation takes as what it answers with, but that it may lack its id, and has nothing else."""
    for content in operation["requestBody"]["content"].values():
        name = content["schema"]["$ref"].removeprefix(_PREFIX)
        required = [field for field in components[name]["required"] if field != id_field]
        components[f"{name}_draft"] = {**components[name], "required": required, "additionalProperties": False}
        content["schema"] = {"$ref": f"{_PREFIX}{name}_draft"}


def _may_be_a_part(operation: Document, components: Document) -> None:
    """Describe what an operation answers with, or each item of it, as having some of its fields alone."""
    content = operation["responses"][str(HTTPStatus.OK.value)]["content"]["application/json"]
    content["schema"] = _in_part(content["schema"], components)


def _in_part(schema: Document, components: Document) -> Document:
    if "anyOf" in schema:
        return {"anyOf": [_in_part(each, components) for each in schema["anyOf"]]}
    if "$ref" not in schema:
        return schema
    name = schema["$ref"].removeprefix(_PREFIX)
    whole = components[name]
    part = f"{name}_in_part"
    if _ITEMS in whole["properties"]:
        items = whole["properties"][_ITEMS]
        listed = {**items, "items": _in_part(items["items"], components)}
        components[part] = {**whole, "properties": {**whole["properties"], _ITEMS: listed}}
    else:
        components[part] = {**whole, "required": []}
    return {"$ref": f"{_PREFIX}{part}"}


def _any_value(_kind: type) -> Document:
    """Return the schema of what msgspec knows nothing of: `object`."""
    return {"description": "Any value."}


def _alternatives(kind: Any) -> tuple[Any, ...]:  # noqa: ANN401 - a type, or a union of them
    """Return what a body may be: msgspec reads no union of Structs without tags, and need not to describe it."""
    return get_args(kind) if isinstance(kind, UnionType) or get_origin(kind) is Union else (kind,)


def _operations(document: Document, app: Litestar) -> Iterator[tuple[Document, HTTPRouteHandler]]:
    """Yield each operation of the document with its handler."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for method, (handler, _) in route.route_handler_map.items():
                operation = document["paths"].get(route.path_format, {}).get(method.lower())
                if operation is not None:
                    yield operation, handler


def _answers(operation: Document, handler: HTTPRouteHandler) -> Iterator[tuple[Document, Any]]:
    """Yield the description of each body that an operation answers with, and its type."""
    told = {status: spec.data_container for status, spec in (handler.responses or {}).items()}
    for status, kind in {handler.status_code: _returned(handler), **told}.items():
        contents = operation["responses"][str(status)].get("content", {})
        if kind is not None and kind is not Any:
            yield from ((content, kind) for content in contents.values())
    if ALSO in handler.opt:
        answer = operation["responses"][str(handler.status_code)]
        answer["content"][handler.opt[ALSO]] = {"schema": {"type": "string"}}


def _returned(handler: HTTPRouteHandler) -> Any:  # noqa: ANN401 - a type, or a union of them
    returned = handler.parsed_return_field
    return returned.inner_types[0].annotation if returned.is_subclass_of(Response) else returned.annotation


def _request(operation: Document, handler: HTTPRouteHandler) -> Iterator[tuple[Document, Any]]:
    """Yield the description of each body that an operation takes, and its type."""
    documented = getattr(handler.resolve_data_dto(), "documented", None)
    if documented is not None:
        yield from ((content, documented) for content in operation["requestBody"]["content"].values())


def _reached(part: object, wanted: AbstractSet[str], document: Document) -> Document:
    """Return the shapes among the wanted ones that a part of the document refers to, and those that they refer to."""
    found: Document = {}
    waiting = list(_referenced(part))
    while waiting:
        name = waiting.pop()
        if name in wanted and name not in found:
            found[name] = document["components"]["schemas"][name]
            waiting += _referenced(found[name])
    return found


def _referenced(part: object) -> Iterator[str]:
    """Yield the names of the shapes that a part of the document refers to."""
    if isinstance(part, list):
        for each in part:
            yield from _referenced(each)
    elif isinstance(part, Mapping):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"].removeprefix(_PREFIX)
        for each in part.values():
            yield from _referenced(each)


def _with_described_fields(schema: Document) -> Document:
    """Return a shape whose fields carry what its docstring tells of them."""
    told, *attributes = _ATTRIBUTES.split(cleandoc(schema.get("description", "")))
    _, *parts = _FIELD.split(attributes[0]) if attributes else [""]
    described = {
        name: {"description": " ".join(words.split())} | schema["properties"][name]
        for name, words in zip(parts[::2], parts[1::2], strict=True)
        if name in schema.get("properties", {})
    }
    properties = {"properties": schema["properties"] | described} if described else {}
    return {**schema, **({"description": told} if told else {}), **properties}
