"""Write `fleet_app/broker/kafka.lock.json`: every jar that the local broker needs, with size and SHA-256.

Run it by hand to move to another Kafka: `python tools/lock_kafka.py 4.3.1`, then run the tests and look at the
difference. The sums are taken from what is fetched now, so do it from a network you trust.
"""

import hashlib
import sys
import tempfile
from pathlib import Path
from typing import Final

import msgspec
from jgo.maven import Artifact, MavenContext

from fleet_app.broker.lock import LOCK_FILE, Jar, Lock

TARGET: Final = Path(__file__).parents[1] / "fleet_app" / "broker" / LOCK_FILE
SCALA: Final = "2.13"
"""The only Scala that Kafka 4 is built for; part of the broker's artifact name."""


def main(kafka: str) -> None:
    """Resolve, fetch, measure, write."""
    with tempfile.TemporaryDirectory() as folder:
        artifacts = _runtime(MavenContext(repo_cache=Path(folder)), kafka)
        jars = sorted((_jar(artifact) for artifact in artifacts), key=lambda jar: jar.coordinate)
    lock = Lock(kafka=kafka, jars=tuple(jars))
    _check(lock)
    TARGET.write_bytes(msgspec.json.format(msgspec.json.encode(lock), indent=2) + b"\n")
    print(f"{TARGET.name}: {len(lock.jars)} jars, {lock.size_bytes:,} bytes")


def _runtime(maven: MavenContext, kafka: str) -> list[Artifact]:
    """Return the broker, what it depends on at run time, and the one jar that its POM leaves to the distribution.

    That jar, which connects Kafka's logging to Log4j, is looked up by itself: jgo lets the version management of
    every root apply to all of them, and Log4j's would turn the clock of Kafka's own jars back.
    """
    root = maven.create_dependency(f"org.apache.kafka:kafka_{SCALA}:{kafka}")
    _, nodes = maven.resolver.get_dependency_list([root])
    artifacts = [root.artifact, *(node.dep.artifact for node in nodes)]
    log4j = next(artifact.version for artifact in artifacts if artifact.artifactId == "log4j-core")
    binding = maven.project("org.apache.logging.log4j", "log4j-slf4j-impl").at_version(log4j).artifact()
    return [*dict.fromkeys(artifacts), binding]


def _jar(artifact: Artifact) -> Jar:
    content = artifact.resolve().read_bytes()
    return Jar(
        group=artifact.groupId,
        artifact=artifact.artifactId,
        version=artifact.version,
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def _check(lock: Lock) -> None:
    """Stop if the resolution cannot be right."""
    strays = [jar.coordinate for jar in lock.jars if jar.group == "org.apache.kafka" and jar.version != lock.kafka]
    if strays:
        sys.exit(f"these jars are not of Kafka {lock.kafka}: {', '.join(strays)}")
    if len({jar.file_name for jar in lock.jars}) != len(lock.jars):
        sys.exit("two jars have the same file name")


if __name__ == "__main__":
    if len(sys.argv) != 2:  # noqa: PLR2004 - the script's name and one argument
        sys.exit(f"usage: {sys.argv[0]} KAFKA_VERSION")
    main(sys.argv[1])
