"""What the fleet's vehicles send: scripted drives whose every outcome is plain, and the dirt that goes with them.

Time runs faster than the clock: records are stamped with the receive times of a fleet that sends four records a second,
so that a run of seconds holds the better part of an hour, with silences, trips and closed hours in it.

Vehicles drive north along meridians of their own, from one place to the next, and stand: their fixes lie exactly at a
place, and places lie further apart than any radius that decides whether a vehicle has moved, so that what must come of
them can be worked out by hand. A fix comes in every slot of six seconds, but for those that get lost.

Meanwhile geofences and profiles change, and a few vehicles are forgotten, to begin anew with their next fix.
"""

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any, Final, NamedTuple

from aiokafka.partitioner import murmur2

from tests.reliability.campaign.fleet_dispatcher import Dispatcher, Whereabouts
from tests.reliability.campaign.subject import Sending

POSITIONS: Final = "fleet.positions"
PARTITIONS: Final = 4
FIRST_MS: Final = 1_700_000_000_000

FORGET: Final = "fleet-forget"
"""Marks a record that forgets its vehicle."""

_VEHICLES: Final = 80
_ACTIVE: Final = 30
_RECORDS_PER_STEP: Final = 60
_RECORD_MS: Final = 250
_POSITIONS_PER_GEOFENCE: Final = 23
_POSITIONS_PER_PROFILE: Final = 59
_POSITIONS_PER_FORGETTING: Final = 907
_SLOT_MS: Final = 6_000
_PLACE_DEG: Final = 0.00066
"""73 m: 12 m/s, from slot to slot."""
_BACK_SLOTS: Final = 20
_LONG_BACK_SLOTS: Final = 200
_AHEAD_MS: Final = 50 * 60_000
"""As far as Kafka lets a sender be ahead of its clock, and ten minutes less."""
_TRIES: Final = 8
"""So many vehicles are asked for one that has something new to send."""
_HOME_OF_STRANGERS: Final = 3
"""Records that are sent on are stamped with the clock of the day, years after the tape. Only one partition may see them
for the others to live by the tape's time; in that one, whatever waits for time to pass comes at once."""
_NOT_THEIR_HOME: Final = 0
_NOT_REPEATED: Final = ("stray", "astray")
"""What is refused anyway; and what would come home as the repeat, years late: that is a clock gone wrong."""

Value = dict[str, Any]


def home_of(key: bytes) -> int:
    """Return the partition where Kafka's default partitioner puts a key."""
    home: int = (murmur2(key) & 0x7FFFFFFF) % PARTITIONS
    return home


class Script(NamedTuple):
    """How a vehicle drives: for so many slots, then it stands for so many; and what its device tells."""

    driving: int = 25
    standing: int = 30
    places_per_slot: int = 1
    tells_speed: bool = False
    ignition_at_rest: bool | None = None
    alarm: str | None = None
    is_often_late: bool = False

    def places(self, slot: int) -> int:
        """Return how many places it has gone on by a slot."""
        cycles, rest = divmod(slot, self.driving + self.standing)
        return (cycles * self.driving + min(rest, self.driving)) * self.places_per_slot


_PARKED: Final = Script(driving=0, standing=1, ignition_at_rest=False)
_SCRIPTS: Final = (
    Script(),
    Script(tells_speed=True),
    Script(tells_speed=True, ignition_at_rest=True),
    Script(ignition_at_rest=False),
    _PARKED,
    Script(driving=10, standing=8),
    Script(places_per_slot=4, tells_speed=True),
    Script(alarm="hardBraking"),
    Script(is_often_late=True),
    Script(tells_speed=True, is_often_late=True),
)
"""The seventh drives 48 m/s: too fast for a van, and just not impossible."""


class Van:
    """A vehicle: its script, and the slots that it has sent."""

    def __init__(self, number: int) -> None:
        self.name = f"v-{number}"
        self.script = _SCRIPTS[number % len(_SCRIPTS)]
        self.sent: dict[int, str] = {}
        self.first_slot = 0
        self._lon = number / 10
        self._phase_ms = number * 37 % _SLOT_MS
        self._ahead = number * 11

    @property
    def is_of_strangers(self) -> bool:
        """Whether its partition is the one that records are sent on to."""
        return home_of(self.name.encode()) == _HOME_OF_STRANGERS

    def slot(self, now_ms: int) -> int:
        """Return the newest slot that is over."""
        return (now_ms - FIRST_MS - self._phase_ms) // _SLOT_MS

    def forget(self, now_ms: int) -> None:
        """Send nothing any more of what was before."""
        self.sent.clear()
        self.first_slot = self.slot(now_ms) + 1

    def value(self, slot: int) -> Value:
        """Return what it sends of a slot."""
        script, turn = self.script, slot + self._ahead
        places = script.places(turn)
        moved = places - script.places(turn - 1)
        value: Value = {
            "vehicle_id": self.name,
            "time_ms": FIRST_MS + slot * _SLOT_MS + self._phase_ms,
            "lat": round(10 + places * _PLACE_DEG, 6),
            "lon": self._lon,
        }
        if script.tells_speed:
            value["speed_mps"] = 12.0 * moved
        if script.ignition_at_rest is not None:
            value["ignition"] = moved > 0 or script.ignition_at_rest
        if script.alarm is not None and turn % 10 == 0:
            value["attributes"] = {"alarm": script.alarm}
        return value


class Turn(NamedTuple):
    """Whose turn it is to send, its newest slot, and chance."""

    van: Van
    slot: int
    chance: random.Random


def tape(seed: int) -> Iterator[Sending]:
    """Yield positions and, in between, what changes meanwhile."""
    vans = [Van(number) for number in range(_VEHICLES)]
    now_ms = FIRST_MS

    def whereabouts(number: int) -> Whereabouts:
        van = vans[(_first_active(now_ms) + number) % _VEHICLES]
        value = van.value(max(0, van.slot(now_ms)))
        return Whereabouts(van.name, value["lat"], value["lon"])

    # What is on its way to its home when its vehicle is forgotten would come from before that.
    forgettable = [van for van in vans[:: _VEHICLES // 10] if not van.is_of_strangers]
    dispatcher = Dispatcher(random.Random(f"dispatcher {seed}"), _ACTIVE, whereabouts)
    for number, position in enumerate(_positions(vans, random.Random(seed)), 1):
        now_ms = position.timestamp_ms or now_ms
        yield position
        if number % _POSITIONS_PER_GEOFENCE == 0:
            yield dispatcher.change_of_a_geofence()._replace(timestamp_ms=now_ms)
        if number % _POSITIONS_PER_PROFILE == 0:
            yield dispatcher.change_of_a_profile()._replace(timestamp_ms=now_ms)
        if number % _POSITIONS_PER_FORGETTING == 0:
            van = forgettable[number // _POSITIONS_PER_FORGETTING % len(forgettable)]
            van.forget(now_ms)
            yield Sending(POSITIONS, van.name.encode(), None, [(FORGET, b"")], timestamp_ms=now_ms)


def _positions(vans: Sequence[Van], chance: random.Random) -> Iterator[Sending]:
    """Yield positions in waves, so that some vehicles are always falling silent; some of the records are dirt."""
    for number in count(1):
        now_ms = FIRST_MS + number * _RECORD_MS
        first = _first_active(now_ms)
        drawn = (vans[(first + chance.randrange(_ACTIVE)) % _VEHICLES] for _ in range(_TRIES))
        turns = [Turn(van, max(van.first_slot, van.slot(now_ms)), chance) for van in drawn]
        turn = next((turn for turn in turns if turn.slot not in turn.van.sent), turns[0])
        sending = _first_that_can(turn, chance.choices(_MAKERS, _WEIGHTS)[0])(turn)
        yield (sending or _unreadable(turn))._replace(timestamp_ms=now_ms)


def _first_active(now_ms: int) -> int:
    """Return the first of the vehicles that are not silent."""
    return (now_ms - FIRST_MS) // (_RECORDS_PER_STEP * _RECORD_MS)


def closing(now_ms: int) -> list[Sending]:
    """Return the records that end a load, one for each partition: with them, time has passed whatever waits for it."""
    return [
        Sending(POSITIONS, None, b"the end", partition=partition, timestamp_ms=now_ms + _AHEAD_MS)
        for partition in range(PARTITIONS)
    ]


def _first_that_can(turn: Turn, make: "Maker") -> "Maker":
    van, chance = turn.van, turn.chance
    if not van.sent:
        return _fresh
    if van.script.is_often_late and make is _fresh and chance.random() < 0.4:
        return _late
    return _late if make is _fresh and turn.slot in van.sent and chance.random() < 0.2 else make


def _json(value: Value) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _position(value: Value) -> Sending:
    return Sending(POSITIONS, value["vehicle_id"].encode(), _json(value))


def _expected_to_be(reason: str, value: Value) -> Sending:
    return _position({**value, "attributes": {"refused_as": reason}})


def _fresh(turn: Turn) -> Sending | None:
    van, slot, _ = turn
    if slot in van.sent:
        return None
    van.sent[slot] = "fresh"
    return _position(van.value(slot))


def _free_slot(turn: Turn) -> int | None:
    van, slot, chance = turn
    back = _LONG_BACK_SLOTS if van.script.is_often_late else _BACK_SLOTS
    free = [earlier for earlier in range(max(van.first_slot, slot - back), slot) if earlier not in van.sent]
    return chance.choice(free) if free else None


def _late(turn: Turn) -> Sending | None:
    """A fix of a slot before, often of one before a silence."""
    slot = _free_slot(turn)
    if slot is None:
        return None
    turn.van.sent[slot] = "late"
    return _position(turn.van.value(slot))


def _repeat(turn: Turn) -> Sending | None:
    """One that has been sent before."""
    van, _, chance = turn
    good = [slot for slot, what in list(van.sent.items())[-_BACK_SLOTS:] if what not in _NOT_REPEATED]
    return _position(van.value(chance.choice(good))) if good else None


def _of_the_same_time(turn: Turn) -> Sending | None:
    """Another place at the time of a fix that was sent; of two, the one at the smaller longitude counts."""
    van, _, _ = turn
    slot = max(van.sent)
    if van.sent[slot] != "fresh":
        return None
    van.sent[slot] = "fresh twice"
    value = van.value(slot)
    return _expected_to_be("same_time", {**value, "lon": value["lon"] + 0.001})


def _out_of_the_world(turn: Turn) -> Sending | None:
    """A fix hundreds of kilometres off."""
    van, slot, chance = turn
    if slot in van.sent or van.script is _PARKED:
        return None
    van.sent[slot] = "stray"
    value = van.value(slot)
    return _expected_to_be("implied_speed", {**value, "lat": value["lat"] + 2 + round(chance.random(), 3)})


def _there_and_back(turn: Turn) -> Sending | None:
    """A parked vehicle that seems to drive off and is back with the next fix: only that one tells."""
    van, slot, _ = turn
    if van.script is not _PARKED or slot in van.sent or van.sent.get(slot - 1) != "fresh":
        return None
    van.sent[slot] = "stray"
    value = van.value(slot)
    return _expected_to_be("excursion", {**value, "lat": round(value["lat"] + 0.0027, 6)})


def _refused_on_arrival(turn: Turn) -> Sending:
    value = turn.van.value(turn.slot)
    reason, wrong = turn.chance.choice(
        (
            ("in_future", {"time_ms": value["time_ms"] + 120_000}),
            ("null_island", {"lat": 0.0, "lon": 0.0}),
            ("inaccurate", {"accuracy_m": 500.0}),
        )
    )
    return _expected_to_be(reason, {**value, **wrong})


def _unreadable(turn: Turn) -> Sending:
    value = turn.van.value(turn.slot)
    without_lat = {name: field for name, field in value.items() if name != "lat"}
    text = turn.chance.choice((b"{no json", _json(without_lat), _json({**value, "lat": 91.0})))
    return Sending(POSITIONS, turn.van.name.encode(), text)


def _mis_keyed(turn: Turn) -> Sending | None:
    """One that went to some other key's partition, and is late when it comes home: a newer one is there."""
    van, _, chance = turn
    slot = _free_slot(turn) if van.is_of_strangers else None
    if slot is None or slot > max(van.sent):
        return None
    van.sent[slot] = "astray"
    return Sending(POSITIONS, chance.choice((b"stranger-%d" % chance.randrange(1_000), None)), _json(van.value(slot)))


def _sent_on_before(turn: Turn) -> Sending | None:
    if not turn.van.is_of_strangers:
        return None
    value = {**turn.van.value(turn.slot), "attributes": {"astray": True}}
    return Sending(POSITIONS, b"astray", _json(value), [("fleet-rekeyed", b"")], partition=_NOT_THEIR_HOME)


Maker = Callable[[Turn], Sending | None]

_SHARES: Final[Mapping[Maker, float]] = {
    _fresh: 0.880,
    _late: 0.030,
    _repeat: 0.015,
    _of_the_same_time: 0.010,
    _out_of_the_world: 0.010,
    _there_and_back: 0.010,
    _refused_on_arrival: 0.010,
    _unreadable: 0.010,
    _mis_keyed: 0.020,
    _sent_on_before: 0.005,
}
_MAKERS: Final = tuple(_SHARES)
_WEIGHTS: Final = tuple(_SHARES.values())
