import pytest

from fleet_app.bench.targets import TARGETS, Bound, Figure, Target


@pytest.mark.parametrize("figure", Figure)
def test_every_figure_has_a_target(figure: Figure) -> None:
    assert TARGETS[figure].value > 0


@pytest.mark.parametrize(
    ("bound", "figure", "expected"),
    [
        (Bound.AT_LEAST, 9.9, False),
        (Bound.AT_LEAST, 10.0, True),
        (Bound.AT_MOST, 10.0, True),
        (Bound.AT_MOST, 10.1, False),
    ],
)
def test_a_target_is_met_on_its_own_side(bound: Bound, figure: float, *, expected: bool) -> None:
    assert Target(bound, 10.0).is_met(figure) is expected


def test_a_target_is_written_with_its_side() -> None:
    assert str(TARGETS[Figure.RATE_10_K]) == "≥ 350,000"
