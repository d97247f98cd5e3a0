"""The page itself: every operation by its tag, then every shape that they speak of."""

import shlex
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from itertools import chain
from typing import Any, Final
from urllib.parse import quote
from xml.etree.ElementTree import Element

from fleet_app.domain.access.rights import ROLES, Right
from fleet_app.web.api_page.markup import Content, element, page, prose, table
from fleet_app.web.api_page.schemas import Schema, anchor_of, bounds_of, type_of

STYLE_PATH: Final = "/docs.css"
DOCUMENT_PATH: Final = "/schema/openapi.json"
Document = Mapping[str, Any]
_WHO: Final[Mapping[Right, str]] = {
    Right.OPEN: "everybody, without a key",
    Right.SEE_ALL_TENANTS: "a key of all tenants",
    Right.ANSWER_WORKERS: "other workers only",
}
_OTHERS: Final = "other"


def render(document: Document) -> bytes:
    """Return the page of an OpenAPI 3.1 document."""
    tags = _by_tag(document)
    title = f"{document['info']['title']} {document['info']['version']}: HTTP API"
    return page(
        element(
            "html",
            element(
                "head",
                element("meta", charset="utf-8"),
                element("meta", name="viewport", content="width=device-width, initial-scale=1"),
                element("meta", name="color-scheme", content="light dark"),
                element("title", title),
                element("link", rel="icon", href="/favicon.svg", type="image/svg+xml"),
                element("link", rel="stylesheet", href=STYLE_PATH),
            ),
            element(
                "body",
                element("a", "To the operations", href="#operations", class_="skip"),
                element("header", element("h1", title), *_introduction(document)),
                element("nav", *_contents(tags), aria_label="Operations"),
                element("main", *_sections(tags), *_shapes(document), id="operations"),
            ),
            lang="en",
        )
    )


def _introduction(document: Document) -> Iterator[Element]:
    yield element("p", *prose(document["info"].get("description", "")))
    yield element(
        "p",
        "For programs: ",
        element("a", "the OpenAPI document", href=DOCUMENT_PATH),
        ". The examples take the worker's address and a key from the shell:",
    )
    yield element("pre", element("code", "export FLEET_URL=http://localhost:8080 FLEET_KEY=…"))


class _Operation:
    """One method of one path, as the document has it."""

    def __init__(self, method: str, path: str, told: Document) -> None:
        self.method = method.upper()
        self.path = path
        self.told = told
        self.anchor: str = told["operationId"]
        self.tag: str = (told.get("tags") or [_OTHERS])[0]


def _by_tag(document: Document) -> Mapping[str, list[_Operation]]:
    found: dict[str, list[_Operation]] = {}
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            operation = _Operation(method, path, told)
            found.setdefault(operation.tag, []).append(operation)
    return dict(sorted(found.items(), key=lambda tag: (_is_between_workers(tag[1]), tag[0])))


def _is_between_workers(operations: list[_Operation]) -> bool:
    return all(Right.ANSWER_WORKERS in _rights(operation.told) for operation in operations)


def _contents(tags: Mapping[str, list[_Operation]]) -> Iterator[Element]:
    for tag, operations in tags.items():
        yield element("h2", tag)
        yield element("ul", *(_entry(operation) for operation in operations))


def _entry(operation: _Operation) -> Element:
    return element(
        "li", element("a", _method(operation), " ", operation.path, href=f"#{operation.anchor}"), class_="entry"
    )


def _method(operation: _Operation) -> Element:
    return element("span", operation.method, class_=f"method {operation.method.lower()}")


def _sections(tags: Mapping[str, list[_Operation]]) -> Iterator[Element]:
    for tag, operations in tags.items():
        yield element("section", element("h2", tag), *(_article(operation) for operation in operations), aria_label=tag)


def _article(operation: _Operation) -> Element:
    told = operation.told
    heading = element("h3", _method(operation), " ", element("code", operation.path))
    return element(
        "article",
        heading,
        element("p", *prose(told.get("summary", "")), class_="summary"),
        element("p", *prose(told.get("description", ""))),
        element("p", "May be called by ", element("strong", who_may(told)), "."),
        *_parameters(told),
        *_body(told),
        _answers(told),
        element("pre", element("code", curl_of(operation.method, operation.path, told))),
        id=operation.anchor,
    )


def who_may(operation: Document) -> str:
    """Return who may call an operation, by the right that its security names."""
    rights = _rights(operation)
    return " or ".join(_WHO.get(right) or ", ".join(sorted(ROLES[right])) for right in rights) or _WHO[Right.OPEN]


def _rights(operation: Document) -> list[Right]:
    named = chain.from_iterable(chain(*way.values()) for way in operation.get("security", []))
    return [Right(right) for right in dict.fromkeys(named)]


def _parameters(told: Document) -> Iterator[Element]:
    parameters = told.get("parameters", [])
    if parameters:
        yield table(
            ("Parameter", "In", "Type", "Meaning"), (_parameter_cells(each) for each in parameters), "Parameters"
        )


def _parameter_cells(told: Document) -> Iterator[list[Content]]:
    schema: Schema = told["schema"]
    yield [element("code", told["name"])]
    yield [told["in"]]
    yield [*type_of(schema), *_after_comma(bounds_of(schema))]
    yield list(prose(told.get("description") or schema.get("description") or ""))


def _after_comma(text: str) -> Iterator[str]:
    if text:
        yield f", {text}"


def _body(told: Document) -> Iterator[Element]:
    for media_type, content in told.get("requestBody", {}).get("content", {}).items():
        yield element("p", "Body: ", *type_of(content.get("schema", {})), f", {media_type}")


def _answers(told: Document) -> Element:
    return table(
        ("Status", "Meaning", "Answer"),
        (_answer_cells(status, answer) for status, answer in sorted(told["responses"].items())),
        "Answers",
    )


def _answer_cells(status: str, answer: Document) -> Iterator[list[Content]]:
    yield [f"{status} {HTTPStatus(int(status)).phrase}"]
    yield list(prose(answer.get("description", "")))
    yield [
        part
        for media_type, content in answer.get("content", {}).items()
        for part in (*type_of(content.get("schema", {})), f" ({media_type}) ")
    ]


def curl_of(method: str, path: str, told: Document) -> str:
    """Return a call of an operation for the shell; in its path, what stands in capitals is to be filled in."""
    parameters = [each for each in told.get("parameters", []) if each.get("required") and each["in"] != "header"]
    for each in parameters:
        path = path.replace(f"{{{each['name']}}}", each["name"].upper())
    query = "&".join(f"{quote(each['name'])}={each['name'].upper()}" for each in parameters if each["in"] == "query")
    words = ["curl", "-s"]
    if method not in ("GET", "POST"):
        words += ["-X", method]
    if not any(way == {} for way in told.get("security", [])):
        words += ["-H", '"Authorization: Bearer $FLEET_KEY"']
    words.append(f'"$FLEET_URL{path}{"?" if query else ""}{query}"')
    if "requestBody" in told:
        words += ["--json", shlex.quote("@body.json")]
    elif method == "POST":
        words += ["-X", method]
    return " ".join(words)


def _shapes(document: Document) -> Iterator[Element]:
    schemas = document.get("components", {}).get("schemas", {})
    yield element("h2", "Shapes")
    for name, schema in sorted(schemas.items()):
        yield element(
            "article",
            element("h3", element("code", name)),
            element("p", *prose(schema.get("description", ""))),
            *_fields(name, schema),
            id=anchor_of(name),
        )


def _fields(name: str, schema: Schema) -> Iterator[Element]:
    properties = schema.get("properties", {})
    if not properties:
        yield element("p", *type_of(schema))
        return
    required = set(schema.get("required", ()))
    yield table(
        ("Field", "Type", "Meaning"),
        (_field_cells(field, told, is_required=field in required) for field, told in properties.items()),
        f"Fields of {name}",
    )


def _field_cells(name: str, schema: Schema, *, is_required: bool) -> Iterator[list[Content]]:
    yield [element("code", name), *([] if is_required else [element("small", " may be left out")])]
    yield [*type_of(schema), *_after_comma(bounds_of(schema))]
    yield list(prose(schema.get("description", "")))
