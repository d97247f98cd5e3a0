import gzip
from functools import reduce
from operator import xor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet_app.domain.position import Position
from fleet_app.errors import InputError
from fleet_app.ingest.replay.recording import BadRow, Options
from tests.ingest.replay.reading import Rows, in_short, rows_in, rows_of, rows_or_refusal, written

MIDNIGHT_MS = 1_433_635_200_000  # 2015-06-07
KNOT_MPS = 1_852 / 3_600


def sealed(content: str) -> str:
    """Return a sentence with its checksum."""
    return f"${content}*{reduce(xor, content.encode()):02X}\n"


UBLOX = (
    sealed("GNRMC,120000.00,A,5230.00000,N,01315.00000,E,10.0,271.5,070615,,,A,V")
    + sealed("GNVTG,271.5,T,,M,10.0,N,18.5,K,A")
    + sealed("GNGGA,120000.00,5230.00000,N,01315.00000,E,1,08,0.9,34.5,M,44.25,M,,")
    + sealed("GNGSA,A,3,01,02,03,,,,,,,,,,1.5,0.9,1.2")
)


def rmc(time: str, date: str = "070615", talker: str = "GP") -> str:
    return sealed(f"{talker}RMC,{time},A,5225.872,N,01332.070,E,,,{date},,")


def gga(time: str, quality: int = 1) -> str:
    return sealed(f"GPGGA,{time},5225.872,N,01332.070,E,{quality},08,0.9,34.2,M,44.6,M,,")


def read(tmp_path: Path, content: str | bytes, options: Options | None = None) -> Rows:
    return rows_of(written(tmp_path / "van-7.nmea", content), options)


def times_ms(rows: Rows) -> list[int]:
    """Return the times of the positions, from midnight of the first day on."""
    return [row.time_ms - MIDNIGHT_MS for row in rows if isinstance(row, Position)]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_the_sentences_of_a_moment_make_one_position(newline: str, tmp_path: Path) -> None:
    rows = read(tmp_path, UBLOX.replace("\n", newline), Options(attributes=("hdop", "satellites", "quality")))

    assert rows == [
        Position(
            vehicle_id="van-7",
            time_ms=MIDNIGHT_MS + 43_200_000,
            lat=52.5,
            lon=13.25,
            speed_mps=10 * KNOT_MPS,
            heading_deg=271.5,
            altitude_m=78.75,
            attributes={"hdop": 0.9, "satellites": 8.0, "quality": 1.0},
        )
    ]


def test_the_order_of_the_sentences_of_a_moment_does_not_matter(tmp_path: Path) -> None:
    first, second, third, _ = UBLOX.splitlines(keepends=True)

    assert read(tmp_path, third + second + first) == read(tmp_path, first + second + third)


def test_every_moment_is_a_position(tmp_path: Path) -> None:
    log = rmc("120000.0") + gga("120000.0") + rmc("120000.2") + gga("120000.2") + gga("120000.4")

    assert times_ms(read(tmp_path, log)) == [43_200_000, 43_200_200, 43_200_400]


def test_positions_whose_times_were_cut_to_seconds_are_all_there(tmp_path: Path) -> None:
    assert times_ms(read(tmp_path, rmc("120000") * 3)) == [43_200_000] * 3


def test_receivers_of_several_systems_speak_of_one_moment(tmp_path: Path) -> None:
    assert times_ms(read(tmp_path, rmc("120000", talker="GP") + rmc("120000", talker="GL"))) == [43_200_000]


def test_midnight_passes_without_being_told(tmp_path: Path) -> None:
    log = rmc("235959") + gga("235959") + gga("000000") + gga("000001") + rmc("000002", "080615")

    assert times_ms(read(tmp_path, log)) == [86_399_000, 86_400_000, 86_401_000, 86_402_000]


def test_a_moment_that_comes_late_is_of_the_same_day(tmp_path: Path) -> None:
    assert times_ms(read(tmp_path, rmc("120000") + gga("115959"))) == [43_200_000, 43_199_000]


def test_the_day_may_come_from_zda(tmp_path: Path) -> None:
    log = gga("120000") + sealed("GPZDA,120000,07,06,2015,00,00") + gga("120001")

    assert times_ms(read(tmp_path, log)) == [43_200_000, 43_201_000]


def test_a_position_whose_day_nobody_told_is_reported(tmp_path: Path) -> None:
    log = gga("115959") + rmc("120000")

    assert read(tmp_path, log)[0] == BadRow("line 1", "its day is not known: neither RMC nor ZDA has told one yet")
    assert times_ms(read(tmp_path, log)) == [43_200_000]


def test_moments_without_a_fix_are_left_out(tmp_path: Path) -> None:
    lost = sealed("GPRMC,120001,V,,,,,,,070615,,")

    assert times_ms(read(tmp_path, rmc("120000") + lost + gga("120001", quality=0) + gga("120002"))) == [
        43_200_000,
        43_202_000,
    ]


def test_a_sentence_that_cannot_be_read_is_reported_and_the_others_of_its_moment_count(tmp_path: Path) -> None:
    log = rmc("120000") + "\n" + rmc("120001").replace("5225", "5226") + gga("120001") + "noise\xff\n"

    rows = read(tmp_path, log.encode("latin-1"))

    assert in_short(rows) == ["line 3", "van-7", "line 5", "van-7"]
    assert times_ms(rows) == [43_200_000, 43_201_000]


def test_a_file_without_line_ends_is_read_in_pieces(tmp_path: Path) -> None:
    rows = read(tmp_path, "x" * 10_000)

    assert in_short(rows) == ["line 1"] * 3


def test_the_name_of_the_file_is_the_vehicle(tmp_path: Path) -> None:
    path = written(tmp_path / "Bus 14.nmea.gz", gzip.compress(UBLOX.encode()))

    assert in_short(rows_of(path)) == ["Bus 14"]


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("v" * 129 + ".nmea", Options(), r"cannot be a vehicle's id: .* name the vehicle with --vehicle ID"),
        ("day.nmea", Options(mapping={"lat": "y"}), "--map names columns, and NMEA has none"),
        ("day.nmea", Options(attributes=("hdop", "pdop")), "no attribute 'pdop'; NMEA has hdop, satellites, quality"),
    ],
)
def test_what_cannot_be_used_is_explained(name: str, options: Options, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        rows_of(written(tmp_path / name, UBLOX), options)


@settings(deadline=None)
@given(st.lists(st.integers(1, 40_000_000), max_size=50), st.integers(0, 86_399_999))
def test_a_log_that_tells_its_day_once_keeps_it_through_any_number_of_midnights(
    pauses_ms: list[int], began_ms: int
) -> None:
    moments_ms = [began_ms]
    for pause_ms in pauses_ms:
        moments_ms.append(moments_ms[-1] + pause_ms)
    log = rmc(clock(moments_ms[0])) + "".join(gga(clock(moment_ms)) for moment_ms in moments_ms[1:])

    assert times_ms(rows_in("van-7.nmea", log.encode())) == moments_ms


def clock(moment_ms: int) -> str:
    seconds, milliseconds = divmod(moment_ms % 86_400_000, 1_000)
    return f"{seconds // 3_600:02}{seconds // 60 % 60:02}{seconds % 60:02}.{milliseconds:03}"


SENTENCES = st.builds(
    lambda name, values: f"${name},{','.join(values)}\n",
    st.sampled_from(["GPRMC", "GNGGA", "GPVTG", "GPZDA", "GPGSV", "PGRME"]),
    st.lists(st.sampled_from(["", "A", "V", "N", "S", "E", "W", "1", "120000", "235959", "4807.038", "070615"])),
)


@settings(deadline=None)
@given(st.lists(SENTENCES | st.text(st.characters(max_codepoint=255))).map("".join))
def test_no_log_is_too_strange_to_be_reported(log: str) -> None:
    rows_or_refusal("day.nmea", log.encode("latin-1"))
