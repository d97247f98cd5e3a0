"""The page of a document: every operation, who may call it, and how."""

from typing import Any

import pytest

from fleet_app.web.api_page.page import curl_of, render, who_may

SEE = [{"key": ["see"]}, {"session": ["see"]}]
DOCUMENT: dict[str, Any] = {
    "info": {"title": "fleet", "version": "1"},
    "paths": {
        "/internal/worker": {
            "get": {
                "operationId": "get_own_report",
                "tags": ["between workers"],
                "security": [{"worker": ["answer_workers"]}],
                "responses": {"200": {"description": "OK"}},
            }
        },
        "/api/vehicles/{vehicle_id}": {
            "get": {
                "operationId": "get_vehicle",
                "tags": ["vehicles"],
                "summary": "One vehicle",
                "security": SEE,
                "parameters": [
                    {"name": "vehicle_id", "in": "path", "required": True, "schema": {"type": "string"}},
                    {"name": "fields", "in": "query", "required": False, "schema": {"type": "string"}},
                ],
                "responses": {
                    "200": {
                        "description": "OK",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Vehicle"}}},
                    }
                },
            }
        },
    },
    "components": {
        "schemas": {
            "Vehicle": {"properties": {"vehicle_id": {"type": "string"}}, "required": ["vehicle_id"]},
            "State": {"enum": ["moving", "stopped"]},
        }
    },
}


def test_every_operation_and_every_shape_has_a_place_of_its_own() -> None:
    text = render(DOCUMENT).decode()

    assert text.count('id="get_vehicle"') == text.count('id="get_own_report"') == 1
    assert text.count('id="shape-Vehicle"') == text.count('id="shape-State"') == 1
    assert '<a href="#shape-Vehicle">Vehicle</a>' in text


def test_what_is_between_workers_comes_last() -> None:
    text = render(DOCUMENT).decode()

    assert text.index("/api/vehicles/{vehicle_id}") < text.index("/internal/worker")


@pytest.mark.parametrize(
    ("security", "who"),
    [
        (SEE, "admin, dispatcher, viewer"),
        ([{"key": ["send_positions"]}], "admin, device"),
        ([{"key": ["see_all_tenants"]}], "a key of all tenants"),
        ([{}], "everybody, without a key"),
    ],
)
def test_an_operation_says_who_may_call_it(security: list[dict[str, list[str]]], who: str) -> None:
    assert who_may({"security": security}) == who


@pytest.mark.parametrize(
    ("method", "path", "told", "command"),
    [
        (
            "GET",
            "/api/vehicles/{vehicle_id}",
            DOCUMENT["paths"]["/api/vehicles/{vehicle_id}"]["get"],
            'curl -s -H "Authorization: Bearer $FLEET_KEY" "$FLEET_URL/api/vehicles/VEHICLE_ID"',
        ),
        ("GET", "/healthz", {"security": [{}]}, 'curl -s "$FLEET_URL/healthz"'),
        (
            "PUT",
            "/a",
            {"security": SEE, "requestBody": {}},
            'curl -s -X PUT -H "Authorization: Bearer $FLEET_KEY" "$FLEET_URL/a" --json @body.json',
        ),
    ],
)
def test_a_call_can_be_copied_to_a_shell(method: str, path: str, told: dict[str, Any], command: str) -> None:
    assert curl_of(method, path, told) == command
