"""`make reliability`: seeded runs of load and faults, a JSON line each, taken up again where the last one ended."""

import argparse
import logging
import multiprocessing
import shutil
import sys
import tempfile
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console

from tests.reliability.campaign.counter import Counter
from tests.reliability.campaign.faults import FAULTS, Fault, fault_of, session_s_of
from tests.reliability.campaign.findings import UnjudgedError
from tests.reliability.campaign.fleet import Fleet
from tests.reliability.campaign.one_run import Lab, Run, run_seed
from tests.reliability.campaign.results import RESULTS, append_run, gaps_of, read_runs, table_of
from tests.reliability.campaign.subject import Subject

SUBJECTS: Final[Mapping[str, type[Subject]]] = {"counter": Counter, "fleet": Fleet}
_TABLE_COLUMNS: Final = 150


class Unjudged(msgspec.Struct, frozen=True, kw_only=True):
    """A run that says nothing, because the harness failed: not counted, and tried again by the next campaign."""

    seed: int
    reason: str


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What a job is to do."""

    seed: int
    app: str
    fault: str
    rate_per_s: int
    folder: Path


def subject_of(seed: int, fault: Fault) -> str:
    """Return the name of the application that a seed runs."""
    names = list(SUBJECTS)
    return fault.app or names[seed % len(names)]


def run_order(order: Order) -> Run | Unjudged:
    """Run one seed with this process's broker. What it leaves is kept unless all was well."""
    folder = order.folder / f"seed-{order.seed}"
    folder.mkdir()
    lab = _lab(order.folder)
    try:
        run = run_seed(
            order.seed,
            SUBJECTS[order.app](),
            FAULTS[order.fault],
            lab,
            folder,
            session_s=session_s_of(order.seed),
            rate_per_s=order.rate_per_s,
        )
    except UnjudgedError as error:
        lab.discard()
        return Unjudged(seed=order.seed, reason=str(error))
    except Exception as error:  # noqa: BLE001 - whatever breaks the harness must not pass for a verdict
        lab.discard()
        return Unjudged(seed=order.seed, reason=repr(error))
    if run.exact:
        shutil.rmtree(folder, ignore_errors=True)
    return run


@cache
def _lab(folder: Path) -> Lab:
    return Lab(folder)


def run_orders(orders: Iterable[Order], jobs: int) -> Iterable[Run | Unjudged]:
    """Run seeds side by side, and yield each when it is done."""
    with ProcessPoolExecutor(
        jobs, mp_context=multiprocessing.get_context("spawn"), initializer=_hush_kafka_client
    ) as pool:
        try:
            for future in as_completed([pool.submit(run_order, order) for order in orders]):
                yield future.result()
        finally:
            # Ctrl-C ends what runs; what waits must not begin.
            pool.shutdown(cancel_futures=True)


def _hush_kafka_client() -> None:
    """What the load's client has to say of a broker that is down was to be expected."""
    logging.getLogger("aiokafka").addHandler(logging.NullHandler())


def main() -> None:
    """Run the seeds that have no line yet, or one seed again without writing it down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, help="run only this one, and write nothing")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--runs", type=int, default=124, help="seeds up to this")
    parser.add_argument("--app", choices=SUBJECTS, help="only this application")
    parser.add_argument(
        "--fault", choices=FAULTS, metavar="NAME", help="this fault whatever the seed says; writes nothing"
    )
    parser.add_argument("--rate", type=int, default=1_000, help="records per second")
    parser.add_argument("--jobs", type=int, default=2, help="runs side by side")
    parser.add_argument("--results", type=Path, default=RESULTS)
    given = parser.parse_args()
    console = Console(width=max(_TABLE_COLUMNS, Console().width))
    folder = Path(tempfile.mkdtemp(prefix="fleet-reliability-"))
    rehearsal = given.seed is not None or given.fault is not None
    runs = [] if rehearsal else read_runs(given.results)
    done = {run.seed for run in runs}
    seeds = [given.seed] if given.seed is not None else range(given.first, given.runs + 1)
    orders = [order for seed in seeds if seed not in done and (order := _order(seed, given, folder)) is not None]
    failed = 0
    for run in run_orders(orders, given.jobs):
        console.print(msgspec.json.encode(run).decode(), markup=False, highlight=False, soft_wrap=True)
        if isinstance(run, Unjudged):
            console.print(f"seed {run.seed} was not judged; see {folder}/seed-{run.seed}", style="yellow")
            continue
        runs.append(run)
        if not run.exact:
            failed += 1
            console.print(f"seed {run.seed} is not exact; logs and state are in {folder}/seed-{run.seed}", style="red")
        if not rehearsal:
            append_run(given.results, run)
    console.print(table_of(runs))
    console.print(gaps_of(runs))
    if not any(folder.glob("seed-*")):
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(1 if failed else 0)


def _order(seed: int, given: argparse.Namespace, folder: Path) -> Order | None:
    """Return what a seed stands for; None where that is nothing for the application that was asked for."""
    fault = FAULTS[given.fault] if given.fault else fault_of(seed)
    app = given.app or subject_of(seed, fault)
    if fault.app not in {None, app}:
        return None
    return Order(seed=seed, app=app, fault=fault.name, rate_per_s=given.rate, folder=folder)


if __name__ == "__main__":
    main()
