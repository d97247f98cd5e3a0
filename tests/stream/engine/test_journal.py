"""What a record has changed is taken back, the newest first."""

from fleet_app.stream.engine.journal import Journal


class Notes:
    """Takes note of what is undone."""

    def __init__(self) -> None:
        self.undone: list[tuple[str, int]] = []

    def undo(self, key: str, old: int) -> None:
        self.undone.append((key, old))


def test_changes_are_undone_in_reverse_order() -> None:
    journal, notes = Journal(), Notes()
    journal.append((notes, "a", 1))
    journal.append((notes, "b", 2))
    journal.append((notes, "a", 3))
    journal.undo()

    assert notes.undone == [("a", 3), ("b", 2), ("a", 1)]


def test_what_was_undone_is_not_undone_again() -> None:
    journal, notes = Journal(), Notes()
    journal.append((notes, "a", 1))
    journal.undo()
    journal.undo()

    assert notes.undone == [("a", 1)]


def test_nothing_is_left_to_undo_once_a_record_is_done() -> None:
    journal, notes = Journal(), Notes()
    journal.append((notes, "a", 1))
    journal.clear()
    journal.undo()

    assert notes.undone == []
