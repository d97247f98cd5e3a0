"""What may stand in a query: what a route does not know, or would not use, is refused, so that no filter is missed."""

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Final
from weakref import WeakKeyDictionary

from litestar.di import Provide
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter
from litestar.typing import FieldDefinition

from fleet_app.http.access import AnyConnection
from fleet_app.http.problems import bad_request, shown

_CHECKED: Final = "/api/"
_NOTHING: Final = "null"
"""What msgspec takes for None where no text is asked for: the filter would be none."""
_KNOWN: Final[MutableMapping[object, Mapping[str, FieldDefinition]]] = WeakKeyDictionary()


async def check_query(connection: AnyConnection, handler: BaseRouteHandler) -> None:
    """Refuse a request to the API with a parameter that its route does not know: a guard of the whole application.

    Raises:
        ApiError: 400, naming it and those that there are; or one that is given twice and is no list, or given as null.
    """
    if not connection.scope["query_string"] or not connection.scope["path"].startswith(_CHECKED):
        return
    known, given = _known(handler), connection.query_params
    unknown = sorted(set(given.keys()) - set(known))
    if unknown:
        there_are = f"there are: {', '.join(sorted(known))}" if known else "there is none here"
        raise bad_request(f"{', '.join(map(shown, unknown))}: no such parameter; {there_are}")
    for name in given:
        values = given.getall(name)
        if len(values) > 1 and not _takes(list, known[name]):
            raise bad_request(f"{name}: given {len(values)} times, and only one can count")
        if not _takes(str, known[name]) and any(value.lower() == _NOTHING for value in values):
            raise bad_request(f"{name}: {_NOTHING} is no value; leave the parameter out")


def _takes(kind: type, field: FieldDefinition) -> bool:
    """Return whether a parameter's value may be of a type, or a list of such."""
    return field.origin is kind or field.annotation is kind or any(_takes(kind, inner) for inner in field.inner_types)


def _known(handler: BaseRouteHandler) -> Mapping[str, FieldDefinition]:
    """Return a route's query parameters by name, those that its dependencies read included."""
    # By its function: a guard is given another copy of the handler each time.
    known = _KNOWN.get(handler.fn)
    if known is None:
        known = dict(_parameters(handler.parsed_fn_signature.parameters, handler.resolve_dependencies()))
        _KNOWN[handler.fn] = known
    return known


def _parameters(
    fields: Mapping[str, FieldDefinition], providers: Mapping[str, Provide]
) -> Iterator[tuple[str, FieldDefinition]]:
    for name, field in fields.items():
        if name in providers:
            yield from _parameters(providers[name].parsed_fn_signature.parameters, providers)
        elif isinstance(field.kwarg_definition, QueryParameter):
            yield field.kwarg_definition.name or name, field
