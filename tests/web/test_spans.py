"""What `from` and `to` may be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.http.problems import ApiError
from fleet_app.web.spans import AskedSpan, Span, check_length, read_span

INSTANTS = st.none() | st.integers(-(10**15) + 1, 10**15 - 1)


@pytest.mark.parametrize(
    "text", ["1767168000000", "2025-12-31T08:00:00Z", "2025-12-31T09:00:00+01:00", "2025-12-31T08:00:00.000+00:00"]
)
def test_an_instant_is_iso_8601_with_an_offset_or_milliseconds(text: str) -> None:
    assert read_span(text, text) == (1_767_168_000_000, 1_767_168_000_000)


@pytest.mark.parametrize("text", ["", "yesterday", "2025-12-31T08:00:00", "99999999999999999999", "1.5", "٣"])
def test_anything_else_is_refused_naming_the_parameter_and_the_value(text: str) -> None:
    with pytest.raises(ApiError, match=f"^from: {text!r} "):
        read_span(text, None)


def test_a_span_is_as_long_as_its_default_and_ends_where_it_must_unless_told_otherwise() -> None:
    settled = [
        AskedSpan(from_ms, to_ms).settle(until_ms=1_000, length_ms=100)
        for from_ms, to_ms in ((None, None), (10, None), (None, 500), (10, 500))
    ]

    assert settled == [(900, 1_000), (10, 1_000), (400, 500), (10, 500)]


def test_who_asks_for_what_comes_next_gets_an_empty_span() -> None:
    assert AskedSpan(2_000, None).settle(until_ms=1_000, length_ms=100) == (2_000, 2_001)


@pytest.mark.parametrize("to_ms", [5, 4])
def test_a_span_that_does_not_go_forward_is_refused(to_ms: int) -> None:
    with pytest.raises(ApiError, match=r"^from: 5 is not before to"):
        AskedSpan(5, to_ms).settle(until_ms=1_000, length_ms=100)


@given(INSTANTS, INSTANTS)
def test_a_settled_span_goes_forward_and_has_what_was_asked_for(from_ms: int | None, to_ms: int | None) -> None:
    asked = AskedSpan(from_ms, to_ms)
    try:
        span = asked.settle(until_ms=0, length_ms=1)
    except ApiError:
        assert from_ms is not None
        assert to_ms is not None
        assert from_ms >= to_ms
    else:
        assert span.from_ms < span.to_ms
        assert span.from_ms == (span.to_ms - 1 if from_ms is None else from_ms)


def test_a_span_that_is_too_long_is_refused_with_the_limit_and_what_would_do() -> None:
    with pytest.raises(ApiError, match=r"48\.0 h apart, at most 24 h .*no longer.*from to 86400000, or to to 86400000"):
        check_length(Span(0, 2 * 86_400_000), longest_ms=86_400_000, because="tracks are kept no longer")


def test_a_span_of_the_greatest_length_is_fine() -> None:
    assert check_length(Span(0, 86_400_000), longest_ms=86_400_000, because="") == (0, 86_400_000)
