import pytest

from fleet_app.errors import InputError
from fleet_app.ingest.replay.columns import KNOWN_HEADERS, find_columns, parse_mapping
from fleet_app.ingest.replay.recording import Options

TRUCKS = ["vehicle", "fix_time_local", "lat", "lon", "address", "first_seen"]
BUSES = ["vehicle_id", "timestamp", "speed", "route_id", "trip_id", "latitude", "longitude", "trip_headsign"]


def test_the_usual_headers_are_recognised() -> None:
    assert find_columns(TRUCKS, Options()).places == {"vehicle_id": 0, "time": 1, "lat": 2, "lon": 3}
    assert find_columns(BUSES, Options()).places == {"vehicle_id": 0, "time": 1, "speed": 2, "lat": 5, "lon": 6}


def test_letter_case_and_spaces_do_not_matter() -> None:
    columns = find_columns(["Vehicle ID", " Time", "LAT", "Lng", "Bearing"], Options())

    assert columns.places == {"vehicle_id": 0, "time": 1, "lat": 2, "lon": 3, "heading": 4}


def test_a_vehicle_id_is_preferred_to_an_id() -> None:
    assert find_columns(["id", "vehicle_id", "time", "lat", "lon"], Options()).places["vehicle_id"] == 1
    assert find_columns(["id", "time", "lat", "lon"], Options()).places["vehicle_id"] == 0


def test_a_mapping_wins_over_what_is_recognised() -> None:
    columns = find_columns(TRUCKS, Options(mapping=parse_mapping("time=first_seen, vehicle_id=address")))

    assert (columns.places["time"], columns.places["vehicle_id"]) == (5, 4)


def test_attributes_are_carried_only_when_named() -> None:
    assert find_columns(BUSES, Options()).attributes == {}
    assert find_columns(BUSES, Options(attributes=("route_id", "trip_id"))).attributes == {"route_id": 3, "trip_id": 4}


@pytest.mark.parametrize(
    ("header", "mapping", "attributes", "message"),
    [
        (["time", "lat", "lon"], "", (), r"known to be vehicle_id among time, lat, lon: name it with --map"),
        (TRUCKS, "time=seen", (), r"no column 'seen' for time; the file has vehicle, fix_time_local"),
        (TRUCKS, "", ("route",), r"no column 'route' for an attribute"),
        ([], "", (), r"among nothing"),
    ],
)
def test_a_column_that_is_not_there_is_named(
    header: list[str], mapping: str, attributes: tuple[str, ...], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        find_columns(header, Options(mapping=parse_mapping(mapping), attributes=attributes))


@pytest.mark.parametrize("text", ["vehicle", "vehicle_id=", "=lat", "colour=red"])
def test_a_mapping_that_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="QUANTITY=HEADER"):
        parse_mapping(text)


def test_no_header_is_known_for_two_quantities() -> None:
    headers = [header for known in KNOWN_HEADERS.values() for header in known]

    assert len(headers) == len(set(headers))


def test_the_description_says_what_is_read_and_what_is_left_out() -> None:
    assert find_columns(TRUCKS, Options(attributes=("address",))).describe() == (
        "vehicle_id ← vehicle, time ← fix_time_local, lat ← lat, lon ← lon, attribute address; left out: first_seen"
    )


def test_a_vehicle_named_beforehand_is_not_looked_for() -> None:
    columns = find_columns(TRUCKS, Options(vehicle_id="van-7"))

    assert columns.places == {"time": 1, "lat": 2, "lon": 3}
    assert columns.describe().endswith("left out: vehicle, address, first_seen")


def test_narrowed_to_the_columns_in_use_everything_is_still_where_it_says() -> None:
    columns = find_columns(BUSES, Options(attributes=("route_id",))).narrowed()

    assert columns.header == ("vehicle_id", "timestamp", "speed", "route_id", "latitude", "longitude")
    assert columns.places == {"vehicle_id": 0, "time": 1, "speed": 2, "lat": 4, "lon": 5}
    assert columns.attributes == {"route_id": 3}
