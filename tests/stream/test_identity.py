"""A worker keeps its name in the group for as long as it may be given the same partitions."""

from pathlib import Path

import pytest

from fleet_app.errors import StateError
from fleet_app.stream.identity import instance_id

URL = "http://a:8080"
TOPICS = ("lines", "totals")


def fresh() -> str:
    return "0123456789abcdef"


def never() -> str:
    raise AssertionError("another id was made")


def test_a_restart_keeps_the_name(tmp_path: Path) -> None:
    first = instance_id(tmp_path, topics=TOPICS, url=URL, new_id=fresh)

    assert instance_id(tmp_path, topics=TOPICS[::-1], url=URL, new_id=never) == first


def test_other_topics_make_another_name(tmp_path: Path) -> None:
    first = instance_id(tmp_path, topics=TOPICS, url=URL, new_id=fresh)

    assert instance_id(tmp_path, topics=(*TOPICS, "words"), url=URL, new_id=never) != first


def test_another_url_makes_another_name(tmp_path: Path) -> None:
    first = instance_id(tmp_path, topics=TOPICS, url=URL, new_id=fresh)

    assert instance_id(tmp_path, topics=TOPICS, url="http://b:8080", new_id=never) != first


def test_workers_that_made_ids_of_their_own_have_names_of_their_own(tmp_path: Path) -> None:
    first = instance_id(tmp_path, topics=TOPICS, url=URL, new_id=fresh)
    (tmp_path / "worker-id").unlink()

    assert instance_id(tmp_path, topics=TOPICS, url=URL, new_id=lambda: "fedcba9876543210") != first


def test_the_name_has_a_form_that_kafka_takes(tmp_path: Path) -> None:
    assert instance_id(tmp_path, topics=TOPICS, url=URL, new_id=fresh).replace("-", "").isalnum()


def test_a_file_that_holds_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "worker-id").write_text("not an id\n")

    with pytest.raises(StateError, match="holds 'not an id', which is no worker's id; delete the file"):
        instance_id(tmp_path, topics=TOPICS, url=URL, new_id=never)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="worker-id cannot be read or written"):
        instance_id(tmp_path / "missing", topics=TOPICS, url=URL, new_id=fresh)
