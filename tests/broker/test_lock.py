import re

from fleet_app.broker.lock import read_lock

LOCK = read_lock()


def test_every_jar_is_pinned_by_size_and_sha256() -> None:
    assert LOCK.jars
    assert all(re.fullmatch(r"[0-9a-f]{64}", jar.sha256) for jar in LOCK.jars)
    assert all(jar.size_bytes > 0 for jar in LOCK.jars)


def test_no_two_jars_would_overwrite_each_other() -> None:
    assert len({jar.file_name for jar in LOCK.jars}) == len(LOCK.jars)


def test_every_part_of_kafka_has_the_version_the_lock_is_for() -> None:
    assert {jar.version for jar in LOCK.jars if jar.group == "org.apache.kafka"} == {LOCK.kafka}


def test_the_jars_are_sorted_so_that_two_locks_can_be_compared() -> None:
    assert sorted(LOCK.jars, key=lambda jar: jar.coordinate) == list(LOCK.jars)
