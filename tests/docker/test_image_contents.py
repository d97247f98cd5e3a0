"""What the image contains: the wheel, built from what the Dockerfile copies alone, in a clean environment."""

import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from aiohttp.test_utils import unused_port

from fleet_app import __version__
from fleet_app.errors import BrokerError

if TYPE_CHECKING:
    from tests.docker.conftest import Dockerfile

ROOT = Path(__file__).parents[2]
DASHBOARD = ROOT / "fleet_app" / "web" / "dashboard"


class Image:
    """What the image would run, from here."""

    def __init__(self, environment: Path, dockerfile: "Dockerfile") -> None:
        self.site = next(environment.glob("lib/python*/site-packages"))
        self.home = environment.parent / "home"
        self.home.mkdir()
        self._binaries = environment / "bin"
        self._entry_point = dockerfile.last("ENTRYPOINT").words()
        self._variables = {
            **dockerfile.variables(),
            "PATH": str(self._binaries),
            "HOME": str(self.home),
            "FLEET_STATE_DIR": str(self.home),
        }

    def run(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command behind the entry point, with the image's variables and nothing of this machine's."""
        return self.execute(*self._entry_point, *command, **variables)

    def execute(self, program: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a program of the image in place of the entry point."""
        return subprocess.run(
            [self._binaries / program, *arguments],
            cwd=self.home,
            env={**self._variables, **variables},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture(scope="module")
def image(dockerfile: "Dockerfile", tmp_path_factory: pytest.TempPathFactory) -> Image:
    place = tmp_path_factory.mktemp("image")
    source = place / "source"
    source.mkdir()
    for copied in dockerfile.sources():
        _copy(ROOT / copied, source / copied)
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", "dist"], cwd=source, check=True)
    environment = place / "environment"
    venv.create(environment, symlinks=True)
    (wheel,) = (source / "dist").glob("*.whl")
    install = ("pip", "install", "--quiet", "--no-deps", "--offline", "--python", environment / "bin" / "python")
    subprocess.run([sys.executable, "-m", "uv", *install, wheel], check=True)
    image = Image(environment, dockerfile)
    # The locked dependencies are here already; only the path to them is missing.
    (image.site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return image


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
    else:
        shutil.copy(source, target)


def test_the_entry_point_says_its_version(image: Image) -> None:
    done = image.run("--version")

    assert (done.returncode, done.stdout) == (0, f"fleet, version {__version__}\n")


def test_the_default_command_exists(image: Image, dockerfile: "Dockerfile") -> None:
    done = image.run(*dockerfile.last("CMD").words(), "--help")

    assert done.returncode == 0
    assert "Run one worker" in done.stdout


def test_the_packages_are_those_of_the_wheel(image: Image) -> None:
    script = "import agents, fleet_app, tables; print(agents.__file__, fleet_app.__file__, tables.__file__)"
    done = image.execute("python", "-c", script)

    assert done.stderr == ""
    assert all(Path(file).is_relative_to(image.site) for file in done.stdout.split())


def test_files_that_are_not_python_came_along(image: Image) -> None:
    in_the_source = {
        file.relative_to(ROOT)
        for file in (ROOT / "fleet_app").rglob("*")
        if file.is_file() and "__pycache__" not in file.parts and not file.is_relative_to(DASHBOARD)
    }

    assert {file for file in in_the_source if not (image.site / file).is_file()} == set()


def test_the_dashboard_came_along_built_and_without_its_sources(image: Image) -> None:
    place = image.site / DASHBOARD.relative_to(ROOT)

    assert [path.name for path in place.iterdir()] == ["dist"]
    assert (place / "dist" / "index.html").is_file()


def test_a_worker_without_kafka_ends_with_a_message_and_its_exit_code(image: Image, dockerfile: "Dockerfile") -> None:
    nowhere = f"127.0.0.1:{unused_port()}"
    done = image.run(
        *dockerfile.last("CMD").words(),
        FLEET_BROKER=nowhere,
        FLEET_BROKER_WAIT_S="0.1",
        FLEET_PORT=str(unused_port()),
    )

    assert done.returncode == BrokerError.exit_code
    assert nowhere in done.stderr
    assert "Traceback" not in done.stderr


def test_an_open_address_without_a_key_is_refused(image: Image) -> None:
    done = image.run("worker", FLEET_HOST="0.0.0.0")

    assert done.returncode == 2
    assert "FLEET_API_KEY" in done.stderr
