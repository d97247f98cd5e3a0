"""A geofence changes while fixes stream, and a worker dies in between: every task switches at a known record, once."""

import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import msgspec
import pytest

from fleet_app.broker.testing import RunningKafka
from tests.reliability.campaign.evidence import MARKER, Evidence, Seen
from tests.reliability.campaign.faults import Fault
from tests.reliability.campaign.findings import Findings
from tests.reliability.campaign.fleet import Fleet
from tests.reliability.campaign.fleet_dispatcher import GEOFENCE_CHANGES
from tests.reliability.campaign.fleet_replay import intervals
from tests.reliability.campaign.fleet_tape import PARTITIONS, POSITIONS, tape
from tests.reliability.campaign.one_run import Lab, run_seed
from tests.reliability.campaign.scene import Scene
from tests.reliability.campaign.steps import STEPS, Step, checksum
from tests.reliability.campaign.subject import Sending

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

BETWEEN_CHANGES = 800
CHANGES = 4


def drawing(number: int) -> Sending:
    """Return a change that draws one geofence, larger each time, around half of where the vehicles drive."""
    shape = {"type": "circle", "lat": 10.0, "lon": 4.0, "radius_m": 20_000.0 + number}
    geofence = {"geofence_id": "city", "name": "City", "shape": shape}
    change = {"request_id": f"r-{number}", "seen_revision": number, "geofence": geofence}
    return Sending(GEOFENCE_CHANGES, b"city", json.dumps(change).encode())


class OneGeofence(Fleet):
    """The fleet, with one geofence that is drawn and drawn anew."""

    evidence: Evidence

    def records(self, seed: int) -> Iterator[Sending]:
        positions = (sending for sending in tape(seed) if sending.topic == POSITIONS)
        for number, position in enumerate(positions):
            yield position
            drawn, rest = divmod(number, BETWEEN_CHANGES)
            if rest == BETWEEN_CHANGES - 1 and drawn < CHANGES:
                yield drawing(drawn)._replace(timestamp_ms=position.timestamp_ms)

    def judge(self, evidence: Evidence, release: str) -> Findings:
        self.evidence = evidence
        return super().judge(evidence, release)


def dies_between_changes(scene: Scene) -> None:
    """One is killed with the second change, and comes back."""
    scene.await_change()
    scene.await_change()
    victim = scene.anyone()
    scene.kill(victim)
    scene.restart(victim)
    scene.await_change()
    scene.await_change()


def views_in_turn(changelog: list[Seen], partition: int) -> list[int]:
    """Return which geofences a task's steps were done under, one after the other."""
    steps: list[Step] = [step for interval in intervals(changelog, partition) for step in interval.steps]
    return [geofences for (geofences, _), _ in groupby(steps, key=lambda step: step.views)]


def changes_by_commit(changelog: list[Seen], partition: int) -> list[int]:
    """Return how many changes were done after each commit that did any."""
    markers = (record.value or b"" for record in changelog if (record.partition, record.key) == (partition, MARKER))
    positions = (msgspec.msgpack.decode(marker)[0] for marker in markers)
    return [done for done, _ in groupby(each.get(GEOFENCE_CHANGES, 0) for each in positions) if done]


def test_every_task_switches_at_a_known_record_and_none_twice(kafka: RunningKafka, tmp_path: Path) -> None:
    subject, fault = OneGeofence(), Fault("kill -9 between changes", dies_between_changes)

    run = run_seed(1, subject, fault, Lab(tmp_path, kafka), tmp_path, session_s=2.0, rate_per_s=400)

    drawn = subject.evidence.topics["fleet.geofences"]
    revisions = [record.json()["revision"] for record in drawn]
    known = [checksum([]), *(checksum([record.value or b""]) for record in drawn)]
    seen = [views_in_turn(subject.evidence.changelogs[STEPS.name], partition) for partition in range(PARTITIONS)]
    assert (run.lost, run.doubled, run.wrong, run.sentences) == (0, 0, 0, [])
    # Changes that wait for a worker which is dead come into one commit, and of those only the newest is told.
    assert revisions == changes_by_commit(subject.evidence.changelogs["geofences"], drawn[0].partition)
    assert revisions[-1] == CHANGES
    assert all(views == sorted(set(views), key=known.index) for views in seen)
    assert [views[-1] for views in seen] == [known[-1]] * PARTITIONS
    assert run.looked_at["events at geofences"] > 0
