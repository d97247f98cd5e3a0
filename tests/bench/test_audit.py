from collections import Counter, defaultdict
from collections.abc import Callable

import msgspec
import pytest

from agents.track_positions import track_positions
from fleet_app import topics
from fleet_app.app import arrival_rules, fix_rules
from fleet_app.bench.audit import Left, Sent, audit
from fleet_app.bench.drives import Fleet, drives
from fleet_app.bench.load import FIRST_MS, vehicle_id
from fleet_app.bench.stage import default_settings
from fleet_app.domain.edges import Size
from fleet_app.stream.declarations import PlainRecord
from tests.agents.fakes import FakeTask

FLEET = Fleet(vehicles=30, fixes=40, interval_s=5, first_ms=FIRST_MS, seed=2)
ONE = vehicle_id(3)


@pytest.fixture(scope="module")
def run() -> tuple[Sent, Left]:
    """Return what was sent to the agent, and what it has left."""
    settings = default_settings()
    task = FakeTask(track_positions(arrival_rules(settings), fix_rules(settings)))
    sent = Sent(FLEET.vehicles)
    for offset, each in enumerate(sent.watch(drives(FLEET))):
        task.receive(PlainRecord(offset, each.time_ms, vehicle_id(each.vehicle).encode(), each.value))
    fixes: defaultdict[str, list[int]] = defaultdict(list)
    for fix in task.values(topics.FIXES):
        fixes[fix.vehicle_id].append(fix.time_ms)
    left = Left(
        vehicles=dict(task.contents["vehicles"]),
        tracks=dict(task.contents["open_tracks"]),
        minutes=dict(task.contents["windows_1m"]),
        fixes=fixes,
        refused=Counter(refused.vehicle_id for refused in task.values(topics.REJECTED)),
        windows={
            (window.vehicle_id, window.start_ms): window.fixes
            for window in task.values(topics.WINDOWS)
            if window.size is Size.MINUTE
        },
    )
    return sent, left


def test_what_the_agent_leaves_is_right(run: tuple[Sent, Left]) -> None:
    assert audit(*run) == []


def lose_vehicle(left: Left) -> Left:
    return left._replace(vehicles={name: each for name, each in left.vehicles.items() if name != ONE})


def count_one_more(left: Left) -> Left:
    refused = {**left.vehicles[ONE].refused, "duplicate": 100}
    return left._replace(
        vehicles={**left.vehicles, ONE: msgspec.structs.replace(left.vehicles[ONE], refused=refused)},
        refused={**left.refused, ONE: 100},
    )


def tell_a_fix_twice(left: Left) -> Left:
    return left._replace(fixes={**left.fixes, ONE: [*left.fixes[ONE], left.fixes[ONE][-1]]})


def tell_out_of_order(left: Left) -> Left:
    return left._replace(fixes={**left.fixes, ONE: left.fixes[ONE][::-1]})


def refuse_once_more(left: Left) -> Left:
    return left._replace(refused={**left.refused, ONE: left.refused.get(ONE, 0) + 1})


def forget_a_minute(left: Left) -> Left:
    first = next(key for key in left.minutes if key[0] == ONE)
    return left._replace(
        minutes={key: pane for key, pane in left.minutes.items() if key != first},
        windows={key: fixes for key, fixes in left.windows.items() if key != first},
    )


def tell_a_minute_wrongly(left: Left) -> Left:
    first = next(key for key in left.windows if key[0] == ONE)
    return left._replace(windows={**left.windows, first: 0})


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lose_vehicle, "not in the tables: 1 vehicles, such as v-0000003"),
        (count_one_more, "positions are neither accepted nor refused nor waiting: 1 vehicles"),
        (tell_a_fix_twice, "fleet.fixes has not exactly the true fixes, in order: 1 vehicles"),
        (tell_out_of_order, "fleet.fixes has not exactly the true fixes, in order: 1 vehicles"),
        (refuse_once_more, "other refusals are counted than told: 1 vehicles"),
        (forget_a_minute, "closed minutes do not add up: 1 vehicles"),
        (tell_a_minute_wrongly, "2 minutes are stored and not told so, or told only"),
    ],
)
def test_what_is_wrong_is_said(run: tuple[Sent, Left], damage: Callable[[Left], Left], expected: str) -> None:
    sent, left = run

    assert audit(sent, damage(left))[0].startswith(expected)
