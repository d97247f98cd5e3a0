"""What the engine needs to know has defaults that lose nothing."""

from pathlib import Path

from tests.stream.small_app import make_app


def test_nothing_fails_on_purpose_and_dead_letters_have_a_limit_unless_told(tmp_path: Path) -> None:
    options = make_app(tmp_path).options

    assert (options.fail_at, options.dead_letter_limit) == (None, True)
