"""How a straight way lies in a geofence."""

from typing import NamedTuple


class Passage(NamedTuple):
    """The part of a straight way from the first point inside to the last, as shares of the way (0 to 1).

    Attributes:
        entry: Where it comes in; 0 if it begins inside.
        exit: Where it goes out; 1 if it ends inside.
        deepest_m: How deep inside it gets.
    """

    entry: float
    exit: float
    deepest_m: float
