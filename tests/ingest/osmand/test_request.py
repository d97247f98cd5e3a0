"""A request as a whole: which form it has, real ones, and hostile ones."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.domain.position import Report, read_report
from fleet_app.ingest.osmand.draft import RefusedRequestError
from fleet_app.ingest.osmand.request import read_request

VECTORS = Path(__file__).parents[4] / "shared" / "data" / "vectors" / "traccar_protocol_vectors.jsonl.gz"
QUERY = b"id=phone-7&timestamp=1767168000&lat=52.4312&lon=13.5345"
BODY = (
    b'{"device_id":"phone-7","location":{"timestamp":"2025-12-31T08:00:00Z",'
    b'"coords":{"latitude":52.4312,"longitude":13.5345}}}'
)
READ = Report(device_id="phone-7", time_ms=1_767_168_000_000, lat=52.4312, lon=13.5345)


@pytest.mark.parametrize(
    ("query", "body"),
    [
        (QUERY, b""),
        (b"", QUERY),
        (b"", QUERY + b"\r\n"),
        (b"id=phone-7&timestamp=1767168000", b"lat=52.4312&lon=13.5345"),
        (b"", BODY),
        (b"", b"\n " + BODY),
        (b"id=another&lat=1", BODY),
    ],
)
def test_a_position_is_read_wherever_it_stands(query: bytes, body: bytes) -> None:
    assert read_request(query, body) == READ


# What each real request says, in the order in which its check occurs: vehicle, time, place, and speed in m/s. Those
# without a time of their own are refused here and stamped by Traccar as they arrive; without an id or a place of
# their own there is no position of any vehicle.
EXPECTED: Final[list[tuple[str, int, float, float, float | None] | str]] = [
    ("48241179", 1_749_995_112_862, 37.4219983, -122.084, 0.0),
    ("48241179", 1_749_995_112_862, 37.4219983, -122.084, 0.0),
    ("658765", 1_746_763_890_579, 37.785834, -122.406417, None),
    ("8737767034", 1_626_854_794_444, -6.1148096, 106.6837015, 18.67),
    "lat is missing",
    "id is missing",
    ("902064", 1_453_920_947_000, 42.06288, -88.23412, 0.0),
    ("902064", 1_442_068_686_579, 42.06288, -88.23412, 0.0),
    ("353861053849681", 1_401_873_011_000, 49.60688, 6.15788, 0.0),
    ("123456", 1_377_177_267_000, 60.0, 30.0, 0.0),
    ("123456", 1_377_177_267_000, 60.0, 30.0, None),
    "timestamp is missing",
    "timestamp is missing",
    ("123456", 1_377_177_267_000, 60.0, 30.0, None),
    ("123456789012345", 1_504_763_810_000, 40.7232948571, -74.0061408571, 40 * 1852 / 3600),
]
REFUSED: Final = {"verifyNull": ["id is missing"], "verifyNotNull": ["lat is missing"]}


def outcome(payload: str) -> tuple[str | None, int, float, float, float | None] | str:
    _, json_mark, body = payload.partition("application/json")
    query = "" if json_mark else payload.partition("?")[2]
    try:
        read = read_request(query.encode(), body.encode())
    except RefusedRequestError as error:
        return str(error).partition(";")[0]
    return read.device_id, read.time_ms, read.lat, read.lon, read.speed_mps


@pytest.mark.skipif(not VECTORS.exists(), reason="the recordings are not part of the project")
def test_real_requests_give_what_they_say() -> None:
    with gzip.open(VECTORS, "rt") as lines:
        vectors = [vector for vector in map(json.loads, lines) if vector["protocol"] == "OsmAnd"]

    assert [outcome(vector["payload"]) for vector in vectors] == EXPECTED
    for check, refused in REFUSED.items():
        assert [outcome(vector["payload"]) for vector in vectors if vector["check"] == check] == refused


def gives_a_position_or_is_refused(read: Callable[[], Report]) -> None:
    """Check that what is read is a position that every other door would take, unchanged."""
    try:
        position = read()
    except RefusedRequestError as error:
        assert str(error)  # noqa: PT017 - both endings are right, and a refusal has to say something
        assert len(str(error)) < 1_000  # noqa: PT017 - and not to repeat a hostile request
    else:
        assert read_report(msgspec.json.encode(position)) == position


OWN_NAMES = ["id", "deviceid", "timestamp", "lat", "lon", "location", "speed", "bearing", "heading", "altitude"]
OTHER_NAMES = ["accuracy", "hdop", "batt", "valid", "charge", "ignition", "alarm", "cell", "wifi"]
NAMES = st.sampled_from([*OWN_NAMES, *OTHER_NAMES])
TEXTS = (
    st.text(max_size=300)
    | st.floats().map(str)
    | st.integers().map(str)
    | st.tuples(st.floats(), st.floats()).map(lambda pair: f"{pair[0]},{pair[1]}")
    | st.datetimes().map(str)
    | st.sampled_from(
        ["", "true", "false", "1", "-1", "1e400", "9" * 400, "٣", "0x10", "2024-W05", "1767168000", "NaN"]
    )
)
GOOD = {"id": "phone-7", "timestamp": "1767168000", "lat": "52.4312", "lon": "13.5345"}


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_no_bytes_raise_anything_but_the_refusal(query: bytes, body: bytes) -> None:
    gives_a_position_or_is_refused(lambda: read_request(query, body))


@given(st.dictionaries(NAMES | st.text(max_size=80), TEXTS, max_size=40))
def test_no_parameters_raise_anything_but_the_refusal(changes: dict[str, str]) -> None:
    form = urlencode(GOOD | changes, errors="surrogatepass").encode()

    gives_a_position_or_is_refused(lambda: read_request(form, b""))


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=300) | st.just(10**400),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=80), inner, max_size=40),
    max_leaves=40,
)
COORDS: dict[str, Any] = {"latitude": 52.4312, "longitude": 13.5345}
LOCATION_CHANGES = st.dictionaries(
    st.sampled_from(["timestamp", "coords", "is_moving", "odometer", "event", "mock", "battery", "activity", "extras"]),
    JSON_VALUES,
    max_size=3,
)
COORDS_CHANGES = st.dictionaries(
    st.sampled_from(["latitude", "longitude", "accuracy", "speed", "heading", "altitude", "ellipsoidal_altitude"]),
    JSON_VALUES | st.floats(-200, 400),
    max_size=3,
)


@given(LOCATION_CHANGES, COORDS_CHANGES, st.just("phone-7") | JSON_VALUES)
def test_no_message_raises_anything_but_the_refusal(
    location: dict[str, object], coords: dict[str, object], device_id: object
) -> None:
    whole = {"timestamp": "2025-12-31T08:00:00Z", "coords": COORDS | coords} | location
    body = json.dumps({"location": whole, "device_id": device_id}).encode()

    gives_a_position_or_is_refused(lambda: read_request(b"", body))


@given(st.dictionaries(st.text(max_size=80), st.text(max_size=300) | st.floats() | st.booleans(), max_size=40))
def test_no_extras_of_a_message_cost_its_position(extras: dict[str, object]) -> None:
    finite = json.loads(json.dumps(extras), parse_constant=lambda _: 0.0)
    location = {"timestamp": "2025-12-31T08:00:00Z", "coords": COORDS, "extras": finite}

    read = read_request(b"", json.dumps({"location": location, "device_id": "phone-7"}).encode())

    assert (read.device_id, read.time_ms, read.lat, read.lon) == ("phone-7", READ.time_ms, READ.lat, READ.lon)
