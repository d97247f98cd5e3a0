"""`/api/tables`: any declared table, over all workers, shown with its field names."""

import pytest

from fleet_app.stream.reads import PartitionProgress
from tests.web.fakes import DEPOTS, PARTITIONS, VEHICLES, Pair, free_port, two_workers

pytestmark = pytest.mark.anyio


async def test_tables_are_counted_over_all_workers(pair: Pair) -> None:
    answer = (await pair.even.client.get("/api/tables")).json()

    assert [(table["name"], table["keys"]) for table in answer["items"]] == [
        ("vehicles", len(VEHICLES)),
        ("depots", len(DEPOTS)),
    ]
    assert answer["problems"] == []


async def test_each_partition_of_a_table_names_its_owner(pair: Pair) -> None:
    table = (await pair.odd.client.get("/api/tables")).json()["items"][0]

    assert [part["owner"] for part in table["partitions"]] == [pair.even.url, pair.odd.url] * (PARTITIONS // 2)


async def test_lag_is_what_waits_in_the_sources_of_each_partition() -> None:
    async with two_workers({}) as pair:
        for worker, owned in ((pair.even, range(0, PARTITIONS, 2)), (pair.odd, range(1, PARTITIONS, 2))):
            worker.membership.progress_now = [
                PartitionProgress(topic=topic, partition=partition, position=10, end=10 + partition)
                for partition in owned
                for topic in ("one", "two")
            ]
        table = (await pair.even.client.get("/api/tables")).json()["items"][0]

    assert [part["lag"] for part in table["partitions"]] == [2 * partition for partition in range(PARTITIONS)]
    assert table["lag"] == 56


async def test_a_total_is_not_given_while_an_owner_does_not_tell() -> None:
    async with two_workers({"vehicles": VEHICLES}) as pair:
        gone = f"http://127.0.0.1:{free_port()}"
        pair.group.give(gone, [3])
        answer = (await pair.even.client.get("/api/tables")).json()

    table = answer["items"][0]
    assert (table["keys"], table["bytes"], table["lag"]) == (None, None, None)
    assert [part["partition"] for part in table["partitions"] if part["keys"] is None] == [3]
    assert [problem.split(" ")[0] for problem in answer["problems"]] == [gone]


async def test_values_are_objects_with_field_names_however_they_are_stored(pair: Pair) -> None:
    answer = await pair.even.client.get("/api/tables/depots")

    assert [(item["key"], item["value"]) for item in answer.json()["items"]] == [
        ("north/1", {"city": "Kiel", "gates": [[1, "in"], [2, "out"]]}),
        ("süd", {"city": "Ulm", "gates": []}),
    ]


async def test_the_cursor_leads_through_all_keys_of_a_table(pair: Pair) -> None:
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        query = {"limit": "7"} | ({"cursor": cursor} if cursor else {})
        page = (await pair.even.client.get("/api/tables/vehicles", params=query)).json()
        seen += [item["key"] for item in page["items"]]
        cursor = page["next"]

    assert seen == sorted(VEHICLES)


@pytest.mark.parametrize("path", ["north%2F1", "s%C3%BCd"])
async def test_a_key_is_readable_from_either_worker(pair: Pair, path: str) -> None:
    answers = [await client.get(f"/api/tables/depots/{path}") for client in (pair.even.client, pair.odd.client)]

    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["value"]["city"] in {"Kiel", "Ulm"}


async def test_a_table_that_is_not_declared_is_not_found_and_the_answer_lists_those_that_are(pair: Pair) -> None:
    for path in ("trips", "trips/1"):
        answer = await pair.even.client.get(f"/api/tables/{path}")

        assert answer.status_code == 404
        assert answer.json()["code"] == "unknown_table"
        assert answer.json()["detail"] == "there is no table 'trips'; there are: vehicles, depots"


async def test_a_key_that_a_table_does_not_hold_is_not_found(pair: Pair) -> None:
    answer = await pair.even.client.get("/api/tables/depots/nowhere")

    assert answer.status_code == 404
    assert answer.json()["code"] == "unknown_key"
