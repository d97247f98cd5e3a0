import json
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.bench.load import DISORDER, FIX_EVERY_MS, JobName, disturbed, fixes, load_of, vehicle_id
from fleet_app.stream.partitioning import partition_of


@pytest.mark.parametrize("job", JobName)
def test_the_same_seed_makes_the_same_load(job: JobName) -> None:
    first, second, other = (list(load_of(job, seed=seed, vehicles=50, records=2_000)) for seed in (1, 1, 2))

    assert first == second
    assert first != other


def test_every_vehicle_sends_one_fix_in_five_seconds_and_all_are_in_order() -> None:
    load = list(fixes(seed=1, vehicles=7, records=700))
    times_ms = [sent.time_ms for sent in load]
    of_one = [sent.time_ms for sent in load if sent.vehicle == 3]

    assert times_ms == sorted(times_ms)
    assert {later - earlier for earlier, later in pairwise(of_one)} == {FIX_EVERY_MS}


def test_a_value_says_what_the_oracle_is_told() -> None:
    for sent in fixes(seed=1, vehicles=7, records=700):
        value = json.loads(sent.value)
        told = (value["vehicle_id"], value["time_ms"], value["lat"], value["lon"], value["speed_mps"])

        assert told == (vehicle_id(sent.vehicle), sent.time_ms, sent.lat, sent.lon, sent.speed_mps)


def test_a_value_has_about_145_bytes() -> None:
    sizes = [len(sent.value) for sent in fixes(seed=1, vehicles=100, records=1_000)]

    assert 143 <= sum(sizes) / len(sizes) <= 150


def test_disorder_loses_and_adds_nothing() -> None:
    ordered = list(fixes(seed=1, vehicles=100, records=20_000))
    came = list(disturbed(ordered, DISORDER, seed=1))

    assert Counter((sent.vehicle, sent.time_ms) for sent in came) == Counter(
        (sent.vehicle, sent.time_ms) for sent in ordered
    )


def test_disorder_has_its_shares() -> None:
    # What is still held back at the end comes early.
    came = list(disturbed(fixes(seed=1, vehicles=1_000, records=200_000), DISORDER, seed=1))[:199_000]
    newest: dict[int, int] = {}
    behind_ms = []
    for sent in came:
        newest[sent.vehicle] = max(newest.get(sent.vehicle, 0), sent.time_ms)
        behind_ms.append(newest[sent.vehicle] - sent.time_ms)

    assert 1_800 < sum(0 < behind <= 10_000 for behind in behind_ms) < 2_200
    assert 120 < sum(behind > 70_000 for behind in behind_ms) < 280
    assert 8 < sum(sent.malformed for sent in came) < 40
    assert sum(10_000 < behind <= 70_000 for behind in behind_ms) == 0


def test_what_is_malformed_is_no_json() -> None:
    malformed = [sent for sent in load_of(JobName.B, seed=1, vehicles=100, records=100_000) if sent.malformed]

    assert malformed
    for sent in malformed:
        with pytest.raises(json.JSONDecodeError):
            json.loads(sent.value)


@given(st.integers(0, 9_999_999))
def test_keys_sort_as_their_numbers_and_are_hashed_as_they_stand(number: int) -> None:
    assert vehicle_id(number)[2:] == str(number).zfill(7)
    assert partition_of(vehicle_id(number).encode(), 4) in range(4)
