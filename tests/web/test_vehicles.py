"""`/api/vehicles`: the whole fleet from any worker, one vehicle from its owner."""

from typing import Any
from urllib.parse import quote

import msgspec
import pytest

from fleet_app.domain.fix import Fix
from fleet_app.domain.geofences.presence import Presence, Visit
from fleet_app.domain.profiles.profile import DeviceSpan, VehicleProfile
from fleet_app.domain.vehicle import Vehicle
from fleet_app.domain.vehicle_class import VehicleClass
from fleet_app.global_views import VEHICLE_PROFILES
from fleet_app.stream.reads import Phase
from tests.web.driven import HALF_HOUR_AGO_MS, Tables, round_trip
from tests.web.fakes import MINUTE_MS, NOW_MS, VEHICLES, Contents, Group, Pair, two_workers, worker

pytestmark = pytest.mark.anyio


async def test_every_vehicle_is_readable_from_either_worker(pair: Pair) -> None:
    for client in (pair.even.client, pair.odd.client):
        for vehicle_id in VEHICLES:
            answer = await client.get(f"/api/vehicles/{vehicle_id}")

            assert answer.status_code == 200
            assert answer.json()["vehicle_id"] == vehicle_id


async def vehicle_of(contents: Contents, vehicle_id: str = "a") -> dict[str, Any]:
    """Return what a worker that owns everything answers."""
    group = Group()
    async with worker(group, range(group.partitions), contents) as alone:
        answer: dict[str, Any] = (await alone.client.get(f"/api/vehicles/{vehicle_id}")).json()
    return answer


async def test_a_vehicle_says_which_geofences_it_is_in() -> None:
    van = VEHICLES["van-3"]
    assert van.course is not None
    course = msgspec.structs.replace(van.course, presence=Presence((Visit("depot", 1, NOW_MS),)))
    vehicle = msgspec.structs.replace(van, vehicle_id="a", course=course)

    assert (await vehicle_of({"vehicles": {"a": vehicle}}))["geofence_ids"] == ["depot"]


async def test_a_vehicle_says_where_it_is_what_it_does_and_how_old_that_is(pair: Pair) -> None:
    answer = await pair.even.client.get("/api/vehicles/van-3")

    assert answer.json() == {
        "vehicle_id": "van-3",
        "tenant": "default",
        "profile": None,
        "last": {
            "time_ms": NOW_MS - 2_000,
            "lat": 52.5,
            "lon": 13.25,
            "speed_mps": 8.5,
            "attributes": {"driver": "Ann"},
        },
        "is_provisional": False,
        "state": "idle_probable",
        "speed_mps": 8.5,
        "speed_source": "device",
        "age_s": 2.0,
        "received_ms": NOW_MS - 1_500,
        "received_age_s": 1.5,
        "odometer_m": 1234.5,
        "interval_s": 10.0,
        "harsh_observable": False,
        "leg": None,
        "geofence_ids": [],
        "day": {
            "start_ms": NOW_MS - 8 * 60 * MINUTE_MS,
            "distance_m": 0.0,
            "moving_s": 0.0,
            "idle_s": 0.0,
            "idle_probable_s": 0.0,
            "stop_s": 0.0,
        },
        "accepted": 3,
        "refused": {"duplicate": 2},
        "waiting": 0,
        "late": 0,
    }


async def test_a_vehicle_with_a_profile_says_what_people_look_for() -> None:
    profile = VehicleProfile(
        vehicle_id="van-1",
        name="Van 1",
        plate="B-FA 1",
        tags=("cold",),
        tenant="north",
        vehicle_class=VehicleClass.VAN,
        devices=(DeviceSpan("phone-7"),),
        revision=3,
    )
    group = Group()
    async with worker(group, range(group.partitions), {"vehicles": VEHICLES}) as alone:
        alone.views.show(VEHICLE_PROFILES, {"van-1": profile})
        one = (await alone.client.get("/api/vehicles/van-1")).json()
        listed = (await alone.client.get("/api/vehicles")).json()["items"]

    facts = {
        "name": "Van 1",
        "plate": "B-FA 1",
        "driver": None,
        "group": None,
        "tags": ["cold"],
        "vehicle_class": "van",
    }
    assert (one["profile"], one["tenant"]) == (facts, "north")
    assert {item["vehicle_id"]: item["profile"] for item in listed if item["profile"] is not None} == {"van-1": facts}


async def test_a_vehicle_is_shown_at_a_fix_that_waits_to_be_judged_and_says_so(pair: Pair) -> None:
    answer = (await pair.odd.client.get("/api/vehicles/van-1")).json()

    assert (answer["last"]["time_ms"], answer["is_provisional"]) == (NOW_MS - 1_000, True)
    assert (answer["speed_mps"], answer["age_s"], answer["waiting"]) == (9.0, 1.0, 1)


async def test_a_vehicle_is_not_shown_at_a_waiting_fix_that_it_cannot_have_reached() -> None:
    tables = Tables().take([*round_trip(HALF_HOUR_AGO_MS), Fix(NOW_MS, 10.0, 10.0)])
    answer = await vehicle_of(tables.contents)

    assert [waiting.fix.time_ms for waiting in tables.track.buffer] == [NOW_MS - 5_000, NOW_MS]
    assert (answer["last"]["time_ms"], answer["waiting"]) == (NOW_MS - 5_000, 2)


async def test_a_vehicle_whose_first_fix_waits_is_shown_there_without_a_state() -> None:
    answer = await vehicle_of(Tables().take([Fix(NOW_MS, 52.0, 13.0, 5.0)]).contents)

    assert (answer["last"]["time_ms"], answer["is_provisional"], answer["state"]) == (NOW_MS, True, None)
    assert (answer["accepted"], answer["waiting"], answer["day"], answer["leg"]) == (0, 1, None, None)


async def test_a_vehicle_tells_the_trip_that_goes_on_and_what_it_did_today() -> None:
    fixes = round_trip(HALF_HOUR_AGO_MS)[:-150]
    answer = await vehicle_of(Tables().take(fixes).contents)

    assert answer["state"] == "moving"
    assert answer["leg"]["kind"] == "trip"
    assert answer["leg"]["id"] == f"a@{answer['leg']['start_ms']}"
    assert answer["leg"]["distance_m"] == pytest.approx(answer["odometer_m"])
    assert answer["day"]["distance_m"] == pytest.approx(answer["odometer_m"])
    assert answer["day"]["moving_s"] > 400
    assert answer["day"]["stop_s"] > 400


async def test_harsh_manoeuvres_can_be_seen_of_a_vehicle_that_tells_its_speed_every_second() -> None:
    every_second = await vehicle_of(Tables().take(round_trip(HALF_HOUR_AGO_MS, every_ms=1_000)).contents)
    every_five = await vehicle_of(Tables().take(round_trip(HALF_HOUR_AGO_MS)).contents)

    assert [each["harsh_observable"] for each in (every_second, every_five)] == [True, False]


async def test_a_silent_vehicle_is_offline() -> None:
    answer = await vehicle_of(Tables().take(round_trip(HALF_HOUR_AGO_MS)).replace(is_silent=True).contents)

    assert answer["state"] == "offline"


async def test_a_vehicle_that_was_only_refused_has_no_position_and_no_age(pair: Pair) -> None:
    answer = (await pair.even.client.get("/api/vehicles/quiet")).json()

    assert (answer["last"], answer["age_s"], answer["received_ms"], answer["state"]) == (None, None, None, None)
    assert answer["refused"] == {"too_old": 7}


async def test_the_counts_of_a_vehicle_add_up_to_what_was_sent() -> None:
    fixes = [*round_trip(HALF_HOUR_AGO_MS)[:200], Fix(HALF_HOUR_AGO_MS + 999_999, 10.0, 10.0)]
    answer = await vehicle_of(Tables().take([*fixes, Fix(NOW_MS, 52.0, 13.0)]).contents)

    assert answer["refused"] == {"implied_speed": 1}
    assert answer["accepted"] + answer["waiting"] + answer["late"] + 1 == 202


async def test_a_vehicle_nobody_heard_of_is_not_found_from_either_worker(pair: Pair) -> None:
    for client in (pair.even.client, pair.odd.client):
        answer = await client.get("/api/vehicles/ghost")

        assert answer.status_code == 404
        assert answer.json()["code"] == "unknown_vehicle"
        assert answer.headers["content-type"] == "application/problem+json"


async def test_the_cursor_leads_through_all_vehicles_of_both_workers(pair: Pair) -> None:
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        query = {"limit": "4"} | ({"cursor": cursor} if cursor else {})
        page = (await pair.odd.client.get("/api/vehicles", params=query)).json()
        seen += [item["vehicle_id"] for item in page["items"]]
        cursor = page["next"]

    assert seen == sorted(VEHICLES)


async def test_a_list_shows_a_vehicle_as_its_own_page_does_but_for_what_waits(pair: Pair) -> None:
    listed = (await pair.even.client.get("/api/vehicles")).json()["items"]
    own = [(await pair.even.client.get(f"/api/vehicles/{item['vehicle_id']}")).json() for item in listed]
    [(one, waiting)] = [(one, other) for one, other in zip(listed, own, strict=True) if other["waiting"] == 1]

    assert [each for each in listed if each is not one] == [
        each | {"waiting": None} for each in own if each is not waiting
    ]
    assert (one["last"]["time_ms"], one["is_provisional"]) == (NOW_MS - 2_000, False)
    assert (waiting["last"]["time_ms"], waiting["is_provisional"]) == (NOW_MS - 1_000, True)


async def ids_of(pair: Pair, query: str) -> list[str]:
    """Return the ids on all pages of a list, of which each has an entry that is asked for or leads on."""
    ids: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = await pair.odd.client.get(f"/api/vehicles?{query}{cursor and '&cursor=' + cursor}")
        assert answer.status_code == 200, answer.text
        ids += [item["vehicle_id"] for item in answer.json()["items"]]
        cursor = answer.json()["next"]
    return ids


DRIVING = sorted(VEHICLES.keys() - {"quiet"})


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("status=idle_probable", DRIVING),
        ("status=moving,stop&status=offline", []),
        ("status=moving&status=idle_probable&limit=7", DRIVING),
        ("bbox=13,52,14,53", DRIVING),
        ("bbox=14,52,13,53", []),
        (f"changed_since={NOW_MS - 1_500}", DRIVING),
        (f"changed_since={NOW_MS}&limit=1", []),
        ("tenant=default", sorted(VEHICLES)),
        ("tenant=others", []),
        ("group=north", []),
    ],
)
async def test_a_list_of_both_workers_is_of_those_that_are_asked_for(
    pair: Pair, query: str, expected: list[str]
) -> None:
    assert await ids_of(pair, query) == expected


async def test_a_list_is_of_a_group_or_a_tag_by_the_profiles_that_each_worker_knows() -> None:
    profiles = {
        "van-1": VehicleProfile(vehicle_id="van-1", group="north", tags=("cold",)),
        "van-2": VehicleProfile(vehicle_id="van-2", group="south", tags=("cold",)),
    }
    async with two_workers({"vehicles": VEHICLES}) as pair:
        for each in (pair.even, pair.odd):
            each.views.show(VEHICLE_PROFILES, profiles)
        found = [await ids_of(pair, query) for query in ("group=north", "tag=cold", "group=south&tag=cold", "tag=hot")]

    assert found == [["van-1"], ["van-1", "van-2"], ["van-2"], []]


async def test_some_fields_can_be_asked_for_of_one_and_of_all(pair: Pair) -> None:
    listed = (await pair.even.client.get("/api/vehicles?fields=vehicle_id,refused&limit=1")).json()["items"]
    one = [(await each.client.get("/api/vehicles/quiet?fields=refused")).json() for each in (pair.even, pair.odd)]

    assert listed == [{"vehicle_id": "quiet", "refused": {"too_old": 7}}]
    assert one == [{"refused": {"too_old": 7}}] * 2


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/api/vehicles?fields=speed", "fields"),
        ("/api/vehicles/van-1?fields=speed", "fields"),
        ("/api/vehicles?status=driving", "status"),
        ("/api/vehicles?bbox=1,2,3", "bbox"),
        ("/api/vehicles?changed_since=yesterday", "changed_since"),
    ],
)
async def test_what_cannot_be_asked_for_is_a_bad_request_naming_the_parameter(
    pair: Pair, path: str, named: str
) -> None:
    answer = await pair.even.client.get(path)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
    assert answer.json()["detail"].startswith(f"{named}: ")


async def test_a_list_is_tagged_until_a_vehicle_changes() -> None:
    vehicles = dict(VEHICLES)
    async with two_workers({"vehicles": vehicles}) as pair:
        tag = {"If-None-Match": (await pair.even.client.get("/api/vehicles")).headers["etag"]}
        pair.odd.clock.now_s += 10
        unchanged = await pair.odd.client.get("/api/vehicles", headers=tag)
        vehicles["quiet"] = Vehicle(vehicle_id="quiet", refused={"too_old": 8})
        changed = await pair.odd.client.get("/api/vehicles", headers=tag)

    assert (unchanged.status_code, unchanged.content, changed.status_code) == (304, b"", 200)


async def test_an_empty_fleet_is_an_empty_list() -> None:
    async with two_workers({}) as pair:
        answer = await pair.even.client.get("/api/vehicles")

    assert answer.json() == {"items": [], "next": None}


@pytest.mark.parametrize("phase", [Phase.STARTING, Phase.RESTORING, Phase.STOPPING])
async def test_a_list_is_refused_while_a_worker_cannot_speak_for_its_partitions(phase: Phase) -> None:
    async with two_workers({"vehicles": VEHICLES}) as pair:
        pair.odd.membership.phase_now = phase
        answer = await pair.even.client.get("/api/vehicles")

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["code"] == "partitions_missing"
    assert answer.json()["detail"] == f"partitions 1, 3, 5, 7 cannot be read: {pair.odd.url} is {phase}"


async def test_a_list_is_refused_while_partitions_have_no_owner() -> None:
    async with two_workers({"vehicles": VEHICLES}) as pair:
        del pair.group.owners[6]
        answer = await pair.odd.client.get("/api/vehicles")

    assert answer.status_code == 503
    assert answer.json()["detail"] == "partitions 6 cannot be read: they are moving between workers"


async def test_a_list_is_refused_when_two_workers_answer_for_a_partition() -> None:
    async with two_workers({"vehicles": VEHICLES}) as pair:
        behind = type(pair.group)()
        behind.owners = {**pair.group.owners, 1: pair.even.url}
        pair.even.membership.group = behind
        answer = await pair.odd.client.get("/api/vehicles")

    assert answer.status_code == 503
    assert answer.json()["detail"] == "partitions 1 are moving: two workers answer for them"


@pytest.mark.parametrize(
    ("query", "named"),
    [("limit=0", "limit"), ("limit=1001", "limit"), ("limit=many", "limit"), ("cursor=%21", "cursor")],
)
async def test_a_page_that_cannot_be_is_refused_naming_the_parameter(pair: Pair, query: str, named: str) -> None:
    answer = await pair.even.client.get(f"/api/vehicles?{query}")

    assert answer.status_code == 400
    assert answer.json()["code"] == "bad_request"
    assert answer.json()["detail"].startswith(f"{named}: ")


HOSTILE = [
    "a b",
    "a%2Fb",
    "a?b#c",
    "windows",
    "ünï-🚚",
    "%",
    "+",
    "a\\b",
    '"><script>',
    "x" * 4_000,
    "\x7f",
    "a/windows",
    "..",
]


@pytest.mark.parametrize("vehicle_id", HOSTILE)
async def test_any_id_finds_its_vehicle_and_no_other(vehicle_id: str) -> None:
    contents = {"vehicles": {vehicle_id: Vehicle(vehicle_id=vehicle_id), "a": Vehicle(vehicle_id="a")}}
    path = quote(vehicle_id, safe="").replace("..", "%2E%2E")
    async with two_workers(contents) as pair:
        for client in (pair.even.client, pair.odd.client):
            vehicle = await client.get(f"/api/vehicles/{path}")
            views = [
                (await client.get(f"/api/vehicles/{path}/{view}")).json()
                for view in ("windows", "trips", "track", "quality")
            ]

            assert vehicle.json()["vehicle_id"] == vehicle_id
            assert [view["vehicle_id"] for view in views] == [vehicle_id] * 4


@pytest.mark.parametrize("path", ["%ff", "%c3%28", "%ed%a0%80"])
async def test_an_id_that_is_not_utf8_is_a_bad_request(pair: Pair, path: str) -> None:
    answer = await pair.even.client.get(f"/api/vehicles/{path}")

    assert answer.status_code == 400
    assert "not UTF-8" in answer.json()["detail"]
