"""What is new is written once, however many want it."""

import asyncio
from collections.abc import Mapping

from fleet_app.live import broadcast as broadcast_module
from fleet_app.live.broadcast import Broadcast, Frame, Order, Times, in_parts
from fleet_app.live.fleet import Place
from fleet_app.live.frames import Changes, Encoding, Fields, Form, Gone
from fleet_app.live.reading import read_frame
from fleet_app.live.tiles import tile_of
from fleet_app.live.wanted import Wanted
from tests.live.fakes import BERLIN, MADRID, NOW_MS, SEAL, fleet_of, give_way, order, vehicle

NOW = Times(NOW_MS, 40)
IN_BERLIN = order(Wanted(tiles=frozenset({tile_of(*BERLIN)})))
EVERYWHERE = order()
SLOWLY = order(interval=10)


def frames(broadcast: Broadcast, number: int, *orders: Order) -> Mapping[Order, Frame]:
    return asyncio.run(broadcast.frames(orders, number, NOW)) if orders else {}


def joined(*orders: Order) -> Broadcast:
    broadcast = Broadcast(fleet_of(vehicle("a"), vehicle("b", at=MADRID)), SEAL, give_way)
    for each in orders:
        broadcast.join(each)
    return broadcast


def move(broadcast: Broadcast, vehicle_id: str, at: tuple[float, float] = BERLIN) -> None:
    fleet = broadcast.fleet
    fleet.put(Place(0, fleet.positions[0]), vehicle(vehicle_id, NOW_MS + fleet.version, at))


def test_each_order_gets_what_it_wants_and_nothing_where_nothing_changed() -> None:
    broadcast = joined(IN_BERLIN, EVERYWHERE)
    move(broadcast, "b", MADRID)

    told = frames(broadcast, 1, IN_BERLIN, EVERYWHERE)

    assert told.keys() == {EVERYWHERE}
    assert [one.lat for one in read_frame(told[EVERYWHERE].data).seen] == [MADRID[0]]


def test_a_cell_is_written_once_for_all_orders_of_a_form() -> None:
    broadcast = joined(IN_BERLIN, EVERYWHERE)
    move(broadcast, "a")

    told = frames(broadcast, 1, IN_BERLIN, EVERYWHERE)

    assert [len(read_frame(told[each].data).seen) for each in (IN_BERLIN, EVERYWHERE)] == [1, 1]


def test_a_frame_says_up_to_where_everything_is_told() -> None:
    broadcast = joined(SLOWLY)
    move(broadcast, "a")
    first = frames(broadcast, 1, SLOWLY)[SLOWLY]
    move(broadcast, "a")
    move(broadcast, "b", MADRID)
    second = frames(broadcast, 2, SLOWLY)[SLOWLY]

    assert (first.version, first.told) == (3, 3)
    assert (second.version, second.told) == (5, 3)
    token = SEAL.read(second.head.token)
    assert (token.positions, token.ahead) == ((3, 0), (2, 0))


def test_a_token_of_now_holds_back_what_waits() -> None:
    broadcast = joined(SLOWLY)
    before = broadcast.fleet.moment().positions
    move(broadcast, "a")

    assert SEAL.read(broadcast.token_now(SLOWLY, NOW_MS)).positions == before


def test_a_token_of_now_is_as_far_as_the_fleet_when_nothing_waits() -> None:
    broadcast = joined()
    move(broadcast, "a")
    broadcast.join(SLOWLY)

    assert SEAL.read(broadcast.token_now(SLOWLY, NOW_MS)).positions == (3, 0)


def test_what_nobody_asks_for_any_more_is_forgotten() -> None:
    broadcast = joined(SLOWLY, EVERYWHERE)
    move(broadcast, "a")
    frames(broadcast, 1, EVERYWHERE)
    move(broadcast, "a")
    frames(broadcast, 2, EVERYWHERE)

    assert not broadcast.has_unsent


def test_many_rows_are_written_in_parts_with_their_names_beside_them() -> None:
    rows = fleet_of(*(vehicle(str(number)) for number in range(2_500))).rows_since(0)

    parts = list(in_parts(Changes(rows, rows[::2], [Gone(1, "x")])))

    assert [len(part.rows) for part in parts] == [0, 1_000, 1_000, 500]
    assert [len(part.named) for part in parts] == [0, 500, 500, 250]
    assert sum(len(part.gone) for part in parts) == 1


def test_others_have_their_turn_between_parts() -> None:
    turns = []

    async def count() -> None:
        turns.append(1)

    broadcast = Broadcast(fleet_of(), SEAL, count)
    broadcast.join(EVERYWHERE)
    for number in range(1_500):
        move(broadcast, str(number))

    told = frames(broadcast, 1, EVERYWHERE)

    assert len(read_frame(told[EVERYWHERE].data).seen) == 1_500
    assert len(turns) == 1_500 // broadcast_module.AT_ONCE


def test_forms_are_written_apart() -> None:
    text = order(form=Form(Fields.MAP, Encoding.JSON))
    broadcast = joined(EVERYWHERE, text)
    move(broadcast, "a")

    told = frames(broadcast, 1, EVERYWHERE, text)

    assert told[text].data.startswith(b'{"kind":"delta"')
    assert read_frame(told[EVERYWHERE].data).seen
