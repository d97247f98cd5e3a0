import asyncio
from collections.abc import Iterable
from pathlib import Path

import pytest

from fleet_app.domain.position import Position, read_position
from fleet_app.errors import BrokerError
from fleet_app.ingest.producer import Outgoing, Placed
from fleet_app.ingest.replay.files import PositionsFile
from fleet_app.ingest.replay.recording import Options
from fleet_app.ingest.replay.schedule import Chunk
from fleet_app.ingest.replay.send import SHOWN_BAD_ROWS, Tally, read_counted, send
from tests.ingest.fakes import AbsentKafka, ListOfRecords


def at(time_ms: int) -> Position:
    return Position(vehicle_id="van-7", time_ms=time_ms, lat=1.0, lon=2.0)


def test_chunks_are_sent_in_order_and_told_once_confirmed() -> None:
    kafka, told = ListOfRecords(), list[Chunk]()
    chunks = [Chunk(0.0, [at(1), at(2)]), Chunk(0.0, [at(3)])]

    asyncio.run(send(chunks, kafka, clock=lambda: 0.0, stop=asyncio.Event(), on_sent=told.append))

    assert [read_position(record.value) for record in kafka.records] == [at(1), at(2), at(3)]
    assert told == chunks


class StopsAfterTheFirst(ListOfRecords):
    def __init__(self, stop: asyncio.Event) -> None:
        super().__init__()
        self.stop = stop

    async def send_all(self, records: Iterable[Outgoing]) -> list[Placed]:
        self.stop.set()
        return await super().send_all(records)


@pytest.mark.parametrize("due_s", [0.0, 1e6])
def test_a_stop_lets_the_chunk_under_way_finish_and_sends_no_other(due_s: float) -> None:
    stop = asyncio.Event()
    kafka = StopsAfterTheFirst(stop)

    asyncio.run(
        send([Chunk(0.0, [at(1)]), Chunk(due_s, [at(2)])], kafka, clock=lambda: 0.0, stop=stop, on_sent=lambda _: None)
    )

    assert len(kafka.records) == 1


def test_a_stop_ends_the_wait_for_a_chunk_that_is_not_due() -> None:
    kafka = ListOfRecords()

    async def stop_while_waiting() -> None:
        stop = asyncio.Event()
        asyncio.get_running_loop().call_soon(stop.set)
        await send([Chunk(1e6, [at(1)])], kafka, clock=lambda: 0.0, stop=stop, on_sent=lambda _: None)

    asyncio.run(stop_while_waiting())

    assert kafka.records == []


def test_what_kafka_does_not_confirm_is_not_told() -> None:
    told: list[Chunk] = []

    with pytest.raises(BrokerError):
        asyncio.run(
            send([Chunk(0.0, [at(1)])], AbsentKafka(), clock=lambda: 0.0, stop=asyncio.Event(), on_sent=told.append)
        )

    assert told == []


def test_bad_rows_are_counted_and_the_first_of_them_noted(tmp_path: Path) -> None:
    path = tmp_path / "day.csv"
    path.write_text("vehicle,time,lat,lon\nvan-7,0,1,2\n" + "van-7,never,1,2\n" * (SHOWN_BAD_ROWS + 5))
    tally = Tally()

    with PositionsFile(path, Options()) as file:
        positions = list(read_counted("day.csv", file, tally))

    assert positions == [at(0)]
    assert (tally.rows, tally.bad, len(tally.shown)) == (SHOWN_BAD_ROWS + 6, SHOWN_BAD_ROWS + 5, SHOWN_BAD_ROWS)
    assert tally.shown[0].startswith("day.csv line 3: time 'never' is not a time")
