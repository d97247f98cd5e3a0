"""Runs the examples of a document in one shell, and holds what they print against what the document shows."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

_BLOCK: Final = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PROMPT: Final = "$ "
_ELLIPSIS: Final = "…"
_DONE: Final = "what was asked is done"
_WRITES: Final = ("-X", "--json", "-d ", "export", "> ", ".post(", ".put(")


class Example(NamedTuple):
    """What a document tells to run, and what it says that this prints; empty where it does not say."""

    command: str
    shown: str

    @property
    def only_reads(self) -> bool:
        """Whether it may be run again until it prints what is shown: what was sent takes a moment to count."""
        return self.command.startswith(("curl", "{PYTHON}", sys.executable)) and not any(
            sign in self.command for sign in _WRITES
        )


def examples_of(document: str) -> Iterator[Example]:
    """Yield each example of a document, in order: each prompt of a `console` block, and each `python` block."""
    blocks = [(match[1], match[2]) for match in _BLOCK.finditer(document)]
    for (kind, text), (following, shown) in zip(blocks, [*blocks[1:], ("", "")], strict=True):
        if kind == "console":
            for part in text.split(f"\n{_PROMPT}"):
                command, _, output = part.removeprefix(_PROMPT).partition("\n")
                yield Example(command, output.rstrip("\n"))
        elif kind == "python":
            yield Example(f"{{PYTHON}} - <<'PROGRAM'\n{text}PROGRAM", shown.strip() if following == "text" else "")


def fits(shown: str, printed: str) -> bool:
    """Return whether a command printed what is shown, where an ellipsis stands for anything."""
    pattern = ".*".join(re.escape(part) for part in shown.split(_ELLIPSIS))
    return shown == "" or re.fullmatch(pattern, printed.strip(), re.DOTALL) is not None


class Shell:
    """A bash that goes on from one command to the next."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            ["/bin/bash", "--noprofile", "--norc"],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, command: str) -> str:
        """Run a command and return what it printed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{command}\necho; echo {_DONE}\n")
        self._process.stdin.flush()
        lines = iter(self._process.stdout.readline, f"{_DONE}\n")
        return "".join(lines).removesuffix("\n")

    def end(self) -> None:
        """End it, and what it has started."""
        self.run("kill $(jobs -p) 2> /dev/null; wait")
        self._process.terminate()
        self._process.communicate()


def run_until_it_fits(shell: Shell, example: Example, *, within_s: float = 20.0) -> str:
    """Run an example and return what it printed; one that only reads, until it prints what is shown."""
    deadline = time.monotonic() + within_s
    printed = shell.run(example.command)
    while example.only_reads and not fits(example.shown, printed) and time.monotonic() < deadline:
        printed = shell.run(example.command)
    return printed
