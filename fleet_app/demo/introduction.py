"""Tells the workers what the demo's fleet is: whose each van is, and which places matter to it.

The places lie on the streets of the recording, where vans stop and drive; that they are a customer's yard or a school
is made up, as are names and plates (no plate in Germany has a number that begins with a zero).
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Final

import aiohttp
import msgspec

from fleet_app.domain.geofences.geofence import Circle, Geofence, Polygon
from fleet_app.domain.profiles.profile import VehicleProfile
from fleet_app.domain.vehicle_class import VehicleClass
from fleet_app.errors import WorkerError

GROUP: Final = "vans"
DRIVERS: Final = (
    *("Ada Brandt", "Bilal Şahin", "Clara Voss", "Dmitri Kern", "Elif Demir", "Femi Okoye", "Greta Lindholm"),
    *("Hanna Böhm", "Ivo Marek", "Jana Petrović", "Kofi Mensah", "Lotte Hübner", "Marek Nowak", "Nina Falk"),
    *("Oskar Weiß", "Pia Schuster", "Quang Tran", "Rosa Medina", "Sami Haddad", "Tomke Jansen", "Uwe Ritter"),
    *("Vera Sokolova", "Willi Krause", "Xenia Pappas", "Yara Nasser", "Zoran Ilić", "Anton Berg"),
)
_LOADS: Final = (("cold",), ("parcels",), ("parcels", "lift"))
"""Tags of the vans, in turn."""
PLACES: Final = (
    Geofence(
        geofence_id="depot",
        name="Depot",
        shape=Circle(lat=52.4345, lon=13.5365, radius_m=120.0),
        tags=("depot",),
        is_exempt=True,
    ),
    Geofence(
        geofence_id="customer-yard",
        name="Customer's yard",
        shape=Polygon(
            coordinates=(
                ((13.5336, 52.4277), (13.5361, 52.4277), (13.5361, 52.4291), (13.5336, 52.4291), (13.5336, 52.4277)),
            )
        ),
        tags=("customer",),
        dwell_limit_s=180.0,
        stop_after_s=60.0,
    ),
    Geofence(
        geofence_id="school-zone",
        name="School zone, 30 km/h",
        shape=Polygon(
            coordinates=(
                ((13.5327, 52.4353), (13.5353, 52.4353), (13.5353, 52.4369), (13.5327, 52.4369), (13.5327, 52.4353)),
            )
        ),
        tags=("limit",),
        speed_limit_mps=30 / 3.6,
    ),
)
_TRY_AGAIN_AFTER_S: Final = 0.5
_ANSWER_WITHIN: Final = aiohttp.ClientTimeout(total=15)
"""The workers themselves wait for ten seconds until a change is decided."""

Sleep = Callable[[float], Awaitable[None]]


def van_profiles(vehicle_ids: Sequence[str]) -> list[VehicleProfile]:
    """Return the vans' profiles; the cars around them have none."""
    return [van_profile(vehicle_id, number) for number, vehicle_id in enumerate(vehicle_ids, start=1)]


def van_profile(vehicle_id: str, number: int) -> VehicleProfile:
    """Return the profile of a van by its number, counted from 1."""
    return VehicleProfile(
        vehicle_id=vehicle_id,
        vehicle_class=VehicleClass.VAN,
        name=f"Van {number}",
        plate=f"B-FL {number:03}",
        driver=DRIVERS[(number - 1) % len(DRIVERS)],
        group=GROUP,
        tags=_LOADS[number % len(_LOADS)],
    )


async def introduce(
    session: aiohttp.ClientSession, url: str, vehicle_ids: Sequence[str], sleep: Sleep = asyncio.sleep
) -> None:
    """Return when a worker knows the vans' profiles and the places; wait for it if need be.

    Raises:
        WorkerError: The worker refused them.
    """
    await asyncio.gather(
        _send(session, "POST", f"{url}/api/vehicle-profiles", van_profiles(vehicle_ids), sleep),
        *(_send(session, "PUT", f"{url}/api/geofences/{each.geofence_id}?wait=1", each, sleep) for each in PLACES),
    )


async def _send(session: aiohttp.ClientSession, method: str, url: str, what: object, sleep: Sleep) -> None:
    """Send until it is taken. Repeating is safe: what is so already stays as it is."""
    body = msgspec.json.encode(what)
    while not await _is_taken(session, method, url, body):
        await sleep(_TRY_AGAIN_AFTER_S)


async def _is_taken(session: aiohttp.ClientSession, method: str, url: str, body: bytes) -> bool:
    try:
        async with session.request(method, url, data=body, timeout=_ANSWER_WITHIN) as answer:
            if answer.ok:
                return True
            if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                return False
            raise WorkerError(f"{url} refused the fleet's own data with {answer.status}: {await answer.text()}")
    except (aiohttp.ClientError, TimeoutError):
        return False
