"""`make reliability`: seeded rounds of load and fault, a JSON line each, taken up again where the last run ended."""

import argparse
import asyncio
import contextlib
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from fleet_app.broker.testing import start_kafka
from fleet_app.settings import Settings
from tests.reliability.campaign.faults import SESSION_S, STORIES, Fault, Scene, fault_of
from tests.reliability.campaign.load import Load
from tests.reliability.campaign.verdict import Verdict, judge, read_outputs
from tests.support.kafka import make_topics
from tests.support.processes import Cluster, cluster_of

RESULTS = Path(__file__).parents[3] / "bench" / "results" / "reliability.jsonl"
WORKERS = 2
COMMIT_WITHIN_S = 10.0
_TABLE_COLUMNS = 120


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the results."""

    seed: int
    fault: Fault
    sent: int
    verdict: Verdict


def round_of(seed: int, *, seconds: int, rate_per_s: int) -> Round:
    """Run one round on a broker of its own."""
    with tempfile.TemporaryDirectory(prefix="fleet-reliability-") as name:
        folder = Path(name) / f"seed-{seed}"
        folder.mkdir()
        kafka = start_kafka(folder / "kafka", Settings.load().cache_dir)
        try:
            make_topics(kafka.bootstrap)
            load = Load(start_ms=time.time_ns() // 1_000_000, seconds=seconds, rate_per_s=rate_per_s)
            with cluster_of(kafka.bootstrap, folder, FLEET_SESSION_TIMEOUT_S=f"{SESSION_S:g}") as cluster:
                cluster.start(WORKERS)
                asyncio.run(_load_and_fault(load, kafka.bootstrap, Scene(cluster, seed), STORIES[fault_of(seed)]))
                return Round(
                    seed=seed,
                    fault=fault_of(seed),
                    sent=load.positions,
                    verdict=_settle(cluster, kafka.bootstrap, load),
                )
        finally:
            kafka.broker.stop()


async def _load_and_fault(load: Load, bootstrap: str, scene: Scene, tell: Callable[[Scene], None]) -> None:
    """Send the load, and let a fault happen somewhere in its first half."""

    def happen() -> None:
        scene.pause(load.seconds / 8, load.seconds / 4)
        tell(scene)

    await asyncio.gather(load.send(bootstrap), asyncio.to_thread(happen))


def _settle(cluster: Cluster, bootstrap: str, load: Load) -> Verdict:
    """Wait until everything that was sent is handled, give it time to be committed, and judge."""
    cluster.wait_until_shared()
    cluster.wait_until_caught_up(load.positions)
    with contextlib.suppress(AssertionError):
        cluster.wait_until_committed(load.positions, within_s=COMMIT_WITHIN_S)
    vehicles = cluster.vehicles(cluster.alive()[0])
    return judge(vehicles, read_outputs(bootstrap), cluster.committed(), load)


def read_rounds(path: Path) -> list[Round]:
    """Return the rounds that are there already."""
    lines = path.read_bytes().splitlines() if path.exists() else []
    return [msgspec.json.decode(line, type=Round) for line in lines]


def table_of(rounds: list[Round]) -> Table:
    """Return what a person reads: one row per kind of fault, the worst of its rounds."""
    by_fault: dict[Fault, list[Verdict]] = defaultdict(list)
    for each in rounds:
        by_fault[each.fault].append(each.verdict)
    table = Table(
        "fault", "rounds", "lost", "doubled", "uncommitted", "outputs lost", "outputs doubled", "longest gap, s"
    )
    for fault, verdicts in by_fault.items():
        table.add_row(
            fault,
            str(len(verdicts)),
            str(max(verdict.lost for verdict in verdicts)),
            str(max(verdict.doubled for verdict in verdicts)),
            str(max(verdict.uncommitted for verdict in verdicts)),
            str(max(verdict.outputs_lost for verdict in verdicts)),
            str(max(verdict.outputs_doubled for verdict in verdicts)),
            f"{max(verdict.longest_gap_s for verdict in verdicts):.1f}",
        )
    return table


def main() -> None:
    """Run the seeds that have no line yet, or one seed again without writing it down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, help="run only this one, and write nothing")
    parser.add_argument("--rounds", type=int, default=len(Fault), help="seeds 1 to this")
    parser.add_argument("--seconds", type=int, default=20, help="length of the load")
    parser.add_argument("--rate", type=int, default=1_000, help="positions per second")
    parser.add_argument("--results", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    console = Console(width=max(_TABLE_COLUMNS, Console().width))
    rounds = [] if arguments.seed else read_rounds(arguments.results)
    done = {each.seed for each in rounds}
    seeds = [arguments.seed] if arguments.seed else range(1, arguments.rounds + 1)
    for seed in seeds:
        if seed in done:
            continue
        rounds.append(round_of(seed, seconds=arguments.seconds, rate_per_s=arguments.rate))
        line = msgspec.json.encode(rounds[-1])
        console.print(line.decode(), markup=False, highlight=False, soft_wrap=True)
        if not arguments.seed:
            with arguments.results.open("ab") as results:
                results.write(line + b"\n")
    console.print(table_of(rounds))


if __name__ == "__main__":
    main()
