import os
import re
import shlex
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

ROOT = Path(__file__).parents[2]
SECRETS = {
    "FLEET_API_KEY": "a-key-of-more-than-16-characters",
    "FLEET_CLUSTER_SECRET": "a-secret-of-more-than-32-characters",
}


class Instruction(msgspec.Struct, frozen=True):
    """A line of a Dockerfile, its continuations joined."""

    keyword: str
    rest: str

    def words(self) -> list[str]:
        """Return the words of a shell form, or the elements of an exec form."""
        return list(msgspec.json.decode(self.rest)) if self.rest.startswith("[") else shlex.split(self.rest)


class Dockerfile:
    """The Dockerfile, by stages."""

    def __init__(self, text: str) -> None:
        joined = re.sub(r"\\\n\s*", "", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE))
        instructions = [Instruction(*line.split(maxsplit=1)) for line in joined.splitlines() if line]
        starts = [index for index, instruction in enumerate(instructions) if instruction.keyword == "FROM"]
        self.stages = [instructions[start:end] for start, end in zip(starts, [*starts[1:], None], strict=True)]

    def all(self, keyword: str, *, stage: int) -> list[Instruction]:
        """Return the instructions of a stage with that keyword."""
        return [instruction for instruction in self.stages[stage] if instruction.keyword == keyword]

    def last(self, keyword: str) -> Instruction:
        """Return what the image does: the last instruction of the last stage with that keyword."""
        return self.all(keyword, stage=-1)[-1]

    def sources(self) -> list[str]:
        """Return every path that is copied from the repository."""
        copies = [instruction for stage in range(len(self.stages)) for instruction in self.all("COPY", stage=stage)]
        return [source for copy in copies if "--from" not in copy.rest for source in copy.words()[:-1]]

    def variables(self) -> dict[str, str]:
        """Return the variables that the image sets."""
        pairs = (word.partition("=") for line in self.all("ENV", stage=-1) for word in line.words())
        return {name: value for name, _, value in pairs}


@pytest.fixture(scope="session")
def dockerfile() -> Dockerfile:
    return Dockerfile((ROOT / "docker" / "Dockerfile").read_text())


@pytest.fixture(scope="session")
def compose() -> dict[str, Any]:
    text = (ROOT / "docker" / "compose.yaml").read_text()
    filled_in = re.sub(r"\$\{(\w+):\?[^}]*\}", lambda variable: SECRETS[variable[1]], text)
    loaded: dict[str, Any] = yaml.safe_load(filled_in)
    return loaded


@pytest.fixture(scope="session")
def workers(compose: dict[str, Any]) -> dict[str, Any]:
    return {name: service for name, service in compose["services"].items() if service["image"] == "fleet-app"}


@pytest.fixture(scope="session")
def brokers(compose: dict[str, Any]) -> dict[str, Any]:
    return {name: service for name, service in compose["services"].items() if "kafka" in service["image"]}


@pytest.fixture
def no_settings(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Hide this machine's own `FLEET_` variables."""
    for name in [name for name in os.environ if name.startswith("FLEET_")]:
        monkeypatch.delenv(name)
    return monkeypatch
