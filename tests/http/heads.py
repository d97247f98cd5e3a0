"""Heads of requests, without a server."""

from typing import Any

from fleet_app.http.head import Head
from fleet_app.http.origins import Origins

HOST = "fleet.example"
NOBODY_ELSE = Origins(tuple, float)
"""A group of which no other worker is known."""


def head(**given: Any) -> Head:
    """Return the head of a request that says nothing in particular."""
    silent = {
        "method": "GET",
        "path": "/api/vehicles",
        "address": "192.0.2.7",
        "host": HOST,
        "origin": "",
        "authorization": "",
        "key_in_query": "",
        "cookie": "",
        "csrf": "",
        "on_behalf_of": b"",
        "asks_for_method": "",
    }
    return Head(**{**silent, **given})
