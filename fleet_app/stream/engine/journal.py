"""What a handler has done since its record began, so that all of it can be undone if it raises."""

from typing import Any, Protocol


class Undoable(Protocol):
    """Something that can take a change back."""

    def undo(self, key: Any, old: Any) -> None:  # noqa: ANN401 - whatever it noted itself
        """Take back the newest change, noted as `key` and `old`."""


class Journal(list[tuple[Undoable, Any, Any]]):
    """The changes of the record at hand, oldest first: who can undo it, what was changed, and what it was before.

    A list, because every put of the hot path appends to it.
    """

    __slots__ = ()

    def undo(self) -> None:
        """Take everything back."""
        while self:
            target, key, old = self.pop()
            target.undo(key, old)
