"""What stock Faust loses or counts twice when workers join and die under load. The next engine must bring it to zero.

Each round: a broker of its own, positions at a steady rate, two workers that share them. One worker is killed with
SIGKILL, its partitions are taken over, it starts again on the same disk and joins; at the end every position that was
sent is looked for. No position is sent twice, so the app's own refusal of duplicates counts what the engine handed it
twice: without that gate they would have been counted twice.
"""

import argparse
import asyncio
import json
import platform
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer

from fleet_app.broker.testing import start_kafka
from fleet_app.settings import Settings
from tests.support.kafka import make_topics, read_all
from tests.support.processes import Cluster, WorkerProcess, cluster_of

VEHICLES = 400
RESULTS = Path(__file__).parent / "results"


def positions(seconds: int, rate: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield key and value of every position, none of them twice."""
    start_ms = time.time_ns() // 1_000_000
    for number in range(seconds * rate):
        vehicle, fix = number % VEHICLES, number // VEHICLES
        name = f"v-{vehicle}"
        fields = {"vehicle_id": name, "time_ms": start_ms + fix, "lat": fix / 1e4, "lon": vehicle / 1e3}
        yield name.encode(), json.dumps(fields).encode()


async def send(bootstrap: str, seconds: int, rate: int) -> None:
    """Produce at a steady rate, idempotently."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True, linger_ms=5)
    await producer.start()
    loop = asyncio.get_running_loop()
    started = loop.time()
    for number, (key, value) in enumerate(positions(seconds, rate)):
        if number % (rate // 20) == 0:
            await asyncio.sleep(max(0.0, started + number / rate - loop.time()))
        await producer.send("fleet.positions", value, key)
    await producer.stop()


async def disturb(victim: WorkerProcess, generator: random.Random) -> None:
    """Kill the worker somewhere in the load, and start it again once its partitions have been taken over."""
    await asyncio.sleep(generator.uniform(3, 6))
    await asyncio.to_thread(victim.kill)
    await asyncio.sleep(generator.uniform(4, 7))
    victim.restart()


async def load_and_fault(cluster: Cluster, bootstrap: str, seed: int, seconds: int, rate: int) -> None:
    """Send the load while one worker, chosen by the seed, dies and comes back."""
    generator = random.Random(seed)  # noqa: S311 - a round can be repeated
    victim = generator.choice(cluster.workers)
    await asyncio.gather(send(bootstrap, seconds, rate), disturb(victim, generator))


def round_of(seed: int, seconds: int, rate: int) -> dict[str, Any]:
    """Run one round and return what became of its positions."""
    with tempfile.TemporaryDirectory(prefix="stock") as name:
        folder = Path(name) / f"round-{seed}"
        folder.mkdir()
        kafka = start_kafka(folder / "kafka", Settings.load().cache_dir)
        try:
            make_topics(kafka.bootstrap)
            with cluster_of(kafka.bootstrap, folder) as cluster:
                cluster.start(2)
                asyncio.run(load_and_fault(cluster, kafka.bootstrap, seed, seconds, rate))
                cluster.wait_until_shared()
                sent = seconds * rate
                cluster.wait_until_caught_up(sent)
                cluster.wait_until_committed(sent)
                return {"seed": seed, "sent": sent, **count(cluster, kafka.bootstrap, sent)}
        finally:
            kafka.broker.stop()


def count(cluster: Cluster, bootstrap: str, sent: int) -> dict[str, Any]:
    """Return what the tables hold and what the output topic says, against what was sent."""
    vehicles = cluster.vehicles(cluster.workers[0]).values()
    accepted = sum(row["accepted"] for row in vehicles)
    refused = Counter[str]()
    for row in vehicles:
        refused.update(row["refused"])
    outputs = Counter(record.value for record in read_all(bootstrap, "fleet.vehicles"))
    return {
        "lost": sent - accepted,
        "handed_over_twice": refused.total(),
        "outputs_missing": max(0, sent - len(outputs)),
        "outputs_doubled": outputs.total() - len(outputs),
    }


def main() -> None:
    """Run the rounds and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=20, help="length of the load")
    parser.add_argument("--rate", type=int, default=1_000, help="positions per second")
    parser.add_argument("--json", type=Path, default=RESULTS / "stock_faust.json")
    arguments = parser.parse_args()
    rounds = []
    for seed in range(1, arguments.rounds + 1):
        rounds.append(round_of(seed, arguments.seconds, arguments.rate))
        print(json.dumps(rounds[-1]), flush=True)
    result = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "packages": {name: version(name) for name in ("faust-streaming", "mode-streaming", "aiokafka", "rocksdict")},
        "seconds": arguments.seconds,
        "rate_per_s": arguments.rate,
        "vehicles": VEHICLES,
        "runs": rounds,
    }
    arguments.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
