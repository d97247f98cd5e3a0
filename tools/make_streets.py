"""Write the streets that the dashboard draws where nobody has given it another base map: those of the bundled demo.

They are those of the net that the demo was recorded on (`record_demo.py` says how to get it). Run by hand, with the
folder of the SUMO package or with another net file of SUMO; the same net gives the same file:

    python tools/make_streets.py /tmp/sumo/lib/python3*/site-packages/sumo/tools/game/DRT/osm.net.xml
"""

import argparse
import json
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

ROOT: Final = Path(__file__).parents[1]
TARGET: Final = ROOT / "fleet_app" / "web" / "dashboard" / "assets" / "streets.json"
MOST_BYTES: Final = 150_000
ATTRIBUTION: Final = "© OpenStreetMap contributors, ODbL 1.0, https://www.openstreetmap.org/copyright"

CLASSES: Final = {
    "highway.primary": "major",
    "highway.secondary": "major",
    "highway.tertiary": "medium",
    "highway.unclassified": "minor",
    "highway.residential": "minor",
    "highway.living_street": "minor",
    "highway.service": "service",
    "highway.service|railway.tram": "service",
    "highway.footway": "path",
    "highway.path": "path",
    "highway.steps": "path",
    "highway.track": "path",
    "railway.tram": "rail",
    "railway.light_rail": "rail",
    "railway.rail": "rail",
}
"""What a kind of street is drawn as."""

TOLERANCE_M: Final = 0.7
"""A bend flatter than this is left out: less than a pixel at the nearest zoom that streets are looked at."""
SHORTEST_GAP_M: Final = 1.0
DECIMALS: Final = 6
"""Of a degree: a tenth of a metre."""

_UTM: Final = re.compile(r"\+proj=utm \+zone=(\d+) \+ellps=WGS84")
_UTM_SCALE: Final = 0.9996
_UTM_FALSE_EAST_M: Final = 500_000.0
_EQUATOR_M: Final = 6_378_137.0
_FLATTENING: Final = 1 / 298.257223563

Point = tuple[float, float]
Line = tuple[Point, ...]
Street = tuple[str, str]
"""Its class and its name; the name may be empty."""


def main() -> None:
    """Write the file, or say why the net is no good."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("net", type=Path, help="a net file of SUMO, made from OpenStreetMap")
    text = streets_of(parser.parse_args().net)
    if len(text.encode()) > MOST_BYTES:
        raise SystemExit(f"{len(text.encode()):,} bytes of streets; at most {MOST_BYTES:,}: take a smaller net")
    TARGET.write_text(text, encoding="utf-8")
    print(f"{TARGET.relative_to(ROOT)}: {len(text.encode()):,} bytes")


def streets_of(path: Path) -> str:
    """Return the streets of a net as GeoJSON: for each class and name one feature, its lines as long as they get.

    Raises:
        SystemExit: The net is not in UTM.
    """
    root = ET.parse(path).getroot()  # noqa: S314 - a file of an installed package
    place = _Projection(root.find("location"))
    lines: defaultdict[Street, set[Line]] = defaultdict(set)
    for street, line in _centre_lines(root):
        lines[street].add(min(line, line[::-1]))
    features = [
        {
            "type": "Feature",
            "properties": {"class": kind, "name": name} if name else {"class": kind},
            "geometry": {
                "type": "MultiLineString",
                "coordinates": [[place.lon_lat(point) for point in simplified(line)] for line in joined(found)],
            },
        }
        for (kind, name), found in sorted(lines.items())
    ]
    collection = {"type": "FeatureCollection", "attribution": ATTRIBUTION, "features": features}
    return json.dumps(collection, ensure_ascii=False, separators=(",", ":")) + "\n"


def _centre_lines(root: ET.Element) -> Iterable[tuple[Street, Line]]:
    junctions = {
        node.attrib["id"]: (float(node.attrib["x"]), float(node.attrib["y"])) for node in root.iter("junction")
    }
    edges: dict[str, tuple[Street, Line]] = {}
    for edge in root.iter("edge"):
        kind = CLASSES.get(edge.get("type", ""))
        if edge.get("function") is not None or kind is None:
            continue
        # An edge without a shape of its own goes straight from junction to junction.
        straight = (junctions[edge.attrib["from"]], junctions[edge.attrib["to"]])
        shape = tuple(_point(point) for point in edge.get("shape", "").split()) or straight
        edges[edge.attrib["id"]] = (kind, edge.get("name", "")), shape
    return [*edges.values(), *_across_junctions(root, edges)]


def _across_junctions(root: ET.Element, edges: Mapping[str, tuple[Street, Line]]) -> Iterable[tuple[Street, Line]]:
    """Yield what leads straight on where a street ends before a wide junction and goes on behind it."""
    for link in root.iter("connection"):
        before, after = edges.get(link.attrib["from"]), edges.get(link.attrib["to"])
        if link.get("dir") != "s" or before is None or after is None or before[0][0] != after[0][0]:
            continue
        gap = (before[1][-1], after[1][0])
        if math.dist(*gap) >= SHORTEST_GAP_M:
            yield before[0] if before[0] == after[0] else (before[0][0], ""), gap


def _point(text: str) -> Point:
    x, y = text.split(",")[:2]
    return float(x), float(y)


def joined(lines: Iterable[Line]) -> list[Line]:
    """Return lines put end to end where exactly two meet: long lines have room for a name."""
    rest = sorted(lines)
    chains: list[Line] = []
    while rest:
        chain = rest.pop(0)
        while (found := _next_of(chain, rest)) is not None:
            chain, used = found
            rest.remove(used)
        chains.append(chain)
    return chains


def _next_of(chain: Line, rest: Sequence[Line]) -> tuple[Line, Line] | None:
    """Return the chain grown by one line at one of its ends, and that line."""
    if chain[0] == chain[-1]:
        return None
    if (line := _only_one_at(chain[-1], rest)) is not None:
        return chain + _from(chain[-1], line)[1:], line
    if (line := _only_one_at(chain[0], rest)) is not None:
        return _from(chain[0], line)[:0:-1] + chain, line
    return None


def _only_one_at(end: Point, lines: Sequence[Line]) -> Line | None:
    meeting = [line for line in lines if end in {line[0], line[-1]}]
    return meeting[0] if len(meeting) == 1 else None


def _from(end: Point, line: Line) -> Line:
    return line if line[0] == end else line[::-1]


def simplified(line: Line) -> Line:
    """Return a line without the bends that nobody sees (Douglas and Peucker, 1973)."""
    first, last = line[0], line[-1]
    middle = range(1, len(line) - 1)
    farthest = max(middle, key=lambda index: _off_m(line[index], first, last), default=0)
    if farthest == 0 or _off_m(line[farthest], first, last) <= TOLERANCE_M:
        return first, last
    return simplified(line[: farthest + 1])[:-1] + simplified(line[farthest:])


def _off_m(point: Point, first: Point, last: Point) -> float:
    along = (last[0] - first[0], last[1] - first[1])
    length_m = math.hypot(*along)
    if length_m == 0:
        return math.dist(point, first)
    share = ((point[0] - first[0]) * along[0] + (point[1] - first[1]) * along[1]) / length_m**2
    held = min(max(share, 0.0), 1.0)
    return math.dist(point, (first[0] + held * along[0], first[1] + held * along[1]))


class _Projection:
    """From metres of a net in UTM, north of the equator, to degrees (Krüger, 1912; to the third order, millimetres)."""

    def __init__(self, location: ET.Element | None) -> None:
        told = "" if location is None else location.get("projParameter", "")
        zone = _UTM.match(told)
        if location is None or zone is None:
            raise SystemExit(f"the net's projection is {told!r}; only UTM on WGS 84 is understood")
        self._meridian_deg = int(zone[1]) * 6 - 183
        self._offset = _point(location.attrib["netOffset"])
        n = _FLATTENING / (2 - _FLATTENING)
        self._radius_m = _EQUATOR_M / (1 + n) * (1 + n**2 / 4 + n**4 / 64)
        self._beta = (
            n / 2 - 2 / 3 * n**2 + 37 / 96 * n**3,
            n**2 / 48 + n**3 / 15,
            17 / 480 * n**3,
        )
        self._delta = (
            2 * n - 2 / 3 * n**2 - 2 * n**3,
            7 / 3 * n**2 - 8 / 5 * n**3,
            56 / 15 * n**3,
        )

    def lon_lat(self, point: Point) -> tuple[float, float]:
        """Return a point of the net as longitude and latitude, rounded."""
        scale_m = _UTM_SCALE * self._radius_m
        north = (point[1] - self._offset[1]) / scale_m
        east = (point[0] - self._offset[0] - _UTM_FALSE_EAST_M) / scale_m
        terms = [(2 * order, beta) for order, beta in enumerate(self._beta, start=1)]
        xi = north - sum(beta * math.sin(k * north) * math.cosh(k * east) for k, beta in terms)
        eta = east - sum(beta * math.cos(k * north) * math.sinh(k * east) for k, beta in terms)
        chi = math.asin(math.sin(xi) / math.cosh(eta))
        lat = chi + sum(delta * math.sin(2 * order * chi) for order, delta in enumerate(self._delta, start=1))
        lon_deg = self._meridian_deg + math.degrees(math.atan2(math.sinh(eta), math.cos(xi)))
        return round(lon_deg, DECIMALS), round(math.degrees(lat), DECIMALS)


if __name__ == "__main__":
    main()
