"""`fields=`: an answer, or each entry of a list, with some of its fields only."""

from collections.abc import Sequence
from typing import Final

import msgspec
from litestar.openapi.spec import Schema
from litestar.openapi.spec.enums import OpenAPIType
from litestar.params import QueryParameter

from fleet_app.http.problems import bad_request, shown

AskedFields = list[str] | None
"""A handler's `fields` parameter, together with `fields_of`."""
_decode: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_encode: Final = msgspec.json.Encoder().encode


def fields_of(model: type[msgspec.Struct]) -> QueryParameter:
    """Return what the document tells of `fields` at a route that answers with `model`, or with a list of it."""
    return QueryParameter(
        description="Only these fields; of a list, of each entry.",
        schema_extra={"items": Schema(type=OpenAPIType.STRING, enum=names_of(model)), "min_items": 1},
    )


def names_of(model: type[msgspec.Struct]) -> list[str]:
    """Return the names of a Struct's fields, as they stand in JSON."""
    return [field.encode_name for field in msgspec.structs.fields(model)]


class Fields(msgspec.Struct, frozen=True):
    """Which fields are asked for; None for all of them."""

    names: frozenset[str] | None

    def encode(self, value: object) -> bytes:
        """Return a Struct as JSON with the fields that are asked for, in their own order."""
        encoded = _encode(value)
        if self.names is None:
            return encoded
        return _encode({name: field for name, field in _decode(encoded).items() if name in self.names})


ALL: Final = Fields(None)


def read_fields(asked: Sequence[str] | None, model: type[msgspec.Struct]) -> Fields:
    """Read `fields` of a request for what `model` describes.

    Raises:
        ApiError: 400, naming what is no field and what is.
    """
    if asked is None:
        return ALL
    names, there_are = frozenset(split_list(asked)), names_of(model)
    unknown = sorted(names.difference(there_are))
    if unknown or not names:
        told = ", ".join(map(shown, unknown)) or "none"
        raise bad_request(f"fields: {told} is asked for; there are: {', '.join(there_are)}")
    return Fields(names)


def split_list(given: Sequence[str]) -> list[str]:
    """Return the values of a parameter that takes several, comma-separated or repeated."""
    return [value for each in given for value in each.split(",") if value]
