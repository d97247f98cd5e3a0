from pathlib import Path

from fleet_app.broker.config import server_properties, write_properties


def test_the_broker_can_be_reached_from_this_machine_only() -> None:
    properties = server_properties(1001, 1002, {})

    assert properties["listeners"] == "CLIENTS://127.0.0.1:1001,CONTROLLER://127.0.0.1:1002"
    assert properties["advertised.listeners"] == "CLIENTS://127.0.0.1:1001"


def test_what_the_caller_asks_for_wins() -> None:
    assert server_properties(1, 2, {"num.io.threads": "7"})["num.io.threads"] == "7"


def test_a_partition_has_at_least_one_closed_segment_before_it_reaches_its_cap() -> None:
    properties = server_properties(1, 2, {})

    assert int(properties["log.retention.bytes"]) == 256 * 1024 * 1024
    assert int(properties["log.segment.bytes"]) * 2 <= int(properties["log.retention.bytes"])


def test_properties_are_written_one_a_line(tmp_path: Path) -> None:
    file = tmp_path / "server.properties"

    write_properties(file, {"b": "2", "a": "1"})

    assert file.read_text() == "a=1\nb=2\n"
