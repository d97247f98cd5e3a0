import asyncio

import pytest

from fleet_app.bench.fill import fill, make_topic, partitions_of
from fleet_app.bench.fixes import RAW
from fleet_app.bench.load import JobName, load_of, vehicle_id
from fleet_app.broker.testing import MakeKafka
from fleet_app.stream.partitioning import partition_of
from tests.support.kafka import read_all


def test_a_vehicle_is_where_any_client_would_put_it() -> None:
    assert partitions_of(50, 4) == [partition_of(vehicle_id(number).encode(), 4) for number in range(50)]


@pytest.mark.kafka
def test_a_load_stands_on_its_topic_record_by_record_in_order(make_kafka: MakeKafka) -> None:
    broker = make_kafka().bootstrap
    load = list(load_of(JobName.B, seed=1, vehicles=30, records=10_000))

    asyncio.run(make_topic(broker, RAW, 2))
    asyncio.run(fill(broker, RAW, load, vehicles=30, partitions=2))

    home = partitions_of(30, 2)
    for partition in range(2):
        expected = [(vehicle_id(sent.vehicle).encode(), sent.value) for sent in load if home[sent.vehicle] == partition]
        found = [(record.key, record.value) for record in read_all(broker, RAW.name) if record.partition == partition]
        assert found == expected
