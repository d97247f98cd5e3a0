"""How far off a fix may be."""

from typing import Final

from fleet_app.domain.fix import Fix

UNTOLD_SIGMA_M: Final = 5.0
"""Taken for fixes whose device tells no accuracy."""
_LEAST_SIGMA_M: Final = 3.0
_MOST_SIGMA_M: Final = 10.0
_ACCURACY_PER_SIGMA: Final = 1.515
"""The radius of the 68 % circle over the standard deviation per axis: sqrt(-2 ln 0.32)."""


def sigma_m(fix: Fix) -> float:
    """Return the standard deviation of a fix per axis, as its device tells it, within what is believed."""
    if fix.accuracy_m is None:
        return UNTOLD_SIGMA_M
    return min(max(fix.accuracy_m / _ACCURACY_PER_SIGMA, _LEAST_SIGMA_M), _MOST_SIGMA_M)
