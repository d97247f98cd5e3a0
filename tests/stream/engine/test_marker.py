"""A marker says of a commit what a restore must know."""

from hypothesis import given
from hypothesis import strategies as st

from fleet_app.stream.engine.marker import MARKER_KEY, Marker, decode_marker, encode_marker


@given(
    st.dictionaries(st.text(), st.integers(0, 2**63 - 1)), st.integers(0, 2**63 - 1), st.lists(st.text(), max_size=9)
)
def test_a_marker_comes_back_as_it_was_written(positions: dict[str, int], time_ms: int, tables: list[str]) -> None:
    marker = Marker(positions, time_ms, tables, dict.fromkeys(tables, "here"))

    assert decode_marker(encode_marker(marker)) == marker


def test_markers_stand_under_a_key_that_is_fixed_for_life() -> None:
    assert MARKER_KEY == b"\0positions"


def test_a_markers_bytes_are_fixed_for_life() -> None:
    assert encode_marker(
        Marker({"lines": 7}, 1_000, ["totals"], {"lines": "here"}, {"places": [3, 0]})
    ) == bytes.fromhex("95 81 a5") + b"lines" + bytes.fromhex("07 cd 03e8 91 a6") + b"totals" + bytes.fromhex(
        "81 a5"
    ) + b"lines" + bytes.fromhex("a4 68657265 81 a6") + b"places" + bytes.fromhex("92 03 00")


def test_a_marker_of_a_release_without_views_can_be_read() -> None:
    written = bytes.fromhex("94 81 a5") + b"lines" + bytes.fromhex("07 cd 03e8 90 80")

    assert decode_marker(written) == Marker({"lines": 7}, 1_000, [], {}, {})
