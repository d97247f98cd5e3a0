import contextlib
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from fleet_app.settings import Settings

if TYPE_CHECKING:
    from tests.docker.conftest import Dockerfile

ROOT = Path(__file__).parents[2]


def test_both_stages_start_from_the_same_exactly_pinned_python(dockerfile: "Dockerfile") -> None:
    bases = [stage[0].words()[0] for stage in dockerfile.stages]

    assert len(bases) == 2
    assert len(set(bases)) == 1
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+", bases[0])


def test_everything_copied_exists_and_nothing_else_is_sent_to_the_builder(dockerfile: "Dockerfile") -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()

    assert all((ROOT / source).exists() for source in dockerfile.sources())
    assert [line for line in lines if not line.startswith(("#", "!"))] == [
        "*",
        "**/__pycache__",
        "fleet_app/web/dashboard/dist",
        "fleet_app/web/dashboard/node_modules",
    ]
    assert {line[1:] for line in lines if line.startswith("!")} == set(dockerfile.sources())


def test_whatever_comes_from_a_registry_is_checked_by_hash(dockerfile: "Dockerfile") -> None:
    installs = [run.rest for run in dockerfile.all("RUN", stage=0) if "pip install" in run.rest]

    assert len(installs) == 3
    assert all("--require-hashes" in install or "--no-index" in install for install in installs)
    assert not any("pip" in run.rest for run in dockerfile.all("RUN", stage=1))


def test_the_build_tools_are_those_of_the_development_lock() -> None:
    pinned = re.compile(r"^\S+==\S+", re.MULTILINE)
    for_the_image = set(pinned.findall((ROOT / "docker" / "build.lock").read_text()))
    for_development = set(pinned.findall((ROOT / "requirements-dev.lock").read_text()))

    assert any(pin.startswith("hatchling==") for pin in for_the_image)
    assert for_the_image <= for_development


def test_the_image_runs_without_rights(dockerfile: "Dockerfile") -> None:
    user, group = map(int, dockerfile.last("USER").rest.split(":"))

    assert user >= 10_000
    assert group >= 10_000


def test_signals_reach_the_worker_itself(dockerfile: "Dockerfile") -> None:
    assert dockerfile.last("ENTRYPOINT").rest == '["fleet"]'
    assert dockerfile.last("CMD").rest == '["worker"]'
    assert dockerfile.last("STOPSIGNAL").rest == "SIGTERM"


def test_state_lies_in_the_volume_and_the_exposed_port_is_the_default_one(
    dockerfile: "Dockerfile", no_settings: pytest.MonkeyPatch
) -> None:
    for name, value in dockerfile.variables().items():
        no_settings.setenv(name, value)
    settings = Settings.load()

    assert str(settings.state_dir) == dockerfile.last("VOLUME").rest
    assert str(settings.port) == dockerfile.last("EXPOSE").rest
    assert settings.log_format == "json"


def test_the_image_misspells_no_setting(dockerfile: "Dockerfile") -> None:
    named = {name for name in dockerfile.variables() if name.startswith("FLEET_")}

    assert named <= {f"FLEET_{field.upper()}" for field in Settings.model_fields}


@contextlib.contextmanager
def answering(status: HTTPStatus) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/healthz" else HTTPStatus.NOT_FOUND)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def check_health(dockerfile: "Dockerfile", port: int) -> subprocess.CompletedProcess[str]:
    """Run the image's health check as Docker would, in the image's place of things."""
    _, _, command = dockerfile.last("HEALTHCHECK").rest.partition(" CMD ")
    python, script = msgspec.json.decode(command, type=list[str])
    assert python == "python"
    copied = {
        copy.words()[1]: copy.words()[0] for copy in dockerfile.all("COPY", stage=-1) if "--from" not in copy.rest
    }
    environment = {"FLEET_PORT": str(port), "http_proxy": "http://127.0.0.1:1"}
    return subprocess.run(
        [sys.executable, ROOT / copied[script]], env=environment, capture_output=True, text=True, check=False
    )


def test_the_health_check_passes_while_the_worker_answers(dockerfile: "Dockerfile") -> None:
    with answering(HTTPStatus.OK) as port:
        checked = check_health(dockerfile, port)

    assert (checked.returncode, checked.stderr) == (0, "")


def test_the_health_check_fails_with_the_workers_status(dockerfile: "Dockerfile") -> None:
    with answering(HTTPStatus.SERVICE_UNAVAILABLE) as port:
        checked = check_health(dockerfile, port)

    assert (checked.returncode, checked.stderr) == (1, "/healthz answers 503\n")


def test_the_health_check_fails_where_nobody_answers(dockerfile: "Dockerfile") -> None:
    with answering(HTTPStatus.OK) as port:
        pass
    checked = check_health(dockerfile, port)

    assert checked.returncode == 1
    assert checked.stderr.startswith(f"no answer from port {port}: ")
