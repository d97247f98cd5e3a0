"""The results: a JSON line per seed, and what a person reads of them."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import msgspec
from rich.table import Table

from tests.reliability.campaign.one_run import Run

RESULTS: Final = Path(__file__).parents[3] / "bench" / "results" / "reliability.jsonl"


def read_runs(path: Path) -> list[Run]:
    """Return the runs that are there already."""
    lines = path.read_bytes().splitlines() if path.exists() else []
    return [msgspec.json.decode(line, type=Run) for line in lines]


def append_run(path: Path, run: Run) -> None:
    """Add a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as results:
        results.write(msgspec.json.encode(run) + b"\n")


def table_of(runs: Iterable[Run]) -> Table:
    """Return one row per kind of fault: sums of what was wrong."""
    table = Table("fault", "runs", "records", "lost", "doubled", "wrong", "exits", box=None)
    for fault, group in sorted(_grouped(runs, lambda run: run.faults[0]).items()):
        table.add_row(
            fault,
            str(len(group)),
            str(sum(run.sent for run in group)),
            str(sum(run.lost for run in group)),
            str(sum(run.doubled for run in group)),
            str(sum(run.wrong for run in group)),
            str(sum(len(run.exits) for run in group)),
        )
    return table


def gaps_of(runs: Iterable[Run]) -> Table:
    """Return one row per kind of stop: the longest, in seconds, of the victims' and of the survivors' partitions.

    Where a worker died does not matter to the others, only how, and what became of it.
    """
    table = Table("what stopped", "runs", "victim", "beyond the session", "survivor", "any", box=None)
    for cause, group in sorted(_grouped(runs, _cause).items()):
        table.add_row(
            cause,
            str(len(group)),
            _longest(run.gaps_s.victim for run in group),
            _longest(run.gaps_s.victim and run.gaps_s.victim - run.session_s for run in group),
            _longest(run.gaps_s.survivor for run in group),
            _longest(run.gaps_s.any for run in group),
        )
    return table


def _cause(run: Run) -> str:
    fault, *notes = run.faults
    how = fault.partition(" at ")[0] if notes else fault
    return ", ".join([how.partition(",")[0], *notes]) if notes else how


def _grouped(runs: Iterable[Run], key: Callable[[Run], str]) -> dict[str, list[Run]]:
    groups: dict[str, list[Run]] = defaultdict(list)
    for run in runs:
        groups[key(run)].append(run)
    return groups


def _longest(gaps_s: Iterable[float | None]) -> str:
    known = [gap_s for gap_s in gaps_s if gap_s is not None]
    return f"{max(known):.1f}" if known else "-"
