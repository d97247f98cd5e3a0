"""`fields=`: some fields of an answer, in their own order."""

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.http.problems import ApiError
from fleet_app.web.fields import read_fields, split_list

NAMES = ("vehicle_id", "name", "tags", "speed_mps")


class Thing(msgspec.Struct, kw_only=True, omit_defaults=True):
    vehicle_id: str
    name: str | None = None
    tags: tuple[str, ...] = ()
    speed_mps: float = 0.0


THING = Thing(vehicle_id="ä", name='"x"', tags=("a",), speed_mps=1.5)


def told(asked: Sequence[str] | None, thing: Thing = THING) -> object:
    return msgspec.json.decode(read_fields(asked, Thing).encode(thing))


def test_all_of_them_are_told_unless_some_are_asked_for() -> None:
    assert told(None) == {"vehicle_id": "ä", "name": '"x"', "tags": ["a"], "speed_mps": 1.5}


@given(st.sets(st.sampled_from(NAMES), min_size=1))
def test_what_is_asked_for_is_told_as_it_stands_in_the_whole(names: set[str]) -> None:
    whole = {"vehicle_id": "ä", "name": '"x"', "tags": ["a"], "speed_mps": 1.5}

    assert told([",".join(names)]) == told(list(names)) == {name: whole[name] for name in names}


def test_fields_keep_their_own_order() -> None:
    assert read_fields(["name,vehicle_id"], Thing).encode(THING) == '{"vehicle_id":"ä","name":"\\"x\\""}'.encode()


def test_a_field_that_says_nothing_is_left_out_as_in_the_whole() -> None:
    assert told(["vehicle_id,tags"], Thing(vehicle_id="b")) == {"vehicle_id": "b"}


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        (["speed"], "'speed'"),
        (["name,Tags"], "'Tags'"),
        (["x,y", "name"], "'x', 'y'"),
        ([""], "none"),
        ([",,"], "none"),
    ],
)
def test_what_is_no_field_is_named_beside_those_there_are(asked: list[str], named: str) -> None:
    with pytest.raises(ApiError) as caught:
        read_fields(asked, Thing)

    assert caught.value.problem.status == 400
    assert caught.value.problem.detail == f"fields: {named} is asked for; there are: {', '.join(NAMES)}"


def test_a_list_is_split_at_commas_and_may_be_repeated() -> None:
    assert split_list(["a,b", "", "c,", ",d"]) == ["a", "b", "c", "d"]
