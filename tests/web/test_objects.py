"""Stored values as objects, whatever form they are stored in."""

from enum import StrEnum

import msgspec

from fleet_app.web.objects import to_object


class Colour(StrEnum):
    RED = "red"


class Wheel(msgspec.Struct, array_like=True):
    size_m: float
    colour: Colour | None = None


class Cart(msgspec.Struct, array_like=True, frozen=True):
    wheels: list[Wheel]
    by_side: dict[str, Wheel]
    pair: tuple[int, Wheel]


def test_structs_become_objects_at_any_depth() -> None:
    wheel = Wheel(0.5, Colour.RED)
    shown = {"size_m": 0.5, "colour": "red"}

    value = to_object(Cart([wheel], {"left": wheel}, (1, wheel)))

    assert msgspec.json.decode(msgspec.json.encode(value)) == {
        "wheels": [shown],
        "by_side": {"left": shown},
        "pair": [1, shown],
    }


def test_plain_values_stay_as_they_are() -> None:
    assert to_object({"a": [1, None, "x"]}) == {"a": [1, None, "x"]}
