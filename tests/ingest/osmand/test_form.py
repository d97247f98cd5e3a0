"""The form that OsmAnd and older Traccar Clients send."""

from urllib.parse import urlencode

import pytest

from fleet_app.domain.position import Report
from fleet_app.ingest.osmand.draft import RefusedRequestError
from fleet_app.ingest.osmand.form import read_form

NEEDED = {"id": "phone-7", "timestamp": "1767168000", "lat": "52.4312", "lon": "13.5345"}
READ = Report(device_id="phone-7", time_ms=1_767_168_000_000, lat=52.4312, lon=13.5345)


def read(**changes: str) -> Report:
    return read_form(urlencode(NEEDED | changes).encode())


def refusal(form: dict[str, str]) -> str:
    with pytest.raises(RefusedRequestError) as refused:
        read_form(urlencode(form).encode())
    return str(refused.value)


def test_the_four_needed_parameters_are_a_position() -> None:
    assert read() == READ


def test_everything_a_position_can_say_is_read() -> None:
    assert read(speed="10", bearing="271.5", altitude="34.1", accuracy="4.5", ignition="true", valid="true") == Report(
        device_id="phone-7",
        time_ms=1_767_168_000_000,
        lat=52.4312,
        lon=13.5345,
        speed_mps=10 * 1852 / 3600,
        heading_deg=271.5,
        altitude_m=34.1,
        accuracy_m=4.5,
        ignition=True,
    )


def test_ten_knots_are_5_144_metres_per_second() -> None:
    assert read(speed="10").speed_mps == pytest.approx(5.144, abs=0.0005)


def test_deviceid_and_heading_are_other_names_for_id_and_bearing() -> None:
    position = read_form(b"deviceid=phone-7&timestamp=1767168000&lat=52.4312&lon=13.5345&heading=90")

    assert (position.device_id, position.heading_deg) == ("phone-7", 90.0)


def test_the_place_may_be_one_parameter() -> None:
    assert read_form(b"id=phone-7&timestamp=1767168000&location=52.4312,13.5345") == READ
    assert read_form(b"id=phone-7&timestamp=1767168000&location=52.4312%2C+13.5345") == READ


def test_lat_and_lon_count_more_than_location() -> None:
    assert read(location="1,2") == READ


@pytest.mark.parametrize("name", ["speed", "bearing", "accuracy"])
@pytest.mark.parametrize("text", ["-1", "-1.0", "-1.9438445", ""])
def test_a_negative_or_empty_quantity_is_unknown(name: str, text: str) -> None:
    assert read(**{name: text}) == READ


def test_an_altitude_below_the_sea_is_one() -> None:
    assert read(altitude="-3.2").altitude_m == -3.2


@pytest.mark.parametrize(("text", "on"), [("true", True), ("1", True), ("TRUE", True), ("false", False), ("0", False)])
def test_ignition_is_read(text: str, on: bool) -> None:  # noqa: FBT001 - a value of the table, not a flag
    assert read(ignition=text).ignition is on


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("87", 87.0),
        ("0.9", 0.9),
        ("-12.5", -12.5),
        ("true", True),
        ("false", False),
        ("sos", "sos"),
        ("007", "007"),
        ("89490200001234567890", "89490200001234567890"),
        ("1e5", "1e5"),
        ("nan", "nan"),
        ("größe", "größe"),
    ],
)
def test_other_parameters_become_attributes(text: str, value: object) -> None:
    assert read(extra=text).attributes == {"extra": value}


def test_the_key_that_a_phone_sends_is_not_kept() -> None:
    assert read(key="phones.abc").attributes is None


def test_battery_charger_alarm_and_hdop_are_attributes() -> None:
    assert read(batt="87.5", charge="false", alarm="sos", hdop="1.2").attributes == {
        "batt": 87.5,
        "charge": False,
        "alarm": "sos",
        "hdop": 1.2,
    }


def test_what_the_radio_heard_is_ignored() -> None:
    assert read(cell="257,02,16,2224", wifi="00-14-22-01-23-45,-80") == READ


def test_more_attributes_than_a_position_may_have_do_not_cost_it() -> None:
    many = {f"a{number:02}": str(number) for number in range(40)}

    attributes = read(**many, note="x" * 300).attributes

    assert list(attributes or {}) == [f"a{number:02}" for number in range(32)]


def test_the_last_of_two_counts() -> None:
    assert read_form(urlencode(NEEDED).encode() + b"&lat=50&lat=51").lat == 51.0


@pytest.mark.parametrize("name", ["id", "timestamp", "lat", "lon"])
def test_a_needed_parameter_that_is_absent_or_empty_is_named(name: str) -> None:
    told = f"{name} is missing; id, timestamp, lat and lon are needed"

    assert refusal({key: text for key, text in NEEDED.items() if key != name}) == told
    assert refusal(NEEDED | {name: ""}) == told


@pytest.mark.parametrize("text", ["false", "0", "False"])
def test_a_device_without_a_fix_is_refused(text: str) -> None:
    assert refusal(NEEDED | {"valid": text}) == f"valid is {text!r}: the device says that it has no fix"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"lat": "52,4312"}, "lat '52,4312' is not a number"),
        ({"lat": "NaN"}, "lat 'NaN' is not a number"),
        ({"lon": "1e999"}, "lon '1e999' is not a number"),
        ({"lon": "1_3"}, "lon '1_3' is not a number"),
        ({"speed": "fast"}, "speed 'fast' is not a number"),
        ({"valid": "maybe"}, "valid 'maybe' is none of true, false, 1 and 0"),
        ({"ignition": "on"}, "ignition 'on' is none of true, false, 1 and 0"),
        ({"timestamp": "yesterday"}, "timestamp 'yesterday' is not a time: ISO 8601, or seconds"),
        ({"lat": "91"}, "Expected `float` <= 90.0 - at lat (lat 91.0)"),
        ({"lon": "-180.1"}, "Expected `float` >= -180.0 - at lon (lon -180.1)"),
        ({"bearing": "361"}, "Expected `float` <= 360.0 - at bearing (heading_deg 361.0)"),
        ({"speed": "360"}, "Expected `float` <= 150.0 - at speed (speed_mps 185.2"),
        ({"timestamp": "-5"}, "Expected `int` >= 0 - at timestamp (time_ms -5000)"),
        ({"timestamp": "4102444801"}, "Expected `int` <= 4102444800000 - at timestamp (time_ms 4102444801000)"),
        ({"id": "x" * 129}, "Expected `str` of length <= 128 - at id (device_id 'xxx"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name_and_value(changes: dict[str, str], told: str) -> None:
    assert told in refusal(NEEDED | changes)


@pytest.mark.parametrize("text", ["52.4", "52.4;13.5", ",13.5", "52.4,13.5,34"])
def test_a_location_that_is_not_two_numbers_is_refused(text: str) -> None:
    assert refusal({"id": "7", "timestamp": "1767168000", "location": text}).startswith("location's l")


@pytest.mark.parametrize("form", [b"id=%FF&lat=1", b"id=\xff", b"\xff=1"])
def test_bytes_that_are_not_utf_8_are_refused(form: bytes) -> None:
    with pytest.raises(RefusedRequestError, match="not UTF-8"):
        read_form(form)


def test_nothing_at_all_is_refused() -> None:
    assert refusal({}) == "lat is missing; id, timestamp, lat and lon are needed"
