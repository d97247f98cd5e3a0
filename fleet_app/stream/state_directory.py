"""The folder a worker keeps its copy of the state in: writable, and held by one process at a time."""

import fcntl
import os
from pathlib import Path

from fleet_app.errors import StateError


class StateDirectory:
    """A folder with a lock. The lock ends with the process, however it ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock: int | None = None

    def hold(self) -> None:
        """Create the folder and lock it for this process.

        Raises:
            StateError: It cannot be written, or another process holds it.
        """
        try:
            self._path.mkdir(parents=True, exist_ok=True)
            lock = os.open(self._path / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise StateError(
                f"state directory {self._path} cannot be written ({error.strerror}); "
                "set FLEET_STATE_DIR to a folder that this user may write"
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(lock)
            raise StateError(
                f"state directory {self._path} is held by another worker; give each worker its own FLEET_STATE_DIR, "
                "or stop the other one"
            ) from error
        self._lock = lock

    def release(self) -> None:
        """Let another process have the folder."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
