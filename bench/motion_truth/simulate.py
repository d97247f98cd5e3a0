"""Drive through the nets in SUMO and keep what was driven: `python -m bench.motion_truth.simulate --help`."""

import argparse
import csv
import os
import subprocess
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import hypot
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final

from bench.motion_truth.berlin import write_demand
from bench.motion_truth.truth import Drive, Net, write_nets

SEED: Final = 7
BERLIN_NET: Final = Path("tools/game/DRT/osm.net.xml")
BERLIN_ORIGIN: Final = (52.4244, 13.4539)
BOLOGNA_ORIGIN: Final = (44.49, 11.33)
BOLOGNA_ADDITIONAL: Final = (
    "pasubio_vtypes.add.xml",
    "pasubio_bus_stops.add.xml",
    "pasubio_busses.rou.xml",
    "pasubio_tls.add.xml",
)

SHORTEST_S: Final = 300
"""A drive shorter than this is left out."""

SAMPLE: Final = 600
"""How many cars of a net are followed, drawn at random from those that drive long enough; vans are followed all."""

TELEPORT_M: Final = 20.0
"""Further than its speed explains, a vehicle was lifted out of a jam by the simulator: its drive is left out.

Parking moves a vehicle aside by up to ten metres.
"""


def main() -> None:
    """Simulate and write."""
    parser = argparse.ArgumentParser(description="Drive through the nets in SUMO and keep what was driven.")
    parser.add_argument("cache", type=Path, help="folder to write to, outside the repository")
    parser.add_argument("--sumo", type=Path, required=True, help="site-packages/sumo of the eclipse-sumo package")
    parser.add_argument("--bologna", type=Path, required=True, help="folder with the files of the scenario Pasubio")
    given = parser.parse_args()
    nets = (berlin(given.sumo), berlin_tight(given.sumo), bologna(given.sumo, given.bologna))
    write_nets(nets, given.cache)


def berlin(sumo: Path) -> Net:
    """Drive delivery vans and cars through Berlin-Adlershof."""
    return _berlin(sumo, "berlin", 60.0, ("--weights.turnaround-penalty", "60"))


def berlin_tight(sumo: Path) -> Net:
    """Do the same with stops close to junctions and turning round wherever that is shortest."""
    return _berlin(sumo, "berlin_tight", 40.0, ())


def _berlin(sumo: Path, name: str, shortest_lane_m: float, routing: Sequence[str]) -> Net:
    net = sumo / BERLIN_NET
    with TemporaryDirectory() as folder:
        demand = Path(folder) / "demand.rou.xml"
        write_demand(net, demand, shortest_lane_m, Random(SEED))  # noqa: S311 - a demand, not a secret
        files = ["--net-file", str(net), "--route-files", str(demand), "--ignore-route-errors", *routing]
        drives = _drive(sumo, files)
    return Net(name, *BERLIN_ORIGIN, _followed(drives))


def bologna(sumo: Path, scenario: Path) -> Net:
    """Drive the counted morning peak of Bologna's Via Pasubio, as given."""
    files = [
        *("--net-file", str(scenario / "pasubio_buslanes.net.xml")),
        *("--route-files", str(scenario / "pasubio.rou.xml")),
        *("--additional-files", ",".join(str(scenario / name) for name in BOLOGNA_ADDITIONAL)),
    ]
    return Net("bologna", *BOLOGNA_ORIGIN, _followed(_drive(sumo, files)))


def _drive(sumo: Path, files: list[str]) -> list[Drive]:
    """Run the simulator, one row per vehicle and second."""
    with TemporaryDirectory() as folder:
        rows = Path(folder) / "rows.csv"
        command = [
            *(str(sumo / "bin" / "sumo"), *files, "--seed", str(SEED), "--no-step-log", "--no-warnings"),
            *("--precision", "3", "--fcd-output", str(rows), "--fcd-output.attributes", "x,y,speed,odometer"),
            *("--time-to-teleport", "600"),
        ]
        subprocess.run(command, env={**os.environ, "SUMO_HOME": str(sumo)}, check=True)  # noqa: S603 - the caller's SUMO
        with rows.open(encoding="utf-8", newline="") as lines:
            return _read(csv.DictReader(lines, delimiter=";"))


def _read(rows: Iterable[dict[str, str]]) -> list[Drive]:
    drives: dict[str, Drive] = {}
    for row in rows:
        name = row["vehicle_id"]
        if not name:
            continue  # a second without a vehicle is a row too
        drive = drives.get(name)
        if drive is None:
            drive = drives[name] = Drive(name, int(float(row["timestep_time"])), [], [], [], [])
        drive.x_m.append(float(row["vehicle_x"]))
        drive.y_m.append(float(row["vehicle_y"]))
        drive.speed_mps.append(float(row["vehicle_speed"]))
        drive.odometer_m.append(float(row["vehicle_odometer"]))
    return list(drives.values())


def _followed(drives: Iterable[Drive]) -> list[Drive]:
    usable = [drive for drive in drives if len(drive.x_m) > SHORTEST_S and not _teleported(drive)]
    vans = [drive for drive in usable if drive.vehicle_id.startswith("van")]
    others = [drive for drive in usable if not drive.vehicle_id.startswith("van")]
    sampled = Random(SEED).sample(others, min(SAMPLE, len(others)))  # noqa: S311 - a sample, not a secret
    return [*vans, *sampled]


def _teleported(drive: Drive) -> bool:
    places = pairwise(zip(drive.x_m, drive.y_m, strict=True))
    steps_m = (hypot(x_m - last_x_m, y_m - last_y_m) for (last_x_m, last_y_m), (x_m, y_m) in places)
    return any(step_m > speed_mps + TELEPORT_M for step_m, speed_mps in zip(steps_m, drive.speed_mps[1:], strict=True))


if __name__ == "__main__":
    main()
