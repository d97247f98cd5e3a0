"""The results: a JSON line per seed, and what a person reads of them."""

from collections import defaultdict
from collections.abc import Iterable
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
    """Return one row per kind of fault: sums of what was wrong, the longest of the stops."""
    by_fault: dict[tuple[str, bool], list[Run]] = defaultdict(list)
    for run in runs:
        by_fault[" + ".join(run.faults), run.session_s >= _LONG_SESSION_S].append(run)
    table = Table("fault", "runs", "records", "lost", "doubled", "wrong", "exits", "victim, s", "survivor, s", box=None)
    for (fault, long_session), group in sorted(by_fault.items()):
        table.add_row(
            f"{fault}, session 10 s" if long_session else fault,
            str(len(group)),
            str(sum(run.sent for run in group)),
            str(sum(run.lost for run in group)),
            str(sum(run.doubled for run in group)),
            str(sum(run.wrong for run in group)),
            str(sum(len(run.exits) for run in group)),
            _longest(run.gaps_s.victim for run in group),
            _longest(run.gaps_s.survivor for run in group),
        )
    return table


_LONG_SESSION_S: Final = 10.0


def _longest(gaps_s: Iterable[float | None]) -> str:
    known = [gap_s for gap_s in gaps_s if gap_s is not None]
    return f"{max(known):.1f}" if known else "-"
