"""An application of one agent that looks at a global view, and a way to run it as a process of its own."""

from collections.abc import Mapping
from typing import Final

import msgspec

from fleet_app.stream.declarations import Agent, AgentTask, Cleanup, GlobalView, Handler, Record
from tests.stream.small_app import COPIES, DEAD_LETTERS, LINES, TOTALS, Line, Total, run, topic

NAMELESS: Final = "nameless"
NAMES_TOPIC: Final = msgspec.structs.replace(topic("names"), cleanup=Cleanup.COMPACT)
Names = Mapping[str, str]


def changed(names: Names, changes: Mapping[str, Line | None]) -> Names:
    """Return the names after changes."""
    after = {**names, **{word: line.text for word, line in changes.items() if line is not None}}
    return {word: name for word, name in after.items() if word not in changes or changes[word] is not None}


NAMES: Final[GlobalView[Line, Names]] = GlobalView(topic=NAMES_TOPIC, empty={}, changed=changed)


def name_lines(task: AgentTask) -> Handler:
    """Count a record under its key, and tell where it stood and what its key is called."""
    totals, names, send = task.table(TOTALS), task.view(NAMES), task.send

    def handle(record: Record) -> None:
        key = (record.key or b"").decode()
        totals[key] = Total((totals.get(key) or Total(0)).seen + 1)
        send(COPIES, key, Line(f"{task.partition}-{record.offset} {names.now.get(key, NAMELESS)}"))

    return handle


NAME_LINES: Final = Agent(
    name="name_lines",
    reads=LINES,
    owns=(TOTALS,),
    sends=(COPIES,),
    dead_letters=DEAD_LETTERS,
    bind=name_lines,
    looks_at=(NAMES,),
)

if __name__ == "__main__":
    run(NAME_LINES)
