"""Half a million records, four in ten of them hostile, through both doors: every one is accounted for."""

import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import httpx
import msgspec
import pytest

from fleet_app.broker.testing import RunningKafka
from fleet_app.errors import EngineError
from fleet_app.stream.engine.dead_letters import FEWEST, IN_A_ROW
from tests.support.kafka import produce, read_all, read_topics
from tests.support.processes import Cluster, WorkerProcess, eventually

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

RECORDS: Final = 520_000
THROUGH_HTTP: Final = 20_000
VEHICLES: Final = 500
GOOD_SHARE: Final = 0.61
HOSTILE: Final = 200_000
START_MS: Final = time.time_ns() // 1_000_000 - 20 * 60_000
MEGABYTE: Final = 1_000_000


def good(number: int) -> dict[str, Any]:
    """Return a fix of one of the vehicles, all of which drive north at 10 m/s and report every second."""
    fix = number // VEHICLES
    return {
        "vehicle_id": f"v-{number % VEHICLES}",
        "time_ms": START_MS + fix * 1_000,
        "lat": 1 + fix * 0.00009,
        "lon": 7.0,
    }


HOSTILE_VALUES: Final[tuple[bytes | None, ...]] = (
    None, b"", b"{", b"null", b"[]", b"\xff\xfe\xfd", b"\x00" * 100, b"9" * 500, b'{"vehicle_id":"x"}',
    b'{"vehicle_id":"\xc3\x28","time_ms":1,"lat":1,"lon":1}', b'{"vehicle_id":"x","time_ms":1,"lat":NaN,"lon":1}',
)  # fmt: skip
LARGE_VALUES: Final = (b"[" * 50_000, b'{"a":' * 20_000, b"9" * 50_000, b"x" * MEGABYTE, b'"' + b"x" * MEGABYTE + b'"')
EACH_LARGE_ONE: Final = 4
HOSTILE_FIELDS: Final[tuple[dict[str, Any], ...]] = (
    {"vehicle_id": ""}, {"vehicle_id": 5}, {"vehicle_id": "a/b"}, {"vehicle_id": "v" * 1_000}, {"vehicle_id": None},
    {"time_ms": -1}, {"time_ms": 10**40}, {"time_ms": "now"}, {"time_ms": 0}, {"time_ms": START_MS + 10**9},
    {"lat": 91}, {"lat": "52"}, {"lat": None}, {"lat": 1e300}, {"lon": -181}, {"lon": [7]}, {"speed_mps": -1},
    {"attributes": {"a": {"b": 1}}}, {"attributes": {str(n): n for n in range(100)}}, {"ignition": "yes"},
    {"lat": 0, "lon": 0}, {"accuracy_m": 5_000}, {"speed_mps": float("nan")}, {"speed_mps": float("inf")},
    {"odometer_m": 10**300}, {"device_id": ""},
)  # fmt: skip
BY_READERS: Final = {
    "malformed", "missing_field", "mistyped_field", "out_of_range", "too_old", "in_future", "null_island", "inaccurate",
    "implied_speed",
}  # fmt: skip

Sent = tuple[bytes | None, bytes | None]
"""Key and value."""
BAD: Final[Sent] = (b"v-0", b"{")


def far_off(chance: random.Random, number: int) -> dict[str, Any]:
    """Return a position that is right in form, and where its vehicle cannot be; no two of them agree."""
    return good(number) | {"lat": chance.uniform(20, 80), "lon": chance.uniform(20, 170)}


def hostile(chance: random.Random, number: int) -> bytes | None:
    kind = chance.random()
    if kind < 0.45:
        return chance.choice(HOSTILE_VALUES)
    if kind < 0.5:
        return json.dumps(far_off(chance, number)).encode()
    return json.dumps(good(number) | chance.choice(HOSTILE_FIELDS)).encode()


def mixture(chance: random.Random) -> tuple[list[Sent], list[Sent]]:
    """Return all records, each vehicle's fixes in order, and the hostile ones among them."""
    records: list[Sent] = []
    bad: list[Sent] = []
    for number in range(RECORDS):
        key = f"v-{number % VEHICLES}".encode()
        # The first of each is good: of a vehicle that was never seen, no place is too far off.
        if number < VEHICLES or chance.random() < GOOD_SHARE:
            records.append((key, json.dumps(good(number)).encode()))
        else:
            bad.append((key, hostile(chance, number)))
            records.append(bad[-1])
    large: list[Sent] = [(b"v-0", value) for value in LARGE_VALUES for _ in range(EACH_LARGE_ONE)]
    return records + large, bad + large


class Letter(msgspec.Struct):
    """What is looked at of a value of `fleet.rejected`."""

    reason: str
    detail: str
    key: bytes | None
    value: bytes | None


def letters(kafka: RunningKafka) -> list[Letter]:
    decode = msgspec.json.Decoder(Letter).decode
    return [decode(record.value or b"") for record in read_all(kafka.bootstrap, "fleet.rejected")]


def accepted_and_refused(kafka: RunningKafka) -> int:
    records = read_topics(kafka.bootstrap, ["fleet.fixes", "fleet.rejected"])
    return sum(map(len, records.values()))


def handed_in(workers: Sequence[WorkerProcess], chance: random.Random) -> tuple[int, Counter[str]]:
    """Send some more through HTTP; return how many the door took, and why it refused the others."""
    taken, refused = 0, Counter[str]()
    for start in range(RECORDS, RECORDS + THROUGH_HTTP, 1_000):
        batch = [
            good(number) if chance.random() < GOOD_SHARE else good(number) | chance.choice(HOSTILE_FIELDS[:-5])
            for number in range(start, start + 1_000)
        ]
        answer = httpx.post(workers[start // 1_000 % 2].url + "/api/positions", json=batch, timeout=60).json()
        taken += len(answer["accepted"])
        refused.update(row["reason"] for row in answer["rejected"])
    return taken, refused


def test_every_hostile_record_is_accounted_for_and_no_worker_dies(kafka: RunningKafka, cluster: Cluster) -> None:
    chance = random.Random(20_151_209)
    workers = cluster.start(2)
    records, bad = mixture(chance)
    assert len(bad) >= HOSTILE
    assert len(bad) <= 0.4 * len(records)

    produce(kafka.bootstrap, "fleet.positions", records)
    taken, refused_at_the_door = handed_in(workers, chance)
    assert taken + refused_at_the_door.total() == THROUGH_HTTP
    sent = len(records) + taken
    cluster.wait_until_caught_up(sent)
    # The newest fixes of each vehicle wait some seconds for those that may come before them.
    eventually(
        lambda: accepted_and_refused(kafka) == sent,
        within_s=60,
        what=f"each of {sent} records is accepted or refused",
    )

    rejected = letters(kafka)
    by_reason = Counter(letter.reason for letter in rejected)
    assert [worker.process.poll() for worker in workers] == [None, None]
    assert (
        Counter((key, value or b"") for key, value in bad)
        - Counter((letter.key, letter.value or b"") for letter in rejected)
        == Counter()
    )
    # What the door had taken and the agent refused: by its time or place, which only the agent judges.
    assert 0 < len(rejected) - len(bad) < THROUGH_HTTP / 10
    assert all(letter.detail for letter in rejected)
    assert set(by_reason) == BY_READERS


def ten_thousand_in_a_row() -> Iterator[Sent]:
    for fix in range(1_000):
        yield b"v-0", json.dumps(good(fix * VEHICLES)).encode()
    # Of the same vehicle, and refused: for the limit, whatever could be read is good.
    yield from [(b"v-0", json.dumps(good(0)).encode())] * IN_A_ROW
    yield from [BAD] * IN_A_ROW


def more_than_half() -> Iterator[Sent]:
    for fix in range(FEWEST):
        yield BAD
        yield b"v-0", json.dumps(good(fix * VEHICLES)).encode()
        yield from [BAD] if fix % 10 == 0 else []


@pytest.mark.parametrize(
    ("records", "words"),
    [
        (ten_thousand_in_a_row, f"{IN_A_ROW} records in a row failed, the last at offset {2 * IN_A_ROW + 999}"),
        (more_than_half, "records failed within 5 minutes, the last at offset "),
    ],
)
def test_a_worker_stops_rather_than_throw_too_much_away_and_goes_on_when_it_is_told_to(
    kafka: RunningKafka, cluster: Cluster, records: Callable[[], Iterator[Sent]], words: str
) -> None:
    (worker,) = cluster.start(1)
    sent = list(records())
    bad = sum(record == BAD for record in sent)

    produce(kafka.bootstrap, "fleet.positions", sent)
    code = worker.process.wait(timeout=60)
    said = worker.log.read_text()
    worker.end()
    worker.restart(FLEET_DEAD_LETTER_LIMIT="false")
    cluster.wait_until_shared()
    cluster.wait_until_caught_up(len(sent))

    assert code == EngineError.exit_code
    assert words in said
    assert "set FLEET_DEAD_LETTER_LIMIT=false to go on regardless" in said.splitlines()[-1]
    assert sum(letter.value == BAD[1] for letter in letters(kafka)) == bad
    eventually(lambda: accepted_and_refused(kafka) == len(sent), what="every record is accepted or refused")
