"""Whether every position of a fleet is where it must be after a run: accepted, refused or waiting, and told once.

What must come out is worked out from what was sent. Of what came out, the topics are read as any other program would
read them, and the tables by their own decoders.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from fleet_app import topics
from fleet_app.bench.drives import Kind, Reported
from fleet_app.bench.load import vehicle_id
from fleet_app.bench.readback import read_each, read_folded, reader
from fleet_app.domain.edges import Size
from fleet_app.domain.panes import Pane
from fleet_app.domain.vehicle import OpenTrack, Vehicle
from fleet_app.stream.keys import RowKey
from fleet_app.stream.naming import changelog_name
from tables.open_tracks import OPEN_TRACKS
from tables.vehicles import VEHICLES
from tables.windows_1m import WINDOWS_1M

_SHOWN: Final = 3


class ToldFix(msgspec.Struct, frozen=True, gc=False):
    """What counts of a record of `fleet.fixes`."""

    vehicle_id: str
    time_ms: int


class ToldRefusal(msgspec.Struct, frozen=True, gc=False):
    """What counts of a record of `fleet.rejected`."""

    vehicle_id: str


class ToldWindow(msgspec.Struct, frozen=True, gc=False):
    """What counts of a record of `fleet.windows`."""

    vehicle_id: str
    size: Size
    start_ms: int
    fixes: int


class Sent:
    """Takes in what is sent.

    Attributes:
        true_ms: Of each vehicle, the event times of its true fixes.
        records: How many positions each vehicle has sent.
    """

    def __init__(self, vehicles: int) -> None:
        self.true_ms = [array("q") for _ in range(vehicles)]
        self.records = [0] * vehicles

    def watch(self, load: Iterable[Reported]) -> Iterator[Reported]:
        """Pass the load on, remembering it."""
        for reported in load:
            self.records[reported.vehicle] += 1
            if reported.kind is Kind.TRUE:
                self.true_ms[reported.vehicle].append(reported.time_ms)
            yield reported


class Left(NamedTuple):
    """What a run has left.

    Attributes:
        vehicles: Table `vehicles`.
        tracks: Table `open_tracks`.
        minutes: Table `windows_1m`.
        fixes: Event times on `fleet.fixes` by vehicle, in the order of the topic.
        refused: How many records `fleet.rejected` has of each vehicle.
        windows: Fixes of the minutes on `fleet.windows`, the newest of each.
    """

    vehicles: Mapping[str, Vehicle]
    tracks: Mapping[str, OpenTrack]
    minutes: Mapping[RowKey, Pane]
    fixes: Mapping[str, Sequence[int]]
    refused: Mapping[str, int]
    windows: Mapping[RowKey, int]


async def read_left(broker: str, app_id: str, since_ms: int) -> Left:
    """Return what a run has left; of the outputs, what was appended at `since_ms`, ms since 1970, or later."""
    fixes: defaultdict[str, array[int]] = defaultdict(lambda: array("q"))
    refused: Counter[str] = Counter()
    windows: dict[RowKey, int] = {}
    decode_fix = msgspec.json.Decoder(ToldFix).decode
    decode_refusal = msgspec.json.Decoder(ToldRefusal).decode
    decode_window = msgspec.json.Decoder(ToldWindow).decode

    def take_fix(value: bytes) -> None:
        fix = decode_fix(value)
        fixes[fix.vehicle_id].append(fix.time_ms)

    def take_refusal(value: bytes) -> None:
        refused[decode_refusal(value).vehicle_id] += 1

    def take_window(value: bytes) -> None:
        window = decode_window(value)
        if window.size is Size.MINUTE:
            windows[window.vehicle_id, window.start_ms] = window.fixes

    async with reader(broker) as consumer:
        await read_each(consumer, topics.FIXES.name, since_ms, take_fix)
        await read_each(consumer, topics.REJECTED.name, since_ms, take_refusal)
        await read_each(consumer, topics.WINDOWS.name, since_ms, take_window)
        vehicles = await read_folded(consumer, changelog_name(app_id, VEHICLES.name))
        tracks = await read_folded(consumer, changelog_name(app_id, OPEN_TRACKS.name))
        minutes = await read_folded(consumer, changelog_name(app_id, WINDOWS_1M.name))
    return Left(
        vehicles={key.decode(): VEHICLES.decode(value) for key, value in vehicles.items()},
        tracks={key.decode(): OPEN_TRACKS.decode(value) for key, value in tracks.items()},
        minutes={WINDOWS_1M.keys.decode(key): WINDOWS_1M.decode(value) for key, value in minutes.items()},
        fixes=fixes,
        refused=refused,
        windows=windows,
    )


def audit(sent: Sent, left: Left) -> list[str]:
    """Return what is wrong, in sentences, the first few vehicles of each kind; nothing if all is right."""
    wrong: defaultdict[str, list[str]] = defaultdict(list)
    minutes = _fixes_by_vehicle(left.minutes)
    for number, records in enumerate(sent.records):
        name = vehicle_id(number)
        for what in _wrong_with(name, records, sent.true_ms[number], left, minutes[name]):
            wrong[what].append(name)
    said = [f"{what}: {len(names)} vehicles, such as {', '.join(names[:_SHOWN])}" for what, names in wrong.items()]
    stored = {key: pane.sums.fixes for key, pane in left.minutes.items()}
    if stored != left.windows:
        said.append(f"{len(stored.items() ^ left.windows.items())} minutes are stored and not told so, or told only")
    return said


def _fixes_by_vehicle(minutes: Mapping[RowKey, Pane]) -> defaultdict[str, dict[int, int]]:
    by_vehicle: defaultdict[str, dict[int, int]] = defaultdict(dict)
    for (name, start_ms), pane in minutes.items():
        by_vehicle[name][start_ms] = pane.sums.fixes
    return by_vehicle


def _wrong_with(
    name: str, records: int, true_ms: Sequence[int], left: Left, minutes: Mapping[int, int]
) -> Iterator[str]:
    vehicle, track = left.vehicles.get(name), left.tracks.get(name)
    if vehicle is None or track is None or vehicle.course is None:
        yield "not in the tables"
        return
    refused = sum(vehicle.refused.values())
    waiting_ms = {waiting.fix.time_ms for waiting in track.buffer}
    if vehicle.accepted + refused + vehicle.late + len(track.buffer) != records:
        yield "positions are neither accepted nor refused nor waiting"
    # A position that is astray may wait, too; it has a time of its own.
    if list(left.fixes.get(name, ())) != [time_ms for time_ms in true_ms if time_ms not in waiting_ms]:
        yield "fleet.fixes has not exactly the true fixes, in order"
    if vehicle.accepted != len(left.fixes.get(name, ())):
        yield "other fixes are counted than told"
    if refused != left.refused.get(name, 0):
        yield "other refusals are counted than told"
    panes = vehicle.course.panes
    closed = sum(fixes for start_ms, fixes in minutes.items() if start_ms < panes.minute.start_ms)
    if closed != panes.minute.at_start.fixes:
        yield "closed minutes do not add up"
