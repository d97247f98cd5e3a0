"""`/api/tables`: any declared table, over all workers, shown with its field names."""

from base64 import b64decode

import pytest

from fleet_app.stream.keys import ROWS
from fleet_app.stream.reads import Duty, SourceProgress
from tests.web.fakes import DEPOTS, NOW_MS, PARTITIONS, VEHICLES, VISITS, Pair, free_port, task, two_workers

pytestmark = pytest.mark.anyio


async def test_tables_are_counted_over_all_workers(pair: Pair) -> None:
    answer = (await pair.even.client.get("/api/tables")).json()

    assert [(table["name"], table["keys"]) for table in answer["items"]] == [
        ("vehicles", len(VEHICLES)),
        ("depots", len(DEPOTS)),
        ("visits", len(VISITS)),
        ("open_tracks", 1),
    ]
    assert answer["problems"] == []


async def test_each_partition_of_a_table_names_its_owner(pair: Pair) -> None:
    table = (await pair.odd.client.get("/api/tables")).json()["items"][0]

    assert [part["owner"] for part in table["partitions"]] == [pair.even.url, pair.odd.url] * (PARTITIONS // 2)


async def test_lag_is_what_waits_in_the_sources_of_each_partition() -> None:
    async with two_workers({}) as pair:
        for worker, owned in ((pair.even, range(0, PARTITIONS, 2)), (pair.odd, range(1, PARTITIONS, 2))):
            worker.membership.tasks_now = [
                task(
                    partition,
                    SourceProgress(topic="one", position=10, end=10 + partition),
                    SourceProgress(topic="two", position=10, end=10 + partition),
                )
                for partition in owned
            ] + [task(each, duty=Duty.STANDBY) for each in range(PARTITIONS) if each not in owned]
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


async def test_bytes_in_a_value_are_shown_in_base64(pair: Pair) -> None:
    listed = (await pair.even.client.get("/api/tables/open_tracks")).json()["items"][0]
    entry = (await pair.even.client.get("/api/tables/open_tracks/van-1")).json()

    assert listed == entry
    assert listed["value"]["buffer"][0]["fix"]["time_ms"] == NOW_MS - 1_000
    assert [b64decode(listed["value"]["buffer"][0][name]) for name in ("key", "value")] == [b"van-1", b"\xff"]


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


async def test_a_table_says_whether_its_keys_have_rows(pair: Pair) -> None:
    items = (await pair.even.client.get("/api/tables")).json()["items"]

    assert [(each["name"], each["has_rows"], each["retention_s"]) for each in items] == [
        ("vehicles", False, None),
        ("depots", False, None),
        ("visits", True, 86_400),
        ("open_tracks", False, None),
    ]


@pytest.mark.parametrize("limit", [1, 2, 200])
async def test_a_table_of_rows_is_listed_in_the_order_of_its_stored_keys(pair: Pair, limit: int) -> None:
    seen: list[tuple[str, int]] = []
    cursor: str | None = ""
    while cursor is not None:
        query = {"limit": str(limit)} | ({"cursor": cursor} if cursor else {})
        page = (await pair.even.client.get("/api/tables/visits", params=query)).json()
        seen += [(item["key"], item["row"]) for item in page["items"]]
        cursor = page["next"]

    assert seen == sorted(VISITS, key=ROWS.encode)


async def test_an_entry_of_a_table_without_rows_has_no_row(pair: Pair) -> None:
    entry = (await pair.even.client.get("/api/tables/depots/north%2F1")).json()

    assert set(entry) == {"key", "partition", "value"}


@pytest.mark.parametrize(
    ("query", "rows", "goes_on"),
    [
        ("", [-2, -1, 0, 1, 2], False),
        ("?from=-1&to=2", [-1, 0, 1], False),
        ("?limit=2", [-2, -1], True),
        ("?from=0&limit=2", [0, 1], True),
        ("?from=2&limit=2", [2], False),
        ("?limit=5", [-2, -1, 0, 1, 2], False),
        ("?from=3", [], False),
        ("?from=2&to=-2", [], False),
    ],
)
async def test_the_rows_of_a_key_are_read_by_range_from_either_worker(
    pair: Pair, query: str, rows: list[int], *, goes_on: bool
) -> None:
    answers = [
        (await client.get(f"/api/tables/visits/north%2F1{query}")).json()
        for client in (pair.even.client, pair.odd.client)
    ]

    assert answers[0] == answers[1]
    assert (answers[0]["key"], answers[0]["next"] is not None) == ("north/1", goes_on)
    assert answers[0]["items"] == [{"row": row, "value": {"gate": f"gate {row}"}} for row in rows]


async def test_the_cursor_leads_through_the_rows_of_a_key(pair: Pair) -> None:
    path, seen = "/api/tables/visits/north%2F1", []
    cursor: dict[str, str] | None = {}
    while cursor is not None:
        page = (await pair.even.client.get(path, params={"from": "-1", "limit": "2", **cursor})).json()
        seen += [item["row"] for item in page["items"]]
        cursor = page["next"] and {"cursor": page["next"]}

    assert seen == [-1, 0, 1, 2]


async def test_a_key_without_rows_has_none(pair: Pair) -> None:
    answer = await pair.even.client.get("/api/tables/visits/nowhere")

    assert (answer.status_code, answer.json()["items"]) == (200, [])


@pytest.mark.parametrize(
    ("query", "named"),
    [("from=9223372036854775808", "from"), ("to=x", "to"), ("limit=0", "limit"), ("limit=1001", "limit")],
)
async def test_rows_that_cannot_be_are_refused_naming_the_parameter(pair: Pair, query: str, named: str) -> None:
    answer = await pair.even.client.get(f"/api/tables/visits/north%2F1?{query}")

    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(f"{named}: ")


async def test_a_key_that_no_row_can_have_is_a_bad_request(pair: Pair) -> None:
    answer = await pair.even.client.get("/api/tables/visits/a%00b")

    assert answer.status_code == 400
    assert "zero byte" in answer.json()["detail"]


async def test_a_table_that_is_not_declared_is_not_found_and_the_answer_lists_those_that_are(pair: Pair) -> None:
    for path in ("lorries", "lorries/1"):
        answer = await pair.even.client.get(f"/api/tables/{path}")

        assert answer.status_code == 404
        assert answer.json()["code"] == "unknown_table"
        assert (
            answer.json()["detail"] == "there is no table 'lorries'; there are: vehicles, depots, visits, open_tracks"
        )


async def test_a_key_that_a_table_does_not_hold_is_not_found(pair: Pair) -> None:
    answer = await pair.even.client.get("/api/tables/depots/nowhere")

    assert answer.status_code == 404
    assert answer.json()["code"] == "unknown_key"
