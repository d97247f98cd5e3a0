"""Bring the broker's jars here, once, and never trust a byte that the lock does not know.

Every jar is fetched beside its place, compared with the lock, and only then moved in, so that whatever interrupts a
fetch leaves whole jars or nothing. The next call goes on with those that are missing.
"""

import fcntl
import hashlib
import shutil
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from fleet_app.broker.lock import Jar, Lock
from fleet_app.errors import BrokerError

if TYPE_CHECKING:
    from jgo.maven import MavenContext

INSTALL: Final = "pip install 'fleet-app[local-broker]'"
"""What to run when a package that only the local broker needs is missing."""

_CONNECTIONS: Final = 4
_TRIES: Final = 3


def fetch_jars(folder: Path, lock: Lock, *, repositories: Mapping[str, str] | None = None) -> tuple[Path, ...]:
    """Return the jars of `lock` in `folder`, in the lock's order, each compared with its sum; fetch those that are not.

    Processes that call this at the same time take turns. Shows a progress bar on standard error while it fetches.

    Args:
        folder: Where the jars are kept; created where it is missing.
        lock: What to fetch.
        repositories: Maven repositories by name; without it those that jgo knows (Maven Central).

    Raises:
        BrokerError: No network, no such jar, a wrong sum, no room, no permission, or jgo is not installed.
    """
    try:
        if _missing(folder, lock):
            with _one_at_a_time(folder):
                _fetch(folder, lock, repositories)
    except OSError as error:
        raise BrokerError(
            f"Kafka {lock.kafka} cannot be kept in {folder}: {error.strerror or error}. "
            f"It takes {_megabytes(lock.size_bytes)}; make room, or set FLEET_CACHE_DIR to another folder."
        ) from error
    return tuple(folder / jar.file_name for jar in lock.jars)


def _missing(folder: Path, lock: Lock) -> list[Jar]:
    return [jar for jar in lock.jars if _sha256(folder / jar.file_name) != jar.sha256]


def _sha256(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (FileNotFoundError, NotADirectoryError):
        return None


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _fetch(folder: Path, lock: Lock, repositories: Mapping[str, str] | None) -> None:
    missing = _missing(folder, lock)
    if not missing:
        return  # another process fetched them while this one waited for its turn
    staging = folder / ".fetching"
    shutil.rmtree(staging, ignore_errors=True)
    try:
        with _progress(f"Fetching Apache Kafka {lock.kafka}", missing) as advance:
            maven = _maven(staging, repositories, advance)
            _all_of(missing, lambda jar: _fetch_one(maven, jar, folder))
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _all_of(jars: list[Jar], fetch: Callable[[Jar], None]) -> None:
    """Fetch several at a time; the first failure, or Ctrl-C, drops those not yet begun."""
    pool = ThreadPoolExecutor(_CONNECTIONS, thread_name_prefix="fetch-kafka")
    try:
        for task in as_completed([pool.submit(fetch, jar) for jar in jars]):
            task.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _fetch_one(maven: "MavenContext", jar: Jar, folder: Path) -> None:
    fetched = _download(maven, jar)
    sha256 = _sha256(fetched)
    if sha256 != jar.sha256:
        raise BrokerError(
            f"{jar.coordinate} arrived with SHA-256 {sha256}, expected {jar.sha256}; it was thrown away. "
            "Something between here and the repository changes what is fetched (a proxy, a mirror): "
            "try from another network, or set FLEET_BROKER to a Kafka that runs already."
        )
    fetched.replace(folder / jar.file_name)


def _download(maven: "MavenContext", jar: Jar) -> Path:
    from requests import RequestException  # noqa: PLC0415 - comes with jgo, which is optional

    artifact = maven.project(jar.group, jar.artifact).at_version(jar.version).artifact()
    for tries_left in reversed(range(_TRIES)):
        try:
            return artifact.resolve()
        except (RequestException, RuntimeError) as error:
            # jgo takes a file that is there for a whole one; this one was cut off.
            (maven.repo_cache / artifact.component.path_prefix / jar.file_name).unlink(missing_ok=True)
            if not tries_left:
                raise BrokerError(
                    f"{jar.coordinate} cannot be fetched from {', '.join(maven.remote_repos.values())}: "
                    f"{_first_cause(error)}. Check the network and run this again (it goes on where it stopped), "
                    "or set FLEET_BROKER to a Kafka that runs already."
                ) from error
    raise AssertionError


def _first_cause(error: BaseException) -> BaseException:
    """Return what the network said, without the layers that passed it on."""
    return error if error.__context__ is None else _first_cause(error.__context__)


def _maven(repo_cache: Path, repositories: Mapping[str, str] | None, advance: Callable[[int], None]) -> "MavenContext":
    try:
        from jgo.maven import MavenContext, PythonResolver  # noqa: PLC0415 - optional, and slow to import
    except ImportError as error:
        raise BrokerError(f"jgo, which fetches Kafka, is not installed: {INSTALL}") from error

    @contextmanager
    def report(_name: str, _size_bytes: int) -> Iterator[Callable[[int], None]]:
        yield advance

    remote_repos = None if repositories is None else dict(repositories)
    return MavenContext(PythonResolver(progress_callback=report), repo_cache=repo_cache, remote_repos=remote_repos)


@contextmanager
def _progress(title: str, jars: list[Jar]) -> Iterator[Callable[[int], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=sum(jar.size_bytes for jar in jars))
        yield lambda count: bar.advance(task, count)


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / 1_000_000:.0f} MB"
