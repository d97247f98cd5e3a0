"""Record the demo's fleet: vans that deliver in Berlin-Adlershof, and the cars around them, for ninety minutes.

The streets are the net that Eclipse SUMO ships (`tools/game/DRT/osm.net.xml`, from OpenStreetMap); SUMO drives on them.
Run by hand when the recording is to change; the same seed and the same SUMO give the same file:

    python -m venv /tmp/sumo && /tmp/sumo/bin/pip install eclipse-sumo==1.28.0
    apt-get install libx11-6 libxext6 libxrender1 libgl1 libatomic1 libexpat1
    python tools/record_demo.py /tmp/sumo/lib/python3*/site-packages/sumo
"""

import argparse
import itertools
import math
import random
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

import msgspec

from fleet_app.demo.recording import FIX_EVERY_S, Recording, Row, Stop, Track, encode, make_track
from fleet_app.domain.geo import distance_m

ROOT: Final = Path(__file__).parents[1]
TARGET: Final = ROOT / "fleet_app" / "demo" / "recording.msgpack.xz"
NET: Final = Path("tools", "game", "DRT", "osm.net.xml")
MOST_BYTES: Final = 5_000_000
ATTRIBUTION: Final = (
    "Contains information from OpenStreetMap, © OpenStreetMap contributors (https://www.openstreetmap.org/copyright), "
    "made available, as this recording is, under the Open Database License 1.0 "
    "(https://opendatacommons.org/licenses/odbl/1-0/)."
)

WARM_UP_S: Final = 900
"""Simulated before the recording begins, so that it begins on streets with traffic."""
LASTS_S: Final = 5_400
HOME_BY_S: Final = 5_160
"""Every van is back at the depot then, so that longer dwells find room when the recording is played."""

VANS: Final = 27
DEPOT: Final = "-448097237"
"""Merlitzstraße, long enough to park all vans one behind the other."""
DEPOT_SLOT_M: Final = 6.3
LEAVE_WITHIN_S: Final = (10, 420)
CUSTOMERS: Final = (12, 20)
NEXT_OF: Final = 2
"""A van goes to the nearest of so many customers drawn from those left: promises to keep, not the shortest way."""
BACK_AFTER_S: Final = 4_850.0
"""What is left of this after driving at `PLANNED_MPS`, as the crow flies, is shared out among the customers."""
PLANNED_MPS: Final = 4.5
DWELL_SPREAD: Final = 0.5
SHORTEST_DWELL_S: Final = 60

LOCAL_CARS: Final = 600
LOCAL_ERRANDS: Final = (2, 6)
PARKED_S: Final = (60, 300)
PASSING_CARS: Final = 420
FEWEST_ROWS: Final = 12
"""A car that is seen for less than a minute is left out."""

SHORTEST_STREET_M: Final = 30.0
KERB_FREE_M: Final = 8.0
"""Nobody parks nearer than this to a crossing."""
NO_STOPPING: Final = frozenset({"highway.primary"})
FASTEST_MPS: Final = 40.0
MOVING_CMPS: Final = 100
SUMMARY_EVERY_S: Final = 600


STILL_THERE: Final = -1
"""SUMO's word for the end of a stop that has not ended."""


class Street(msgspec.Struct, frozen=True):
    """One direction of a street between two crossings, with a lane that vans and cars may use.

    Attributes:
        edge: Its id in the net.
        name: What people call it.
        kind: OpenStreetMap's class, such as `highway.residential`.
        lane: The rightmost lane open to both.
        length_m: How long that lane is.
        middle: Where it lies, metres in the net's plane.
    """

    edge: str
    name: str
    kind: str
    lane: int
    length_m: float
    middle: tuple[float, float]

    def lane_id(self) -> str:
        """Return the lane's id in the net."""
        return f"{self.edge}_{self.lane}"

    def can_park(self) -> bool:
        """Return whether a vehicle may stand at its kerb."""
        return self.length_m >= SHORTEST_STREET_M and self.kind not in NO_STOPPING


class Net(msgspec.Struct, frozen=True):
    """Streets by edge, and which of them lead into which."""

    streets: Mapping[str, Street]
    ways: Mapping[str, set[str]]


class Call(msgspec.Struct, frozen=True):
    """A stand at a kerb: until `until_s` in simulated time, or for `dwell_s` where that is None."""

    street: Street
    end_m: float
    dwell_s: int
    until_s: int | None = None


class Drive(msgspec.Struct, frozen=True):
    """One vehicle's part in the demand; times are simulated seconds."""

    vehicle_id: str
    kind: str
    departs_s: int
    origin: str
    destination: str
    calls: Sequence[Call]


# The net


def read_net(path: Path) -> Net:
    """Return the streets in SUMO's net file that both vans and cars may use."""
    root = ET.parse(path).getroot()  # noqa: S314 - a file of an installed package
    edges = [edge for edge in root.iter("edge") if edge.get("function") is None]
    streets = {street.edge: street for edge in edges if (street := _street(edge)) is not None}
    open_lanes = {lane.attrib["id"] for edge in edges for lane in edge.iter("lane") if _is_open(lane)}
    ways: dict[str, set[str]] = {edge: set() for edge in streets}
    for link in root.iter("connection"):
        origin, destination = link.attrib["from"], link.attrib["to"]
        if {f"{origin}_{link.attrib['fromLane']}", f"{destination}_{link.attrib['toLane']}"} <= open_lanes:
            ways[origin].add(destination)
    return Net(streets, ways)


def _street(edge: ET.Element) -> Street | None:
    lanes = [lane for lane in edge.iter("lane") if _is_open(lane)]
    if not lanes:
        return None
    shape = [tuple(float(part) for part in point.split(",")) for point in lanes[0].attrib["shape"].split()]
    return Street(
        edge=edge.attrib["id"],
        name=edge.get("name", ""),
        kind=edge.get("type", ""),
        lane=int(lanes[0].attrib["index"]),
        length_m=float(lanes[0].attrib["length"]),
        middle=((shape[0][0] + shape[-1][0]) / 2, (shape[0][1] + shape[-1][1]) / 2),
    )


def _is_open(lane: ET.Element) -> bool:
    classes = {"delivery", "passenger"}
    allowed = lane.get("allow")
    if allowed is not None:
        return allowed == "all" or classes <= set(allowed.split())
    return not classes & set(lane.get("disallow", "").split())


def largest_strongly_connected(ways: Mapping[str, set[str]]) -> set[str]:
    """Return the most edges among which each can be reached from each other one."""
    back: dict[str, set[str]] = defaultdict(set)
    for origin, destinations in ways.items():
        for destination in destinations:
            back[destination].add(origin)
    largest: set[str] = set()
    rest = set(ways)
    while len(rest) > len(largest):
        start = min(rest)
        component = reached(ways, {start}) & reached(back, {start})
        rest -= component
        largest = max(largest, component, key=len)
    return largest


def reached(ways: Mapping[str, set[str]], starts: set[str]) -> set[str]:
    """Return every edge that a way leads to from one of `starts`, these included."""
    found, frontier = set(starts), list(starts)
    while frontier:
        fresh = ways.get(frontier.pop(), set()) - found
        found |= fresh
        frontier.extend(fresh)
    return found


# The demand


def plan_vans(net: Net, chance: random.Random) -> Iterator[Drive]:
    """Yield a tour for each van: from its place at the depot to customers and back to that place."""
    loop = largest_strongly_connected(net.ways)
    customers = [net.streets[edge] for edge in sorted(loop - {DEPOT}) if net.streets[edge].can_park()]
    depot = net.streets[DEPOT]
    for number in range(1, VANS + 1):
        place_m = depot.length_m - KERB_FREE_M - DEPOT_SLOT_M * (VANS - number)
        leaves_s = chance.randint(*LEAVE_WITHIN_S)
        calls = plan_tour(depot, customers, leaves_s, chance)
        yield Drive(
            vehicle_id=f"van-{number:02}",
            kind="van",
            departs_s=number * (WARM_UP_S // 2) // VANS,
            origin=DEPOT,
            destination=DEPOT,
            calls=[
                Call(depot, place_m, leaves_s, WARM_UP_S + leaves_s),
                *calls,
                Call(depot, place_m, LASTS_S, WARM_UP_S + LASTS_S),
            ],
        )


def plan_tour(depot: Street, customers: Sequence[Street], leaves_s: int, chance: random.Random) -> list[Call]:
    """Return calls on some customers that fill the time between leaving and being back."""
    tour = choose_customers(depot, customers, chance)
    way = [depot, *tour, depot]
    driven_m = sum(math.dist(here.middle, there.middle) for here, there in itertools.pairwise(way))
    dwelt_s = BACK_AFTER_S - leaves_s - driven_m / PLANNED_MPS
    shares = [chance.lognormvariate(0.0, DWELL_SPREAD) for _ in tour]
    dwells_s = [max(SHORTEST_DWELL_S, round(dwelt_s * share / sum(shares))) for share in shares]
    return [Call(street, _kerb_m(street, chance), dwell_s) for street, dwell_s in zip(tour, dwells_s, strict=True)]


def choose_customers(depot: Street, customers: Sequence[Street], chance: random.Random) -> list[Street]:
    """Return customers in the order of the visits."""
    left = chance.sample(customers, chance.randint(*CUSTOMERS))
    tour = [depot]
    while left:
        here = tour[-1].middle
        drawn = chance.sample(left, min(NEXT_OF, len(left)))
        nearest = min(drawn, key=lambda street: math.dist(here, street.middle))
        left.remove(nearest)
        tour.append(nearest)
    return tour[1:]


def _kerb_m(street: Street, chance: random.Random) -> float:
    return round(chance.uniform(2 * KERB_FREE_M, street.length_m - KERB_FREE_M), 1)


def plan_cars(net: Net, chance: random.Random) -> Iterator[Drive]:
    """Yield cars on errands between kerbs, and cars that pass through."""
    loop = largest_strongly_connected(net.ways)
    kerbs = [net.streets[edge] for edge in sorted(loop) if net.streets[edge].can_park()]
    for number in range(LOCAL_CARS):
        stops = chance.sample(kerbs, chance.randint(*LOCAL_ERRANDS) + 2)
        calls = [Call(street, _kerb_m(street, chance), chance.randint(*PARKED_S)) for street in stops[1:-1]]
        yield Drive(f"local-{number}", "car", _any_time_s(chance), stops[0].edge, stops[-1].edge, calls)
    entries = sorted(set(net.ways) - set().union(*net.ways.values()))
    exits = sorted(edge for edge, ways in net.ways.items() if not ways)
    passages = [
        (entry, end)
        for entry, end in itertools.product(entries, exits)
        if end in reached(net.ways, {entry}) and net.streets[entry].name != net.streets[end].name
    ]
    for number in range(PASSING_CARS):
        entry, end = chance.choice(passages)
        yield Drive(f"passing-{number}", "car", _any_time_s(chance), entry, end, [])


def _any_time_s(chance: random.Random) -> int:
    return chance.randrange(WARM_UP_S + LASTS_S)


def demand_xml(drives: Sequence[Drive]) -> bytes:
    """Return SUMO's route file."""
    routes = ET.Element("routes")
    ET.SubElement(routes, "vType", id="van", vClass="delivery", accel="1.8", decel="3.0", maxSpeed="27")
    ET.SubElement(routes, "vType", id="car", vClass="passenger", accel="2.2", decel="3.5")
    for drive in sorted(drives, key=lambda drive: drive.departs_s):
        trip = {"id": drive.vehicle_id, "type": drive.kind, "depart": str(drive.departs_s)}
        trip |= {"from": drive.origin, "to": drive.destination}
        trip |= {"departPos": "stop"} if drive.kind == "van" else {}
        trip |= {} if drive.calls else {"departSpeed": "max"}
        element = ET.SubElement(routes, "trip", trip)
        for call in drive.calls:
            ET.SubElement(element, "stop", _stop(call))
    return ET.tostring(routes)


def _stop(call: Call) -> dict[str, str]:
    lasting = {"duration": str(call.dwell_s)} if call.until_s is None else {"until": str(call.until_s)}
    return {"lane": call.street.lane_id(), "endPos": str(round(call.end_m, 1)), "parking": "true", **lasting}


# The simulation


def simulate(sumo_home: Path, net: Path, demand: Path, folder: Path, seed: int) -> None:
    """Drive; leaves `fcd.xml` (everybody, every second) and `stops.xml` in `folder`."""
    subprocess.run(  # noqa: S603 - the program that the caller named
        [
            sumo_home / "bin" / "sumo",
            *("--net-file", net, "--route-files", demand, "--seed", str(seed)),
            *("--begin", "0", "--end", str(WARM_UP_S + LASTS_S), "--step-length", "1"),
            *("--time-to-teleport", "-1", "--collision.action", "warn", "--no-step-log", "--xml-validation", "never"),
            *("--device.rerouting.probability", "0.5", "--device.rerouting.period", "60"),
            *("--fcd-output", folder / "fcd.xml", "--fcd-output.geo", "--fcd-output.attributes", "x,y,angle,speed"),
            *("--precision.geo", "7", "--stop-output", folder / "stops.xml", "--stop-output.write-unfinished"),
        ],
        check=True,
        env={"SUMO_HOME": str(sumo_home), "PROJ_LIB": str(sumo_home / "data" / "proj")},
    )


def sumo_version(sumo_home: Path) -> str:
    """Return the version that the program itself states."""
    said = subprocess.run(  # noqa: S603 - the program that the caller named
        [sumo_home / "bin" / "sumo", "--version"], check=True, capture_output=True, text=True
    ).stdout
    found = re.search(r"\d+\.\d+\.\d+", said)
    return found[0] if found else "of unknown version"


def read_samples(fcd: Path) -> dict[str, tuple[int, list[Row]]]:
    """Return for each vehicle when its first row is, in recorded time, and a row every `FIX_EVERY_S` from then on."""
    samples: dict[str, tuple[int, list[Row]]] = {}
    for _, element in ET.iterparse(fcd):  # noqa: S314 - just written by SUMO
        if element.tag != "timestep":
            continue
        now_s = round(float(element.attrib["time"])) - WARM_UP_S
        for vehicle in element if 0 <= now_s < LASTS_S else ():
            name = vehicle.attrib["id"]
            if name not in samples and now_s % FIX_EVERY_S != phase_s(name):
                continue
            begins_s, rows = samples.setdefault(name, (now_s, []))
            if (now_s - begins_s) % FIX_EVERY_S == 0:
                rows.append(_row(vehicle))
        element.clear()
    return samples


def phase_s(name: str) -> int:
    """Return the second of every five at which a vehicle reports, so that they take turns."""
    return sum(name.encode()) % FIX_EVERY_S


def _row(vehicle: ET.Element) -> Row:
    told = vehicle.attrib
    return Row(float(told["y"]), float(told["x"]), float(told["speed"]), round(float(told["angle"])) % 360)


def read_stops(path: Path) -> dict[str, list[range]]:
    """Return for each vehicle, in order, the seconds of recorded time that it stood at a kerb."""
    stops: dict[str, list[range]] = defaultdict(list)
    for stop in ET.parse(path).getroot():  # noqa: S314 - just written by SUMO
        began_s, ended_s = (round(float(stop.attrib[name])) for name in ("started", "ended"))
        until_s = ended_s - WARM_UP_S if ended_s != STILL_THERE else LASTS_S
        stops[stop.attrib["id"]].append(range(began_s - WARM_UP_S, until_s))
    return {name: sorted(spans, key=lambda span: span.start) for name, spans in stops.items()}


# The recording


def tracks_of(
    drives: Sequence[Drive], samples: Mapping[str, tuple[int, list[Row]]], stops: Mapping[str, list[range]]
) -> list[Track]:
    """Return the tracks of those drives that were seen for long enough, in the order of their first rows."""
    seen = [
        drive for drive in drives if drive.vehicle_id in samples and len(samples[drive.vehicle_id][1]) > FEWEST_ROWS
    ]
    seen.sort(key=lambda drive: samples[drive.vehicle_id][0])
    return [track_of(drive, *samples[drive.vehicle_id], stops.get(drive.vehicle_id, [])) for drive in seen]


def track_of(drive: Drive, begins_s: int, rows: Sequence[Row], spans: Sequence[range]) -> Track:
    """Return one track; of its stops those that lie in it."""
    stops = [
        _stop_in(call, begins_s, len(rows), span)
        # A car may not have reached its last calls.
        for call, span in zip(drive.calls, spans, strict=False)
    ]
    return make_track(drive.vehicle_id, begins_s, [stop for stop in stops if stop.rows > 0], rows)


def _stop_in(call: Call, begins_s: int, rows: int, span: range) -> Stop:
    first, after = (min(max(-((begins_s - moment_s) // FIX_EVERY_S), 0), rows) for moment_s in (span.start, span.stop))
    return Stop(call.street.name, call.dwell_s, first, after - first)


def check(recording: Recording) -> None:
    """End the program if a vehicle jumps or a van is late; another seed may do better."""
    fastest = max((fastest_mps(track), track.vehicle_id) for track in (*recording.vans, *recording.cars))
    if fastest[0] > FASTEST_MPS:
        sys.exit(f"{fastest[1]} jumps at {fastest[0]:.0f} m/s: choose another --seed")
    late = [van.vehicle_id for van in recording.vans if home_s(van) > HOME_BY_S]
    if late or len(recording.vans) != VANS:
        sys.exit(f"{len(recording.vans)} vans, not home by {HOME_BY_S} s: {late}: choose another --seed")


def fastest_mps(track: Track) -> float:
    """Return the highest speed from one row to the next."""
    return max(_apart_m(here, there) for here, there in itertools.pairwise(track.rows())) / FIX_EVERY_S


def _apart_m(here: Row, there: Row) -> float:
    return distance_m(here.lat, here.lon, there.lat, there.lon)


def home_s(van: Track) -> int:
    """Return when a van is back, in recorded time."""
    return van.begins_s + van.stops[-1].first_row * FIX_EVERY_S


def summary(recording: Recording, size: int) -> str:
    """Return what was recorded, for people."""
    tracks = (*recording.vans, *recording.cars)
    dwells_s = sorted(stop.rows * FIX_EVERY_S for van in recording.vans for stop in van.stops[1:-1])
    lines = [
        f"{size:,} bytes, {sum(len(track.speeds_cmps) for track in tracks):,} rows; {recording.made_with}",
        f"{len(recording.vans)} vans, all home by {max(map(home_s, recording.vans))} s",
        f"{len(dwells_s)} deliveries of {dwells_s[0]} to {dwells_s[-1]} s, median {dwells_s[len(dwells_s) // 2]} s",
        f"{len(recording.cars)} cars; the fastest step is {max(map(fastest_mps, tracks)):.1f} m/s",
        "minute: vans moving, cars seen, cars moving",
    ]
    for start_s in range(0, LASTS_S, SUMMARY_EVERY_S):
        _, vans = count_at(recording.vans, start_s)
        cars = count_at(recording.cars, start_s)
        lines.append(f"{start_s // 60:6}: {vans:3} {cars[0]:4} {cars[1]:4}")
    return "\n".join(lines)


def count_at(tracks: Sequence[Track], moment_s: int) -> tuple[int, int]:
    """Return how many vehicles were there at a moment, and how many of them moved."""
    rows = [(track, (moment_s + FIX_EVERY_S - 1 - track.begins_s) // FIX_EVERY_S) for track in tracks]
    speeds_cmps = [track.speeds_cmps[row] for track, row in rows if 0 <= row < len(track.speeds_cmps)]
    return len(speeds_cmps), sum(speed_cmps > MOVING_CMPS for speed_cmps in speeds_cmps)


def record(sumo_home: Path, seed: int) -> Recording:
    """Plan, drive and return the recording; it follows from SUMO's version and the seed."""
    chance = random.Random(seed)  # noqa: S311 - repeatable is what it must be, not secret
    net_file = sumo_home / NET
    net = read_net(net_file)
    vans, cars = list(plan_vans(net, chance)), list(plan_cars(net, chance))
    with tempfile.TemporaryDirectory(prefix="record-demo-") as name:
        folder = Path(name)
        demand = folder / "demand.rou.xml"
        demand.write_bytes(demand_xml([*vans, *cars]))
        simulate(sumo_home, net_file, demand, folder, seed)
        samples, stops = read_samples(folder / "fcd.xml"), read_stops(folder / "stops.xml")
    return Recording(
        attribution=ATTRIBUTION,
        made_with=f"Eclipse SUMO {sumo_version(sumo_home)}, seed {seed}",
        lasts_s=LASTS_S,
        vans=tuple(sorted(tracks_of(vans, samples, stops), key=lambda van: van.vehicle_id)),
        cars=tuple(
            msgspec.structs.replace(car, vehicle_id=f"car-{number:04}")
            for number, car in enumerate(tracks_of(cars, samples, stops), start=1)
        ),
    )


def main() -> None:
    """Write the recording and say what is in it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sumo_home", type=Path, help="SUMO's folder, with bin/ and tools/ in it")
    parser.add_argument("--seed", type=int, default=2, help="another one gives another day (default: %(default)s)")
    asked = parser.parse_args()
    recording = record(asked.sumo_home, asked.seed)
    check(recording)
    file = encode(recording)
    if len(file) > MOST_BYTES:
        sys.exit(f"{len(file):,} bytes are more than {MOST_BYTES:,}: record fewer cars")
    TARGET.write_bytes(file)
    print(summary(recording, len(file)))


if __name__ == "__main__":
    main()
