"""What a dispatcher changes while the fleet drives: geofences on the vehicles' ways, and the vehicles' profiles.

Many requests see the newest revision and are accepted. Some are made by somebody who has seen an older one, some are
sent again, some ask for what belongs to another tenant, and some cannot be read at all.
"""

import json
import random
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, NamedTuple

from tests.reliability.campaign.subject import Sending

GEOFENCE_CHANGES: Final = "fleet.geofence-changes"
PROFILE_CHANGES: Final = "fleet.vehicle-profile-changes"

_GEOFENCES: Final = 80
_TENANTS: Final = ("default", "default", "north")
_REMEMBERED: Final = 30
_M_PER_DEG: Final = 110_600.0
_LON_M_PER_DEG: Final = 109_600.0
"""At ten degrees north, where the vehicles drive."""

Value = dict[str, Any]


class Whereabouts(NamedTuple):
    """A vehicle, and where it is about now, degrees."""

    vehicle_id: str
    lat: float
    lon: float


class Desk:
    """The requests about one kind of thing, and what is there after each: the dispatcher makes no mistake unwittingly.

    Args:
        topic: Where they are sent.
        field: What a request calls its value.
        chance: Chance.
    """

    def __init__(self, topic: str, field: str, chance: random.Random) -> None:
        self.there: dict[str, Value] = {}
        self._topic, self._field, self._chance = topic, field, chance
        self._revisions: dict[str, int] = {}
        self._sent: list[Sending] = []
        self._requests = 0

    def ask(self, key: str, value: Value | None, *, seen: int | None) -> Sending:
        """Return a new request."""
        self._requests += 1
        request = {"request_id": f"r-{self._requests}", "seen_revision": seen, self._field: value}
        sending = Sending(self._topic, key.encode(), json.dumps(request, separators=(",", ":")).encode())
        self._sent = [*self._sent[1 - _REMEMBERED :], sending]
        return sending

    def change(self, key: str, value: Value) -> Sending:
        """Return a request that is accepted."""
        self.there[key] = value
        revision = self._revisions.get(key, 0)
        self._revisions[key] = revision + 1
        return self.ask(key, value, seen=self._chance.choice((revision, revision, revision, None)))

    def delete(self) -> Sending | None:
        """Return a request to delete something that is there."""
        key = self.pick()
        if key is None:
            return None
        del self.there[key]
        revision = self._revisions.pop(key)
        return self.ask(key, None, seen=self._chance.choice((revision, None)))

    def stale(self) -> Sending | None:
        """Return a request of somebody who has seen another revision."""
        key = self.pick()
        if key is None:
            return None
        seen = self._revisions[key] + self._chance.choice((-1, 1))
        return self.ask(key, self._chance.choice((None, {**self.there[key], "name": "stale"})), seen=seen)

    def of_another_tenant(self) -> Sending | None:
        """Return a request that would take something away from its tenant."""
        key = self.pick()
        return None if key is None else self.ask(key, {**self.there[key], "tenant": "thieves"}, seen=None)

    def delete_nothing(self) -> Sending:
        """Return a request to delete what is not there."""
        return self.ask("nothing", None, seen=self._chance.choice((0, 1, None)))

    def repeat_newest(self) -> Sending | None:
        """Return the newest request again."""
        return self._sent[-1] if self._sent else None

    def repeat_earlier(self) -> Sending | None:
        """Return some request again, as one that was delayed on its way."""
        return self._chance.choice(self._sent) if self._sent else None

    def unreadable(self) -> Sending:
        """Return what is no request."""
        return Sending(self._topic, b"unreadable", self._chance.choice((b"{no json", b'{"request_id":"r-0"}')))

    def miskeyed(self) -> Sending | None:
        """Return a request about something else than its key says."""
        key = self.pick()
        return None if key is None else self.ask("stranger", self.there[key], seen=None)

    def pick(self) -> str | None:
        """Return the key of something that is there."""
        return self._chance.choice(sorted(self.there)) if self.there else None


class Dispatcher:
    """Makes requests, all by chance.

    Args:
        chance: Chance.
        vans: How many vehicles there are to choose from.
        whereabouts: Returns one, by its number, and where it is.
    """

    def __init__(self, chance: random.Random, vans: int, whereabouts: Callable[[int], Whereabouts]) -> None:
        self._chance, self._vans, self._whereabouts = chance, vans, whereabouts
        self._fences = Desk(GEOFENCE_CHANGES, "geofence", chance)
        self._profiles = Desk(PROFILE_CHANGES, "profile", chance)

    def change_of_a_geofence(self) -> Sending:
        """Return the next request about a geofence."""
        return self._next(self._fences, self._redraw)

    def change_of_a_profile(self) -> Sending:
        """Return the next request about a profile."""
        return self._next(self._profiles, self._describe)

    def _next(self, desk: Desk, change: Callable[[], Sending]) -> Sending:
        others: list[Callable[[], Sending | None]] = [partial(make, desk) for make in _OTHERS]
        (make,) = self._chance.choices([change, *others], [_ACCEPTED, *_OTHERS.values()])
        return make() or change()

    def _redraw(self) -> Sending:
        """Draw a geofence, near where a vehicle is now, or change what it says."""
        key = f"g-{self._chance.randrange(_GEOFENCES)}"
        there = self._fences.there.get(key)
        if there is None or self._chance.random() < 0.5:
            tenant = self._chance.choice(_TENANTS) if there is None else there["tenant"]
            fence = {"geofence_id": key, "name": f"Depot {key}", "tenant": tenant, "shape": self._shape()}
        else:
            fence = {name: there[name] for name in ("geofence_id", "name", "tenant", "shape")}
        return self._fences.change(key, fence | self._what_holds_there())

    def _shape(self) -> Value:
        place = self._whereabouts(self._chance.randrange(self._vans))
        lat = round(place.lat + self._chance.uniform(-400, 1_200) / _M_PER_DEG, 6)
        lon = round(place.lon + self._chance.uniform(-100, 100) / _LON_M_PER_DEG, 6)
        wide_m, high_m = self._chance.uniform(30, 900), self._chance.uniform(30, 900)
        if self._chance.random() < 0.5:
            return {"type": "circle", "lat": lat, "lon": lon, "radius_m": round(high_m, 1)}
        rings = [_rectangle(lat, lon, wide_m, high_m)]
        if self._chance.random() < 0.3:
            rings.append(_rectangle(lat, lon, wide_m / 2, high_m / 2)[::-1])
        return {"type": "polygon", "coordinates": rings}

    def _what_holds_there(self) -> Value:
        return self._some({
            "speed_limit_mps": lambda: self._chance.choice((6.0, 10.0, 20.0)),
            "dwell_limit_s": lambda: self._chance.choice((20.0, 60.0, 240.0)),
            "stop_after_s": lambda: self._chance.choice((30.0, 60.0)),
            "is_exempt": lambda: True,
            "tags": lambda: ["depot"],
            "schedule": lambda: [{"days": ["tue", "wed"], "start": "22:00", "end": "23:00"}],
        })  # fmt: skip

    def _describe(self) -> Sending:
        """Change a profile; whatever it says, what the vehicles do stays possible, and what is refused stays so."""
        place = self._whereabouts(self._chance.randrange(self._vans))
        key = place.vehicle_id
        there = self._profiles.there.get(key)
        tenant = self._chance.choice(_TENANTS) if there is None else there["tenant"]
        return self._profiles.change(key, {"vehicle_id": key, "tenant": tenant} | self._what_it_is())

    def _what_it_is(self) -> Value:
        return self._some({
            "vehicle_class": lambda: self._chance.choice(("car", "van", "motorcycle")),
            "name": lambda: f"Van {self._chance.randrange(1_000)}",
            "group": lambda: "night",
            "max_speed_mps": lambda: self._chance.choice((60.0, 70.0)),
            "devices": lambda: [{"device_id": f"d-{self._chance.randrange(100)}", "from_ms": 1_600_000_000_000}],
            "overrides": self._overrides,
        })  # fmt: skip

    def _overrides(self) -> Value:
        return self._some({
            "speed_limit_mps": lambda: self._chance.choice((8.0, 15.0, 40.0)),
            "overspeed_told_s": lambda: self._chance.choice((0.0, 5.0, 30.0)),
            "idle_told_s": lambda: self._chance.choice((30.0, 60.0)),
            "max_accuracy_m": lambda: 200.0,
        })  # fmt: skip

    def _some(self, fields: Mapping[str, Callable[[], Any]]) -> Value:
        return {name: make() for name, make in fields.items() if self._chance.random() < 0.4}


def _rectangle(lat: float, lon: float, wide_m: float, high_m: float) -> list[list[float]]:
    east, north = wide_m / _LON_M_PER_DEG, high_m / _M_PER_DEG
    corners = ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))
    return [[round(lon + x * east, 6), round(lat + y * north, 6)] for x, y in corners]


_OTHERS: Final[Mapping[Callable[[Desk], Sending | None], float]] = {
    Desk.delete: 0.10,
    Desk.stale: 0.10,
    Desk.of_another_tenant: 0.04,
    Desk.delete_nothing: 0.02,
    Desk.repeat_newest: 0.06,
    Desk.repeat_earlier: 0.04,
    Desk.unreadable: 0.02,
    Desk.miskeyed: 0.02,
}
_ACCEPTED: Final = 1 - sum(_OTHERS.values())
