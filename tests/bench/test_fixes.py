import pytest
from geographiclib.geodesic import Geodesic

from fleet_app.bench.fixes import DEAD_LETTERS, haversine_m
from fleet_app.stream.declarations import FailedRecord, PlainRecord, Undecodable


@pytest.mark.parametrize("to_lon", [8.0, 8.001, 9.0])
@pytest.mark.parametrize("to_lat", [50.001, 49.9, 52.0])
def test_the_way_between_fixes_is_that_of_the_earth_to_half_a_percent(to_lat: float, to_lon: float) -> None:
    geodesic_m = Geodesic.WGS84.Inverse(50.0, 8.0, to_lat, to_lon)["s12"]

    assert haversine_m(50.0, 8.0, to_lat, to_lon) == pytest.approx(geodesic_m, rel=0.005)


def test_a_vehicle_that_stands_goes_nowhere() -> None:
    assert haversine_m(50.0, 8.0, 50.0, 8.0) == 0.0


def test_a_dead_letter_says_which_record_and_why() -> None:
    record = PlainRecord(offset=7, timestamp=0, key=b"v-1", value=b"{")
    key, value = DEAD_LETTERS.write(
        FailedRecord(topic="gps.raw", partition=3, record=record, error=Undecodable("cut off"), detail="cut off")
    )

    assert (key, value) == ("v-1", DEAD_LETTERS.topic.value(partition=3, offset=7, detail="cut off"))
