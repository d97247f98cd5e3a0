import gc
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from fleet_app.broker.fetch import fetch_jars
from fleet_app.errors import BrokerError
from tests.support.maven import CONTENTS, Repository, lock_of, serving

# jgo leaves the connection of an answer that broke off to the garbage collector, which says so when it finds it.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

LOCK = lock_of(CONTENTS)


@pytest.fixture(autouse=True)
def _collect_here() -> Iterator[None]:
    """Let it find them in this module, and not in whichever test runs later."""
    yield
    gc.collect()


@pytest.fixture
def repository() -> Iterator[Repository]:
    with serving(Repository(CONTENTS)) as repository:
        yield repository


def fetch(repository: Repository, folder: Path) -> tuple[Path, ...]:
    return fetch_jars(folder, LOCK, repositories={"test": repository.url})


def kept(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != ".lock"}


def fetching_process(repository: Repository, folder: Path, prelude: str = "") -> subprocess.Popen[bytes]:
    script = f"""
import sys, pathlib, msgspec
from fleet_app.broker.fetch import fetch_jars
from fleet_app.broker.lock import Lock
{prelude}
lock = msgspec.json.decode(sys.argv[1], type=Lock)
fetch_jars(pathlib.Path(sys.argv[2]), lock, repositories={{"test": sys.argv[3]}})
"""
    command = [sys.executable, "-c", script, msgspec.json.encode(LOCK).decode(), str(folder), repository.url]
    return subprocess.Popen(command, stderr=subprocess.PIPE)


def test_a_fetch_returns_every_jar_in_the_order_of_the_lock(repository: Repository, tmp_path: Path) -> None:
    jars = fetch(repository, tmp_path / "kafka")

    assert [path.read_bytes() for path in jars] == list(CONTENTS.values())


def test_nothing_is_left_beside_the_jars(repository: Repository, tmp_path: Path) -> None:
    jars = fetch(repository, tmp_path)

    assert set(kept(tmp_path)) == {path.name for path in jars}


def test_what_is_there_is_not_fetched_again(repository: Repository, tmp_path: Path) -> None:
    first = fetch(repository, tmp_path)
    repository.asked.clear()

    assert fetch(repository, tmp_path) == first
    assert repository.asked == []


def test_a_jar_that_changed_on_disk_is_fetched_again(repository: Repository, tmp_path: Path) -> None:
    beta = fetch(repository, tmp_path)[1]
    beta.write_bytes(b"x" * len(CONTENTS["beta"]))
    repository.asked.clear()

    fetch(repository, tmp_path)

    assert beta.read_bytes() == CONTENTS["beta"]
    assert repository.asked == ["beta"]


def test_a_jar_with_a_wrong_checksum_is_thrown_away(repository: Repository, tmp_path: Path) -> None:
    repository.jars["beta"] = b"B" * len(CONTENTS["beta"])

    with pytest.raises(BrokerError, match=r"org\.example:beta:1\.0 arrived with SHA-256 [0-9a-f]{64}, expected"):
        fetch(repository, tmp_path)

    assert repository.jars["beta"] not in kept(tmp_path).values()


def test_a_jar_that_is_cut_off_is_tried_again_and_then_reported(repository: Repository, tmp_path: Path) -> None:
    repository.cut_off.add("beta")

    with pytest.raises(BrokerError, match=r"org\.example:beta:1\.0 cannot be fetched.*goes on where it stopped"):
        fetch(repository, tmp_path)

    assert repository.asked.count("beta") == 3
    assert "beta-1.0.jar" not in kept(tmp_path)


def test_a_fetch_goes_on_where_the_last_one_stopped(repository: Repository, tmp_path: Path) -> None:
    del repository.jars["gamma"]
    with pytest.raises(BrokerError, match=r"org\.example:gamma:1\.0 cannot be fetched"):
        fetch(repository, tmp_path)
    before = set(kept(tmp_path))
    repository.jars["gamma"] = CONTENTS["gamma"]
    repository.asked.clear()

    fetch(repository, tmp_path)

    assert {f"{artifact}-1.0.jar" for artifact in repository.asked} == {f"{name}-1.0.jar" for name in CONTENTS} - before


def test_a_fetch_that_is_killed_leaves_no_half_jar(repository: Repository, tmp_path: Path) -> None:
    repository.stalls.add("beta")
    with fetching_process(repository, tmp_path) as process:
        assert repository.stalling.wait(30)
        process.kill()
    assert not (tmp_path / "beta-1.0.jar").exists()
    repository.stalls.clear()

    jars = fetch(repository, tmp_path)

    assert kept(tmp_path) == {path.name: content for path, content in zip(jars, CONTENTS.values(), strict=True)}


def test_two_processes_that_fetch_at_once_fetch_every_jar_once(repository: Repository, tmp_path: Path) -> None:
    with fetching_process(repository, tmp_path) as one, fetching_process(repository, tmp_path) as other:
        assert (one.wait(), other.wait()) == (0, 0)

    assert sorted(repository.asked) == sorted(CONTENTS)


def test_without_a_network_the_message_says_what_to_do(tmp_path: Path) -> None:
    with serving(Repository(CONTENTS)) as gone:
        pass

    with pytest.raises(BrokerError, match=r"Check the network .* FLEET_BROKER"):
        fetch(gone, tmp_path)


def test_a_cache_that_cannot_be_written_is_named(repository: Repository, tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()

    with pytest.raises(
        BrokerError, match=rf"cannot be kept in {in_the_way / 'kafka'}: Not a directory.*FLEET_CACHE_DIR"
    ):
        fetch(repository, in_the_way / "kafka")


def test_a_disk_without_room_is_reported_as_such(repository: Repository, tmp_path: Path) -> None:
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))"
    with fetching_process(repository, tmp_path, prelude=limit) as process:
        _, stderr = process.communicate()

    assert b"BrokerError: Kafka 0.0.0 cannot be kept in" in stderr
    assert b"make room" in stderr


def test_without_jgo_the_message_says_how_to_install_it(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "jgo.maven", None)

    with pytest.raises(BrokerError, match=r"jgo.*pip install 'fleet-app\[local-broker\]'"):
        fetch(repository, tmp_path)
