"""The document says of bodies what msgspec takes and sends."""

from typing import Annotated, Any

import msgspec
from litestar import Litestar, Response, get, post
from litestar.openapi import OpenAPIConfig
from litestar.params import FromQuery, JSONBody
from msgspec import Meta

from fleet_app.ingest.drafts import RawBody
from fleet_app.web.api_page.document import ALSO, document_of


class Pair(msgspec.Struct, array_like=True):
    left: int
    right: str


class Place(msgspec.Struct, omit_defaults=True):
    """A place.

    Attributes:
        name: What people call it, and
            nothing else.
        radius_m: How far it reaches.
    """

    name: Annotated[str, Meta(description="Short.")]
    radius_m: Annotated[float, Meta(gt=0)] | None = None
    tags: tuple[str, ...] = ()
    pairs: tuple[Pair, ...] = ()


class Square(msgspec.Struct):
    side_m: float


class PlaceBody(RawBody):
    documented = Place


class DraftBody(RawBody):
    documented = Place
    id_field = "name"


@post("/places", dto=PlaceBody, return_dto=None, opt={ALSO: "text/csv"})
async def post_place(data: JSONBody[bytes]) -> Response[Place]:
    return Response(msgspec.json.decode(data, type=Place))


@get("/either")
async def get_either() -> Place | Square:
    return Square(1.0)


@post("/drafts", dto=DraftBody, return_dto=None)
async def post_draft(data: JSONBody[bytes]) -> Response[Place]:
    return Response(msgspec.json.decode(data, type=Place))


class Places(msgspec.Struct):
    items: list[Place]
    next: str | None


@get("/places")
async def list_places(fields: FromQuery[str | None] = None) -> Places:
    return Places([], fields)


def document() -> dict[str, Any]:
    app = Litestar(
        [post_place, post_draft, list_places, get_either], openapi_config=OpenAPIConfig(title="places", version="1")
    )
    return document_of(app)


def test_bodies_refer_to_the_shapes_of_their_types() -> None:
    operation = document()["paths"]["/places"]["post"]

    reference = {"$ref": "#/components/schemas/Place"}
    assert operation["responses"]["201"]["content"]["application/json"]["schema"] == reference
    assert [content["schema"] for content in operation["requestBody"]["content"].values()] == [reference]


def test_bounds_lists_and_arrays_are_what_they_are_on_the_wire() -> None:
    shapes = document()["components"]["schemas"]

    assert shapes["Place"]["properties"]["radius_m"]["anyOf"][0]["exclusiveMinimum"] == 0
    assert shapes["Place"]["properties"]["tags"]["items"] == {"type": "string"}
    assert shapes["Pair"]["type"] == "array"


def test_fields_are_described_by_the_docstring_unless_they_say_it_themselves() -> None:
    place = document()["components"]["schemas"]["Place"]

    assert place["description"] == "A place."
    assert place["properties"]["radius_m"]["description"] == "How far it reaches."
    assert place["properties"]["name"]["description"] == "Short."


def test_an_answer_of_several_types_names_them_all() -> None:
    answer = document()["paths"]["/either"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]

    assert answer == {"anyOf": [{"$ref": "#/components/schemas/Place"}, {"$ref": "#/components/schemas/Square"}]}


def test_a_route_may_answer_with_text_of_another_type_besides() -> None:
    contents = document()["paths"]["/places"]["post"]["responses"]["201"]["content"]

    assert contents["text/csv"] == {"schema": {"type": "string"}}


def test_every_shape_that_is_referred_to_is_there() -> None:
    made = document()
    text = msgspec.json.encode(made).decode()
    referred = {part.partition('"')[0] for part in text.split("#/components/schemas/")[1:]}

    assert referred <= made["components"]["schemas"].keys()


def test_a_list_of_chosen_fields_is_a_list_of_parts() -> None:
    made = document()
    answer = made["paths"]["/places"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    shapes = made["components"]["schemas"]

    assert answer == {"$ref": "#/components/schemas/Places_in_part"}
    assert shapes["Places_in_part"]["required"] == ["items", "next"]
    assert shapes["Places_in_part"]["properties"]["items"]["items"] == {"$ref": "#/components/schemas/Place_in_part"}
    assert shapes["Place_in_part"]["required"] == []
    assert shapes["Place"]["required"] == ["name"]


def test_a_draft_may_lack_its_id_and_has_no_field_that_is_not_known() -> None:
    made = document()
    shapes = made["components"]["schemas"]

    body = made["paths"]["/drafts"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/Place_draft"}
    assert shapes["Place_draft"]["required"] == []
    assert shapes["Place_draft"]["additionalProperties"] is False
