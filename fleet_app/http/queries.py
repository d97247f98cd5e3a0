"""What may stand in a query: a parameter that a route does not know is refused, so that no filter is misspelt."""

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
_KNOWN: Final[MutableMapping[object, frozenset[str]]] = WeakKeyDictionary()


async def check_query(connection: AnyConnection, handler: BaseRouteHandler) -> None:
    """Refuse a request to the API with a parameter that its route does not know: a guard of the whole application.

    Raises:
        ApiError: 400, naming it and those that there are.
    """
    if not connection.scope["query_string"] or not connection.scope["path"].startswith(_CHECKED):
        return
    known = _known(handler)
    unknown = sorted(set(connection.query_params.keys()) - known)
    if unknown:
        there_are = f"there are: {', '.join(sorted(known))}" if known else "there is none here"
        raise bad_request(f"{', '.join(map(shown, unknown))}: no such parameter; {there_are}")


def _known(handler: BaseRouteHandler) -> frozenset[str]:
    """Return the names of a route's query parameters, those that its dependencies read included."""
    # By its function: a guard is given another copy of the handler each time.
    known = _KNOWN.get(handler.fn)
    if known is None:
        known = frozenset(_names(handler.parsed_fn_signature.parameters, handler.resolve_dependencies()))
        _KNOWN[handler.fn] = known
    return known


def _names(fields: Mapping[str, FieldDefinition], providers: Mapping[str, Provide]) -> Iterator[str]:
    for name, field in fields.items():
        if name in providers:
            yield from _names(providers[name].parsed_fn_signature.parameters, providers)
        elif isinstance(field.kwarg_definition, QueryParameter):
            yield field.kwarg_definition.name or name
