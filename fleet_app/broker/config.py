"""What the broker is told: enough for a laptop and for tests, no more.

File names are relative: the broker runs in its directory, and Kafka would split a path at its commas.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

HOST: Final = "127.0.0.1"
DATA: Final = "data"
UNFORMATTED: Final = "data.new"
LOG: Final = "broker.log"

JVM_OPTIONS: Final = (
    "-Xms64m",
    "-Xmx512m",
    "-XX:+UseSerialGC",  # two cores are shared with the workers: collector threads would only compete
    "-XX:+ExitOnOutOfMemoryError",  # a broker that limps is worse than one that is gone
    "-Djava.awt.headless=true",
    "-Dlog4j2.configurationFile=log4j2.properties",
    "--enable-native-access=ALL-UNNAMED",  # compression codecs
    "--sun-misc-unsafe-memory-access=allow",  # Kafka 4.3 unmaps its indexes that way; Java 25 warns on the console
)

LOGGING: Final = f"""\
status = error
rootLogger.level = info
rootLogger.appenderRef.file.ref = file
appender.file.type = RollingFile
appender.file.name = file
appender.file.fileName = {LOG}
appender.file.filePattern = {LOG}.%i
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d{{ISO8601}} %-5p %c{{1}}: %m%n
appender.file.policies.type = Policies
appender.file.policies.size.type = SizeBasedTriggeringPolicy
appender.file.policies.size.size = 10MB
appender.file.strategy.type = DefaultRolloverStrategy
appender.file.strategy.max = 2
"""

_SERVER: Final = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "CLIENTS",
    "listener.security.protocol.map": "CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "log.dirs": DATA,
    "auto.create.topics.enable": "false",
    # One broker: nothing can have a second copy.
    "default.replication.factor": "1",
    "min.insync.replicas": "1",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    # Kafka's 50 partitions each are for clusters; these are made, and recovered after a crash, in a blink.
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.num.partitions": "1",
    # A laptop's disk: only closed segments count towards the cap, so they close early.
    "log.retention.bytes": "268435456",
    "log.segment.bytes": "67108864",
    "log.index.size.max.bytes": "1048576",
    # The cleaner's default buffer is a quarter of the heap.
    "log.cleaner.dedupe.buffer.size": "16777216",
    # Members come one by one on purpose; waiting for more of them only makes starting slower.
    "group.initial.rebalance.delay.ms": "0",
    # After a kill -9 the next start waits until the dead broker's registration has run out (Kafka: 9 s).
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    "num.network.threads": "2",
    "num.io.threads": "4",
}


def server_properties(port: int, controller_port: int, extra: Mapping[str, str]) -> dict[str, str]:
    """Return Kafka's configuration; `extra` wins."""
    listeners = f"CLIENTS://{HOST}:{port}"
    return {
        **_SERVER,
        "listeners": f"{listeners},CONTROLLER://{HOST}:{controller_port}",
        "advertised.listeners": listeners,
        "controller.quorum.voters": f"1@{HOST}:{controller_port}",
        **extra,
    }


def write_properties(path: Path, properties: Mapping[str, str]) -> None:
    """Write a Java properties file. Names and values are Kafka's own words and numbers: nothing needs escaping."""
    path.write_text("".join(f"{name}={value}\n" for name, value in sorted(properties.items())), encoding="ascii")
