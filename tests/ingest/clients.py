"""Doors as a client meets them, whoever it is."""

from litestar import Litestar, Router
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.testing import TestClient, create_test_client

from fleet_app.domain.access.caller import LOCAL, Caller
from fleet_app.domain.access.rights import Role
from fleet_app.http.problems import EXCEPTION_HANDLERS
from fleet_app.ingest.changes import Outcomes
from tests.ingest.fakes import FakeOutcomes

NORTH = Caller(name="north-office", role=Role.ADMIN, tenant="north")
PHONE = Caller(name="phone-key", role=Role.DEVICE, tenant="north", devices=frozenset({"phone-7", "van-9"}))


def client_as(caller: Caller, *routers: Router, outcomes: Outcomes | None = None) -> TestClient[Litestar]:
    """Return a client of routes that is recognised as a caller."""
    asked: Outcomes = outcomes or FakeOutcomes()
    return create_test_client(
        list(routers),
        dependencies={
            "caller": Provide(lambda: caller, sync_to_thread=False),
            "outcomes": Provide(lambda: asked, sync_to_thread=False),
        },
        exception_handlers=EXCEPTION_HANDLERS,
        openapi_config=OpenAPIConfig("test", "1"),
    )


def client_of(*routers: Router, outcomes: Outcomes | None = None) -> TestClient[Litestar]:
    """Return a client of routes that may do everything."""
    return client_as(LOCAL, *routers, outcomes=outcomes)
