"""How routes answer: what they say of it in the OpenAPI document, and tags by which a client knows an answer again."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from hashlib import blake2b
from http import HTTPStatus
from types import UnionType
from typing import Any, ClassVar, Final, cast

from litestar import Request, Response
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIHeader, OpenAPIMediaType, OpenAPIResponse, Operation, Parameter, Schema
from litestar.openapi.spec.enums import OpenAPIType

from fleet_app.http.problems import CONTENT_TYPE, Problem

JSON: Final = "application/json"
_ANY_ROUTE: Final = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.MISDIRECTED_REQUEST,
    HTTPStatus.TOO_MANY_REQUESTS,
)
"""What the gate and the framework may answer in the place of any route."""
_AGES: Final = re.compile(rb'age_s":[^,}]*')
"""Ages in JSON, whatever they are of. Within a text, quotes are escaped: this is always a field."""
_TAG: Final = re.compile(r'(?:W/)?("[^"]*")')
_TAG_BYTES: Final = 12


def answers(model: type | UnionType, *problems: HTTPStatus, media_type: str = JSON) -> Mapping[int, ResponseSpec]:
    """Return the answers of a route: `model` on success, or one of several, problem details otherwise."""
    success = ResponseSpec(cast("type[Any]", model), generate_examples=False, description="OK", media_type=media_type)
    return {
        HTTPStatus.OK: success,
        **{
            status: ResponseSpec(Problem, generate_examples=False, description=status.phrase, media_type=CONTENT_TYPE)
            for status in sorted({*_ANY_ROUTE, *problems})
        },
    }


def tagged_answers(model: type | UnionType, *problems: HTTPStatus) -> Mapping[int, ResponseSpec]:
    """Return the answers of a route whose answers go through `tagged`."""
    unchanged = ResponseSpec(None, generate_examples=False, description="The client has this answer already")
    return {**answers(model, *problems), HTTPStatus.NOT_MODIFIED: unchanged}


def json_answer(body: bytes) -> Response[bytes]:
    """Return the answer that holds JSON."""
    return Response(body, status_code=HTTPStatus.OK, media_type=JSON)


def revision_answer(body: bytes, revision: int) -> Response[bytes]:
    """Return the answer that holds JSON of what has a revision, which a change names in `If-Match`."""
    return Response(body, status_code=HTTPStatus.OK, media_type=JSON, headers={"ETag": f'"{revision}"'})


def tagged(request: Request[Any, Any, Any], answer: Response[bytes]) -> Response[bytes]:
    """Return an answer with an `ETag`, or 304 without a body if the client has it already (`If-None-Match`).

    The tag is a weak one over what the answer says apart from ages, which change by themselves, unless there is one
    already. Whoever asked gets the same tag from any worker. What is no success stays as it is.
    """
    if answer.status_code != HTTPStatus.OK:
        return answer
    tag = answer.headers.setdefault("ETag", _tag_of(answer.content))
    if not is_known(request.headers.get("if-none-match"), tag):
        return answer
    return Response(b"", status_code=HTTPStatus.NOT_MODIFIED, headers={"ETag": tag})


def _tag_of(body: bytes) -> str:
    return f'W/"{blake2b(_AGES.sub(b"", body), digest_size=_TAG_BYTES).hexdigest()}"'


def is_known(header: str | None, tag: str) -> bool:
    """Return whether `If-None-Match` names a tag, compared weakly as RFC 9110 asks for."""
    if header is None:
        return False
    return header.strip() == "*" or tag.removeprefix("W/") in _TAG.findall(header)


def _header(description: str, kind: OpenAPIType = OpenAPIType.STRING) -> OpenAPIHeader:
    return OpenAPIHeader(description=description, schema=Schema(type=kind))


_ETAG_HEADER: Final = _header("Tag of what the answer says, for `If-None-Match`.")
_HEADERS: Final[Mapping[str, Mapping[str, OpenAPIHeader]]] = {
    "401": {"WWW-Authenticate": _header("How to prove who asks.")},
    "429": {"Retry-After": _header("Seconds to wait before asking again.", OpenAPIType.INTEGER)},
    "503": {"Retry-After": _header("Seconds to wait before asking again.", OpenAPIType.INTEGER)},
}
"""By status: what stands in the header of such an answer, whatever the route."""


@dataclass
class Documented(Operation):
    """An operation of the OpenAPI document, with what the framework has no place for: a route's `operation_class`.

    It names the headers of answers, and tells how a query may be written: a parameter that is left out is not null, and
    one that takes several values takes them comma-separated.
    """

    also_as: ClassVar[Mapping[str, Schema]] = {}
    """In which other forms success may be answered, by media type."""

    def __post_init__(self) -> None:
        """Put it in."""
        answered = cast("dict[str, OpenAPIResponse]", self.responses or {})
        is_tagged = str(HTTPStatus.NOT_MODIFIED.value) in answered
        for status, answer in answered.items():
            tags = {"ETag": _ETAG_HEADER} if is_tagged and status in _TAGGED else {}
            answer.headers = {**(answer.headers or {}), **_HEADERS.get(status, {}), **tags}
        for media_type, schema in self.also_as.items():
            cast("dict[str, OpenAPIMediaType]", answered["200"].content)[media_type] = OpenAPIMediaType(schema=schema)
        asked = [each for each in self.parameters or [] if isinstance(each, Parameter)]
        for parameter in asked:
            _tell_how_it_is_written(parameter)
        self.parameters = [*asked, *([_IF_NONE_MATCH] if is_tagged else [])] or None


@dataclass
class DocumentedGeoJson(Documented):
    """The same, of a route that answers with a collection of features, too."""

    also_as: ClassVar[Mapping[str, Schema]] = {"application/geo+json": Schema(type=OpenAPIType.OBJECT)}


_TAGGED: Final = frozenset({"200", "304"})
_IF_NONE_MATCH: Final = Parameter(
    name="If-None-Match",
    param_in="header",
    schema=Schema(type=OpenAPIType.STRING),
    description="The `ETag` of an answer that the client has: if nothing else would be said, the answer is 304.",
)


def _tell_how_it_is_written(parameter: Parameter) -> None:
    schema = parameter.schema
    if not isinstance(schema, Schema):
        return
    kinds = [each for each in schema.one_of or [] if not (isinstance(each, Schema) and each.type == OpenAPIType.NULL)]
    if len(kinds) == 1 and isinstance(kinds[0], Schema):
        told = {each.name: getattr(schema, each.name) for each in fields(Schema) if each.name != "one_of"}
        schema = replace(kinds[0], **{name: value for name, value in told.items() if value is not None})
    elif kinds:
        schema = replace(schema, one_of=kinds)
    parameter.schema = schema
    if schema.type == OpenAPIType.ARRAY:
        parameter.style, parameter.explode = "form", False
