"""Score an estimator on the drives that were kept: `python -m bench.motion_truth.score --help`."""

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Final

from bench.motion_truth import chords, fold
from bench.motion_truth.sampling import Tracker
from bench.motion_truth.scoring import Estimator, Score, score
from bench.motion_truth.truth import Net, read_nets

ESTIMATORS: Final[Mapping[str, Estimator]] = {"chords": chords.measure, "fold": fold.measure}
INTERVALS_S: Final = (1, 5, 10, 30)
SIGMAS_M: Final = (0.0, 3.0, 5.0)
HEADER: Final = (
    "| net | every | noise | speed | distance | per vehicle | stops | reported | found | unmatched | false |\n"
    "|---|--:|--:|---|--:|--:|--:|--:|--:|--:|--:|\n"
)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Score an estimator on the drives that were kept.")
    parser.add_argument("cache", type=Path, help="folder that `simulate` has written to")
    parser.add_argument("--estimator", choices=ESTIMATORS, default="fold")
    parser.add_argument("--accuracy", action="store_true", help="trackers report their accuracy too")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    sys.stdout.write(HEADER)
    trackers = list(_trackers(tells_accuracy=given.accuracy))
    sys.stdout.writelines(_rows(read_nets(given.cache), trackers, ESTIMATORS[given.estimator], given.seed))


def _trackers(*, tells_accuracy: bool) -> Iterator[Tracker]:
    for tells_speed, interval_s, sigma_m in product((True, False), INTERVALS_S, SIGMAS_M):
        yield Tracker(interval_s, sigma_m, tells_speed, tells_accuracy)


def _rows(nets: Iterable[Net], trackers: Iterable[Tracker], estimate: Estimator, seed: int) -> Iterator[str]:
    for net, tracker in product(nets, trackers):
        yield _row(net.name, tracker, score(net, tracker, estimate, seed))


def _row(net: str, tracker: Tracker, result: Score) -> str:
    told = "told" if tracker.tells_speed else "none"
    cells = (
        *(net, f"{tracker.interval_s} s", f"{tracker.sigma_m:g} m", told),
        *(f"{result.distance_error:+.2%}", f"{result.vehicle_error:.2%}", result.true_stops, result.reported_stops),
        *map(_percent, (result.found, result.unmatched, result.false)),
    )
    return f"| {' | '.join(map(str, cells))} |\n"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"


if __name__ == "__main__":
    main()
