"""Under which name a worker is a static member of its group, so that a restart moves no partition."""

import hashlib
import re
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final

from fleet_app.errors import StateError

_FILE: Final = "worker-id"
_VALID: Final = re.compile(r"[a-zA-Z0-9._-]{8,64}")


def instance_id(directory: Path, *, topics: Collection[str], url: str, new_id: Callable[[], str]) -> str:
    """Return the worker's instance id: the same after a restart, another one if topics or URL have changed.

    The random part is kept in `directory`, made with `new_id` the first time, so that no two hosts choose the same:
    they would evict each other for ever. The broker gives whoever joins under a known id what it gave before, so a
    worker with other topics must have another id, and so must one that others reach at another URL.

    Raises:
        StateError: The file cannot be read or written, or holds something else.
    """
    told = hashlib.sha256("\n".join((url, *sorted(topics))).encode()).hexdigest()
    return f"{_kept_id(directory / _FILE, new_id)}-{told[:12]}"


def _kept_id(path: Path, new_id: Callable[[], str]) -> str:
    try:
        if not path.exists():
            _write_whole(path, new_id())
        kept = path.read_text(encoding="ascii", errors="replace").strip()
    except OSError as error:
        raise StateError(f"{path} cannot be read or written ({error.strerror}); check the folder's rights") from error
    if not _VALID.fullmatch(kept):
        raise StateError(f"{path} holds {kept!r}, which is no worker's id; delete the file")
    return kept


def _write_whole(path: Path, text: str) -> None:
    """Write so that a crash leaves either nothing or all of it."""
    draft = path.with_suffix(".new")
    draft.write_text(text, encoding="ascii")
    draft.replace(path)
