from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet_app.domain.position import Position
from fleet_app.errors import InputError
from fleet_app.ingest.replay.files import PositionsFile
from fleet_app.ingest.replay.recording import BadRow, Options
from fleet_app.ingest.replay.values import SpeedUnit
from tests.ingest.replay.reading import Rows, in_short, rows_in, rows_of, rows_or_refusal, written

GARMIN = """<?xml version="1.0" encoding="UTF-8"?>
<gpx version="1.1" creator="eTrex" xmlns="http://www.topografix.com/GPX/1/1"
     xmlns:gpxtpx="http://www.garmin.com/xmlschemas/TrackPointExtension/v2">
  <metadata><name>Sunday</name><time>2015-06-07T13:00:00Z</time></metadata>
  <trk>
    <name>van-7</name>
    <trkseg>
      <trkpt lat="30.16" lon="-97.79">
        <ele>150.5</ele>
        <time>2015-06-07T12:00:00Z</time>
        <geoidheight>-26.5</geoidheight>
        <hdop>0.9</hdop>
        <extensions>
          <gpxtpx:TrackPointExtension>
            <gpxtpx:hr>88</gpxtpx:hr><gpxtpx:speed>8.25</gpxtpx:speed><gpxtpx:course>271.5</gpxtpx:course>
          </gpxtpx:TrackPointExtension>
        </extensions>
      </trkpt>
    </trkseg>
  </trk>
</gpx>
"""
NOON = Position(vehicle_id="van-7", time_ms=1_433_678_400_000, lat=30.16, lon=-97.79)


def gpx(content: str) -> str:
    return f"<gpx>{content}</gpx>"


def point(content: str, element: str = "trkpt") -> str:
    return f'<{element} lat="30.16" lon="-97.79">{content}</{element}>'


def read(tmp_path: Path, content: bytes | str, options: Options | None = None) -> Rows:
    return rows_of(written(tmp_path / "van-7.gpx", content), options)


def test_a_point_with_extensions_becomes_a_position(tmp_path: Path) -> None:
    assert read(tmp_path, GARMIN, Options(attributes=("hr", "hdop", "cad"))) == [
        Position(
            vehicle_id="van-7",
            time_ms=1_433_678_400_000,
            lat=30.16,
            lon=-97.79,
            speed_mps=8.25,
            heading_deg=271.5,
            altitude_m=124.0,
            attributes={"hr": "88", "hdop": "0.9"},
        )
    ]


def test_gpx_1_0_has_speed_and_course_beside_the_time(tmp_path: Path) -> None:
    text = gpx(point("<time>2015-06-07T12:00:00.5Z</time><course>90</course><speed>36</speed>"))

    assert read(tmp_path, text, Options(speed_unit=SpeedUnit.KMH)) == [
        Position(
            vehicle_id="van-7",
            time_ms=1_433_678_400_500,
            lat=30.16,
            lon=-97.79,
            speed_mps=10.0,
            heading_deg=90.0,
        )
    ]


@pytest.mark.parametrize(
    "text",
    [
        '<gpx xmlns="urn:x"><trkpt lat="30.16" lon="-97.79"><time>2015-06-07T12:00:00Z</time></trkpt></gpx>',
        '<g:gpx xmlns:g="urn:x"><g:wpt lat="30.16" lon="-97.79"><g:time>2015-06-07T12:00Z</g:time></g:wpt></g:gpx>',
        '<gpx><trkpt lat="30.16" lon="-97.79"><g:time>2015-06-07T12:00:00Z</g:time></trkpt></gpx>',
    ],
    ids=["a default one", "a prefix", "a prefix that nobody declared"],
)
def test_namespaces_do_not_matter(text: str, tmp_path: Path) -> None:
    assert read(tmp_path, text) == [NOON]


def test_a_time_without_an_offset_is_local(tmp_path: Path) -> None:
    text = gpx(point("<time>2015-06-07T08:00:00</time>"))

    assert read(tmp_path, text, Options(zone=ZoneInfo("America/New_York"))) == [NOON]


def test_each_track_and_route_is_a_vehicle_of_its_own_by_its_name(tmp_path: Path) -> None:
    noon = "<time>2015-06-07T12:00:00Z</time>"
    text = gpx(
        point(noon + "<name>Harbour</name>", "wpt")
        + f"<rte><name>ferry</name>{point(noon, 'rtept')}</rte>"
        + f"<trk><name> bus-1 </name><trkseg>{point(noon)}</trkseg></trk>"
        + f"<trk><link><name>no name</name></link><trkseg>{point(noon)}</trkseg></trk>"
        + f"<trk><name>bus-2</name></trk>{point(noon, 'wpt')}"
    )

    assert in_short(read(tmp_path, text)) == ["van-7", "ferry", "bus-1", "van-7", "van-7"]
    assert in_short(read(tmp_path, text, Options(vehicle_id="van-8"))) == ["van-8"] * 5


def test_places_without_a_time_are_no_positions_but_points_of_a_track_should_be(tmp_path: Path) -> None:
    text = gpx(point("", "wpt") + "\n" + point("", "rtept") + "\n" + point("<ele>150</ele>"))

    assert read(tmp_path, text) == [BadRow("line 3", "time is missing")]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('<trkpt lon="1"><time>2015-06-07T12:00:00Z</time></trkpt>', "lat is missing"),
        ('<trkpt lat="30,16" lon="1"><time>0</time></trkpt>', "lat '30,16' is not a number"),
        (point("<time>noon</time>"), "time 'noon' is not a time: ISO 8601, or"),
        (point("<time>0</time><speed>fast</speed>"), "speed 'fast' is not a number"),
        (point("<time>0</time><ele>nan</ele>"), "ele 'nan' is not a number"),
        (f"<trk><name>2015/06/07</name>{point('<time>0</time>')}</trk>", "track '2015/06/07' cannot be a vehicle's id"),
    ],
)
def test_a_point_that_cannot_be_read_is_reported_with_its_line(content: str, problem: str, tmp_path: Path) -> None:
    (row,) = read(tmp_path, gpx("\n\n" + content))

    assert isinstance(row, BadRow)
    assert row.place == "line 3"
    assert row.problem.startswith(problem)


def test_values_that_cannot_be_true_are_kept_for_the_app_to_refuse(tmp_path: Path) -> None:
    text = gpx('<trkpt lat="91" lon="181"><time>1969-12-31T23:59:59Z</time></trkpt>')

    assert read(tmp_path, text) == [Position(vehicle_id="van-7", time_ms=-1_000, lat=91.0, lon=181.0)]


BOMB = (
    '<!DOCTYPE gpx [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True))
    + f"]>{gpx('<name>&i;</name>')}"
)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (BOMB, r"it has a document type declaration .* remove it"),
        ('<!DOCTYPE gpx SYSTEM "file:///etc/passwd"><gpx/>', r"it has a document type declaration"),
        ("<kml/>", r"van-7\.gpx: it is no GPX file: it starts with <kml>"),
        ("", "it is damaged after line 1: no element found"),
        ('<?xml version="1.0" encoding="klingon"?><gpx/>', "it is damaged after line 1: unknown encoding"),
        ('<?xml version="1.0" encoding="gb18030"?><gpx/>', "it is damaged after line 1"),
        ("<gpx>\x00</gpx>", "it is damaged after line 1: not well-formed"),
    ],
)
def test_a_document_that_cannot_be_read_is_said_to_be_so(content: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        read(tmp_path, content)


def test_what_stands_before_the_damage_is_read(tmp_path: Path) -> None:
    path = written(tmp_path / "van-7.gpx", "<gpx>\n" + point("<time>2015-06-07T12:00:00Z</time>") + "\n<trkpt")

    with PositionsFile(path, Options()) as file:
        rows = file.rows()
        assert next(rows) == NOON
        with pytest.raises(InputError, match="it is damaged after line 3"):
            next(rows)


def test_columns_cannot_be_mapped(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--map names columns, and GPX has none"):
        read(tmp_path, GARMIN, Options(mapping={"speed": "v"}))


NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
POSITIONS = st.builds(
    Position,
    vehicle_id=st.sampled_from(["bus 1", "Süd-7"]),
    time_ms=st.integers(0, 4_102_444_800_000),
    lat=NUMBERS,
    lon=NUMBERS,
    speed_mps=st.none() | NUMBERS,
    heading_deg=st.none() | NUMBERS,
    altitude_m=st.none() | NUMBERS,
)


def as_gpx(positions: list[Position], encoding: str) -> bytes:
    """Write each position as a track of its own."""
    root = ET.Element("gpx", xmlns="http://www.topografix.com/GPX/1/1")
    for position in positions:
        track = ET.SubElement(root, "trk")
        ET.SubElement(track, "name").text = position.vehicle_id
        there = {"lat": repr(position.lat), "lon": repr(position.lon)}
        element = ET.SubElement(ET.SubElement(track, "trkseg"), "trkpt", there)
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=position.time_ms)
        ET.SubElement(element, "time").text = moment.isoformat()
        for name, value in (
            ("speed", position.speed_mps),
            ("course", position.heading_deg),
            ("ele", position.altitude_m),
        ):
            ET.SubElement(element, name).text = None if value is None else repr(value)
    document: bytes = ET.tostring(root, encoding=encoding)
    return document


@settings(deadline=None)
@given(st.lists(POSITIONS, max_size=5), st.sampled_from(["utf-8", "utf-16", "iso-8859-1", "us-ascii"]))
def test_a_track_written_by_something_else_is_read_back(positions: list[Position], encoding: str) -> None:
    assert rows_in("day.gpx", as_gpx(positions, encoding)) == positions


TAGS = st.sampled_from(
    [
        *("<gpx>", "</gpx>", "<trk>", "</trk>", "<trkpt>", '<trkpt lat="1" lon="2">', "</trkpt>", "<wpt/>", "<time>"),
        *("</time>", "<name>", "</name>", "<speed>", "</speed>", "<!--", "-->", "<![CDATA[", "]]>", "&amp;", "&b;"),
        *('<?xml version="1.0" encoding="x"?>', "<!DOCTYPE gpx>", "2015-06-07T12:00:00Z", "7", "\n"),
    ]
)


@settings(deadline=None)
@given(st.lists(TAGS | st.text(max_size=3), max_size=40).map("".join))
def test_no_document_is_too_strange_to_be_reported(text: str) -> None:
    rows_or_refusal("day.gpx", b"<gpx>" + text.encode("utf-8", "surrogatepass"))


@settings(deadline=None)
@given(st.binary())
def test_nor_is_what_is_no_document_at_all(content: bytes) -> None:
    assert isinstance(rows_or_refusal("day.gpx", content), InputError)
