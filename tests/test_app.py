"""The composition root: what the settings become, and that nothing happens before it is asked to."""

import asyncio
import os
import subprocess
import sys
from base64 import urlsafe_b64decode
from collections.abc import Iterable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import fleet_app.app
from fleet_app.app import (
    arrival_rules,
    create_agents,
    create_app,
    fix_rules,
    keep_audit_entry,
    new_secret,
    stream_options,
)
from fleet_app.domain.rules import Rules
from fleet_app.domain.vehicle_class import LIMITS, VehicleClass
from fleet_app.ingest.producer import Outgoing, Placed
from fleet_app.settings import Settings
from fleet_app.topics import TOPICS

OPENED_ANYTHING = """
import sys

def refuse(event, arguments):
    writes = event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
    if writes or event in ("socket.bind", "socket.connect", "os.mkdir"):
        raise AssertionError(f"{event} {arguments}")

sys.dont_write_bytecode = True
sys.addaudithook(refuse)
"""


def python(script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script], env=os.environ | environment, capture_output=True, text=True, check=False
    )


def test_importing_the_app_opens_nothing_and_reads_no_setting(tmp_path: Path) -> None:
    done = python(
        OPENED_ANYTHING + "import fleet_app.app, fleet_app.worker, fleet_app.topic_admin, fleet_app.doctor",
        FLEET_PORT="bad",
        FLEET_STATE_DIR=str(tmp_path / "state"),
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_making_the_app_opens_nothing(tmp_path: Path) -> None:
    state = tmp_path / "state"
    script = f"""{OPENED_ANYTHING}
from pathlib import Path
from fleet_app.app import create_app
from fleet_app.ingest.producer import Outgoing, Placed
from fleet_app.settings import Settings
create_app(Settings.load(state_dir=Path({str(state)!r}))).topic_plans()
"""

    done = python(script)

    assert (done.returncode, done.stderr) == (0, "")
    assert not state.exists()


def test_the_app_that_faust_asks_for_is_made_once() -> None:
    done = python("from fleet_app import app\nassert app.app is app.app\nprint(app.app.conf.id)", FLEET_APP_ID="vans")

    assert (done.stdout, done.stderr) == ("vans\n", "")


def test_a_bad_setting_is_told_when_the_app_is_asked_for() -> None:
    done = python("import fleet_app.app\nfleet_app.app.app", FLEET_PORT="bad")

    assert "SettingsError: settings cannot be used:\n  FLEET_PORT" in done.stderr


def test_no_other_name_is_made_up() -> None:
    with pytest.raises(AttributeError, match=r"module 'fleet_app\.app' has no attribute 'ap'"):
        fleet_app.app.ap  # noqa: B018 - asking is the test


@pytest.mark.parametrize(
    ("given", "skew_ms", "age_ms"),
    [
        ({}, 60_000, 86_400_000),
        ({"max_skew_s": 0.5, "max_age_s": 1.25}, 500, 1_250),
        ({"max_skew_s": 0, "max_age_s": 0}, 0, 0),
        ({"max_age_s": "off"}, 60_000, None),
    ],
)
def test_the_gates_on_arrival_are_in_milliseconds(given: dict[str, float], skew_ms: int, age_ms: int | None) -> None:
    rules = arrival_rules(Settings.load(**given))

    assert (rules.max_skew_ms, rules.max_age_ms) == (skew_ms, age_ms)


def test_a_device_may_be_as_inaccurate_as_the_settings_say() -> None:
    assert arrival_rules(Settings.load(max_accuracy_m=75.5)).max_accuracy_m == 75.5


def test_fixes_wait_days_begin_and_speeds_are_limited_as_the_settings_say() -> None:
    rules = fix_rules(Settings.load(reorder_s=7.5, timezone="Europe/Berlin", vehicle_class="truck"))

    assert rules == Rules(limits=LIMITS[VehicleClass.TRUCK], reorder_ms=7_500, zone=ZoneInfo("Europe/Berlin"))


def test_agents_have_names_of_their_own_and_every_table_one_writer() -> None:
    agents = create_agents(Settings.load())
    tables = [table.name for agent in agents for table in agent.owns]

    assert len({agent.name for agent in agents}) == len(agents)
    assert len(set(tables)) == len(tables)


def test_the_app_needs_every_topic_and_a_changelog_per_table(tmp_path: Path) -> None:
    app = create_app(Settings.load(state_dir=tmp_path, app_id="vans", partitions=3))
    plans = app.topic_plans()

    changelogs = [f"vans-{table.name}-changelog" for table in app.owned_tables]
    assert sorted(plan.name for plan in plans) == sorted([*(topic.name for topic in TOPICS), *changelogs])
    assert {plan.partitions for plan in plans} == {3}


def test_the_settings_reach_the_engine(tmp_path: Path) -> None:
    settings = Settings.load(state_dir=tmp_path, app_id="vans", broker="a:1,b:2", standbys=2, session_timeout_s=7)
    configured = create_app(settings).conf

    assert [url.authority for url in configured.broker] == ["a:1", "b:2"]
    assert (configured.id, configured.table_standby_replicas) == ("vans", 2)
    assert configured.broker_session_timeout == 7
    assert configured.datadir.parent == tmp_path


def test_the_engine_is_told_where_to_fail_and_whether_it_may_bury_without_limit(tmp_path: Path) -> None:
    settings = Settings.load(state_dir=tmp_path, fail_at="commit-1-cut:1", dead_letter_limit=False)
    options = stream_options(settings)

    assert (options.fail_at, options.dead_letter_limit) == ("commit-1-cut:1", False)
    assert options.client_options["bootstrap_servers"] == settings.broker


def test_a_secret_is_256_random_bits_that_fit_into_a_header() -> None:
    secrets = {new_secret() for _ in range(100)}

    assert len(secrets) == 100
    assert {len(urlsafe_b64decode(f"{secret}=")) for secret in secrets} == {32}


class Noting:
    """Notes what is sent."""

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []

    async def send_all(self, records: Iterable[Outgoing]) -> list[Placed]:
        self.sent.extend(records)
        return [Placed(0, 0)]


def test_entries_of_the_audit_go_to_their_topic_under_their_callers_name() -> None:
    door = Noting()
    asyncio.run(keep_audit_entry(door, "operator", b"{}"))

    assert door.sent == [Outgoing("operator", b"{}", "fleet.audit")]
