"""A folder for one worker at a time."""

from pathlib import Path

import pytest

from fleet_app.errors import StateError
from fleet_app.stream.state_directory import StateDirectory


def test_a_missing_folder_is_made(tmp_path: Path) -> None:
    StateDirectory(tmp_path / "a" / "b").hold()

    assert (tmp_path / "a" / "b").is_dir()


def test_a_second_worker_is_told_who_is_in_the_way(tmp_path: Path) -> None:
    StateDirectory(tmp_path).hold()

    with pytest.raises(StateError, match="held by another worker"):
        StateDirectory(tmp_path).hold()


def test_a_released_folder_can_be_held_again(tmp_path: Path) -> None:
    first = StateDirectory(tmp_path)
    first.hold()
    first.release()
    StateDirectory(tmp_path).hold()

    with pytest.raises(StateError, match="held by another worker"):
        first.hold()


def test_a_path_that_cannot_be_written_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(StateError, match=r"file/state cannot be written .*set FLEET_STATE_DIR"):
        StateDirectory(tmp_path / "file" / "state").hold()
