"""A demand for the Berlin net: delivery vans on rounds from a depot, and the cars around them.

The net comes without one that holds both. Vans begin and end at the depot, and stand at each of their calls for half a
minute to ten; most park beside the road, some block their lane, and what queues behind them stands too. Cars drive
from place to place and meet red lights and one another. All stays within the part of the net from which every other
place of that part can be reached.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Final
from xml.etree import ElementTree as ET

import msgspec

VANS: Final = 60
CALLS: Final = 12
CARS: Final = 700
CAR_VIAS: Final = 2
DEPART_S: Final = 3600
"""Cars depart within the first hour, vans within the first quarter of it."""

CALL_S: Final = (30, 600)
DEPOT_S: Final = (60, 400)
BLOCKING_SHARE: Final = 0.1
BLOCKING_S: Final = (30, 200)
CURB_M: Final = 8.0

Arcs = Mapping[str, set[str]]


class Lane(msgspec.Struct, frozen=True):
    """Where a vehicle can stand: a lane, and its length."""

    lane_id: str
    length_m: float


class Streets(msgspec.Struct, frozen=True):
    """What one class of vehicle can use: the edges that reach one another, and a lane of each long enough to stop."""

    edges: list[str]
    lanes: dict[str, Lane]


def write_demand(net: Path, to: Path, shortest_lane_m: float, random: Random) -> None:
    """Write the demand as a SUMO route file. Nobody stops or starts on a lane shorter than that."""
    root = ET.parse(net).getroot()  # noqa: S314 - a file of the simulator's own package
    vans, cars = (streets(root, name, shortest_lane_m) for name in ("delivery", "passenger"))
    trips = [*_vans(vans, random), *_cars(cars, random)]
    trips.sort(key=lambda trip: int(trip.attrib["depart"]))
    routes = ET.Element("routes")
    ET.SubElement(routes, "vType", id="van", vClass="delivery", maxSpeed="27", accel="2.2", speedDev="0.1")
    ET.SubElement(routes, "vType", id="car", vClass="passenger", speedDev="0.1")
    routes.extend(trips)
    ET.ElementTree(routes).write(to, encoding="utf-8")


def streets(root: ET.Element, vehicle_class: str, shortest_lane_m: float) -> Streets:
    """Return what a class of vehicle can use of the net."""
    lanes = {}
    for edge in root.iterfind("edge"):
        usable = [lane for lane in edge.iterfind("lane") if _permits(lane, vehicle_class)]
        if usable and edge.get("function") is None:
            lanes[edge.attrib["id"]] = Lane(usable[0].attrib["id"], float(usable[0].attrib["length"]))
    onward, back = defaultdict(set), defaultdict(set)
    for connection in root.iterfind("connection"):
        source, target = connection.attrib["from"], connection.attrib["to"]
        if source in lanes and target in lanes:
            onward[source].add(target)
            back[target].add(source)
    connected = largest_connected(lanes, onward, back)
    long_enough = {edge: lanes[edge] for edge in connected if lanes[edge].length_m >= shortest_lane_m}
    return Streets(sorted(long_enough), long_enough)


def _permits(lane: ET.Element, vehicle_class: str) -> bool:
    if "allow" in lane.attrib:
        return vehicle_class in lane.attrib["allow"].split()
    return vehicle_class not in lane.get("disallow", "").split()


def largest_connected(edges: Iterable[str], onward: Arcs, back: Arcs) -> set[str]:
    """Return the largest set of edges of which each reaches every other."""
    largest: set[str] = set()
    left = set(edges)
    while len(left) > len(largest):
        start = min(left)
        part = _reached(start, onward) & _reached(start, back)
        left -= part
        largest = max(largest, part, key=len)
    return largest


def _reached(start: str, arcs: Arcs) -> set[str]:
    reached, waiting = {start}, [start]
    while waiting:
        fresh = arcs.get(waiting.pop(), set()) - reached
        reached |= fresh
        waiting += fresh
    return reached


def _vans(usable: Streets, random: Random) -> Iterator[ET.Element]:
    depot = random.choice(usable.edges)
    for number in range(VANS):
        depart_s = random.randrange(DEPART_S // 4)
        trip = ET.Element("trip", {"from": depot, "to": depot}, id=f"van{number}", type="van", depart=str(depart_s))
        trip.append(_stop(usable.lanes[depot], random.randint(*DEPOT_S), "true"))
        trip.extend(_call(usable.lanes[edge], random) for edge in random.sample(usable.edges, CALLS))
        trip.append(_stop(usable.lanes[depot], random.randint(*DEPOT_S), "true"))
        yield trip


def _call(lane: Lane, random: Random) -> ET.Element:
    if random.random() < BLOCKING_SHARE:
        return _stop(lane, random.randint(*BLOCKING_S), "false")
    return _stop(lane, random.randint(*CALL_S), "true")


def _stop(lane: Lane, duration_s: int, parking: str) -> ET.Element:
    middle_m = lane.length_m / 2
    return ET.Element(
        "stop",
        lane=lane.lane_id,
        startPos=f"{middle_m - CURB_M:.1f}",
        endPos=f"{middle_m + CURB_M:.1f}",
        duration=str(duration_s),
        parking=parking,
    )


def _cars(usable: Streets, random: Random) -> Iterator[ET.Element]:
    for number in range(CARS):
        start, *vias, end = random.sample(usable.edges, CAR_VIAS + 2)
        places = {"from": start, "to": end, "via": " ".join(vias)}
        yield ET.Element("trip", places, id=f"car{number}", type="car", depart=str(random.randrange(DEPART_S)))
