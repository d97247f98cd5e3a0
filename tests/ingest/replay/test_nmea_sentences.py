from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pynmeagps import GET, NMEAMessage

from fleet_app.ingest.replay.nmea_sentences import Moment, read_sentence
from fleet_app.ingest.replay.recording import BadRowError

MIDNIGHT_MS = 1_433_635_200_000  # 2015-06-07
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - the library that writes takes times without a zone for UTC
KNOT_MPS = 1_852 / 3_600


def test_rmc_tells_time_place_speed_and_course() -> None:
    line = "$GPRMC,123519.25,A,4830.000,N,01115.000,W,18,084.4,070615,003.1,W\r\n"

    assert read_sentence(line) == Moment(
        sentences={"GPRMC"},
        time_of_day_ms=45_319_250,
        day_ms=MIDNIGHT_MS,
        has_fix=True,
        lat=48.5,
        lon=-11.25,
        speed_mps=18 * KNOT_MPS,
        heading_deg=84.4,
    )


def test_gga_tells_time_place_and_height_above_the_ellipsoid() -> None:
    assert read_sentence("$GNGGA,123519,4830.000,S,01115.000,E,1,08,0.9,545.5,M,46.25,M,,\n") == Moment(
        sentences={"GNGGA"},
        time_of_day_ms=45_319_000,
        has_fix=True,
        lat=-48.5,
        lon=11.25,
        altitude_m=591.75,
        hdop=0.9,
        satellites=8,
        quality=1,
    )


def test_vtg_tells_speed_and_course() -> None:
    assert read_sentence("$GPVTG,054.7,T,034.4,M,010.0,N,018.5,K,A") == Moment(
        sentences={"GPVTG"}, heading_deg=54.7, speed_mps=10 * KNOT_MPS
    )


def test_zda_tells_the_day_with_four_digits_for_the_year() -> None:
    assert read_sentence("$GPZDA,000000.00,7,06,2015,00,00") == Moment(
        sentences={"GPZDA"}, time_of_day_ms=0, day_ms=MIDNIGHT_MS
    )


@pytest.mark.parametrize(
    ("year", "day_ms"), [("80", 315_532_800_000), ("79", 3_439_756_800_000), ("00", 946_684_800_000)]
)
def test_gps_began_in_1980(year: str, day_ms: int) -> None:
    said = read_sentence(f"$GPRMC,000000,A,4807.038,N,01131.000,E,,,0101{year},,")

    assert said is not None
    assert said.day_ms == day_ms


@pytest.mark.parametrize(
    ("line", "time_of_day_ms"),
    [
        ("$GPRMC,123519,V,,,,,,,310515,,", 45_319_000),
        ("$GPRMC,,V,,,,,,,,,", None),
        ("$GPGGA,123519,4807.038,N,01131.000,E,0,00,,,M,,M,,", 45_319_000),
        ("$GPGGA,,,,,,,,,,,,,,", None),
    ],
)
def test_a_receiver_that_sees_nothing_has_no_fix_and_no_day(line: str, time_of_day_ms: int | None) -> None:
    said = read_sentence(line)

    assert said is not None
    assert (said.has_fix, said.time_of_day_ms, said.day_ms, said.lat) == (False, time_of_day_ms, None, None)


def test_a_navigational_status_that_is_not_given_is_no_lack_of_a_fix() -> None:
    said = read_sentence("$GNRMC,200728.50,A,2829.34783,N,08122.21257,W,0.057,,301223,,,A,V*0F")

    assert said is not None
    assert (said.has_fix, said.heading_deg) == (True, None)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "\r\n",
        "# started",
        "!AIVDM,1,1,,B,177KQJ5000G?tO`K>RA1wUbN0TKH,0*5C",
        "$GPGSV,1,1,00*79",
        "$PGRME,1",
        "$",
        "$,",
    ],
)
def test_other_lines_say_nothing(line: str) -> None:
    assert read_sentence(line) is None


def test_what_a_logger_writes_around_a_sentence_does_not_matter() -> None:
    sentence = "$GPVTG,054.7,T,034.4,M,010.0,N,018.5,K*46"

    assert read_sentence(f"2015-06-07 12:00:00 NMEA,{sentence},1433678400") == read_sentence(sentence) is not None


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("$GPVTG,054.7,T,034.4,M,010.0,N,018.5,K*47", r"has the checksum 47, its content 46"),
        ("$GPGSV,1,1,01*79", r"has the checksum 79, its content 78"),
        ("PRMC,123519,A", r"'PRMC,123519,A' is no sentence: those begin with \$"),
        ("$GPRMC,,A,4807.038,N,01131.000,E,,,070615,,", "GPRMC: time '' is empty"),
        ("$GPRMC,126019,A,4807.038,N,01131.000,E,,,070615,,", "GPRMC: time '126019' is not a time: hhmmss"),
        ("$GPRMC,123519,A,4860.038,N,01131.000,E,,,070615,,", "latitude '4860.038' is not in degrees and minutes"),
        ("$GPRMC,123519,A,,N,01131.000,E,,,070615,,", "latitude '' is empty"),
        ("$GPRMC,123519,A,4807.038,E,01131.000,E,,,070615,,", "latitude is neither N nor S but 'E'"),
        ("$GPRMC,123519,A,4807.038,N,01131.000,,,,070615,,", "longitude is neither E nor W but ''"),
        ("$GPRMC,123519,A,4807.038,N,01131.000,E,x,,070615,,", "GPRMC: speed 'x' is not a number"),
        ("$GPRMC,123519,A,4807.038,N,01131.000,E,,,300215,,", "GPRMC: date '300215' is not a date: ddmmyy"),
        ("$GPZDA,123519,30,02,2015,00,00", "GPZDA: date '30022015' is not a date"),
        ("$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,high,M,46.9,M,,", "GPGGA: altitude 'high' is not a number"),
    ],
)
def test_a_sentence_that_cannot_be_read_is_explained(line: str, problem: str) -> None:
    with pytest.raises(BadRowError, match=problem):
        read_sentence(line)


def test_a_second_sentence_of_the_same_name_begins_another_moment() -> None:
    moment = Moment(sentences={"GPRMC"}, time_of_day_ms=0)

    assert moment.goes_on_with(Moment(sentences={"GPGGA"}, time_of_day_ms=0))
    assert moment.goes_on_with(Moment(sentences={"GPVTG"}))
    assert not moment.goes_on_with(Moment(sentences={"GPGGA"}, time_of_day_ms=1_000))
    assert not moment.goes_on_with(Moment(sentences={"GPRMC"}, time_of_day_ms=0))


def test_what_is_said_first_stays_but_one_without_a_fix_takes_it_away() -> None:
    moment = Moment(sentences={"GPRMC"}, time_of_day_ms=0, has_fix=True, lat=1.0)

    moment.add(Moment(sentences={"GPGGA"}, time_of_day_ms=0, has_fix=False, lat=2.0, hdop=0.9))

    assert moment == Moment(sentences={"GPRMC", "GPGGA"}, time_of_day_ms=0, has_fix=False, lat=1.0, hdop=0.9)


@given(
    lat=st.floats(-90, 90),
    lon=st.floats(-180, 180),
    noon=st.datetimes(EPOCH.replace(year=1980), EPOCH.replace(year=2079)),
    knots=st.floats(0, 200),
    course=st.floats(0, 360),
)
def test_what_another_writer_writes_is_read_to_a_few_centimetres(
    lat: float, lon: float, noon: datetime, knots: float, course: float
) -> None:
    values = {
        "time": noon.time(),
        "date": noon.date(),
        "status": "A",
        "lat": lat,
        "lon": lon,
        "spd": knots,
        "cog": course,
    }
    said = read_sentence(NMEAMessage("GN", "RMC", GET, hpnmeamode=True, **values).serialize().decode())

    assert said is not None
    assert said.day_ms is not None
    assert said.time_of_day_ms is not None
    written_ms = (noon - EPOCH) / timedelta(milliseconds=1)
    assert said.day_ms + said.time_of_day_ms == pytest.approx(written_ms, abs=10)
    assert said.lat == pytest.approx(lat, abs=1e-8)
    assert said.lon == pytest.approx(lon, abs=1e-8)
    assert said.speed_mps == pytest.approx(knots * KNOT_MPS, abs=1e-3)
    assert said.heading_deg == pytest.approx(course, abs=1e-3)


@given(
    st.text(st.characters(max_codepoint=255))
    | st.lists(st.sampled_from("0123456789.,-ANSEW"), max_size=60).map("".join)
)
def test_no_line_is_too_strange_to_be_reported(text: str) -> None:
    for line in (text, f"$GPRMC,{text}", f"$GPGGA,{text}", f"$GPVTG,{text}", f"$GPZDA,{text}"):
        with suppress(BadRowError):
            read_sentence(line)
