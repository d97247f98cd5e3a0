"""How far off a fix may be."""

import pytest

from fleet_app.domain.accuracy import sigma_m
from tests.domain.drives import Told, fix_at


@pytest.mark.parametrize(
    ("accuracy_m", "expected_m"), [(None, 5.0), (7.575, 5.0), (0.0, 3.0), (4.0, 3.0), (15.15, 10.0), (150.0, 10.0)]
)
def test_a_fix_is_as_far_off_as_its_device_says_within_what_is_believed(
    accuracy_m: float | None, expected_m: float
) -> None:
    assert sigma_m(fix_at(0, told=Told(accuracy_m=accuracy_m))) == pytest.approx(expected_m, rel=0.02)
