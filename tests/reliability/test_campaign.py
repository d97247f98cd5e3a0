"""The campaign's own parts: what it sends, what it counts, and that every fault has its turn."""

import json
from pathlib import Path
from typing import Any

import msgspec

from tests.reliability.campaign.faults import STORIES, Fault, fault_of
from tests.reliability.campaign.load import VEHICLES, Load
from tests.reliability.campaign.run import Round, read_rounds
from tests.reliability.campaign.verdict import Output, Verdict, judge

LOAD = Load(start_ms=1_000, seconds=2, rate_per_s=500)


def vehicles() -> dict[str, dict[str, Any]]:
    return {f"v-{number}": {"accepted": LOAD.fixes(number), "refused": {}} for number in range(VEHICLES)}


def outputs() -> list[Output]:
    return [
        Output(number % 8, 10_000 + number, f"v-{number % VEHICLES}", number // VEHICLES + 1)
        for number in range(LOAD.positions)
    ]


def test_a_load_sends_what_it_says_and_nothing_twice() -> None:
    sent = [json.loads(value) for _, value in LOAD.records()]

    assert len({(position["vehicle_id"], position["time_ms"]) for position in sent}) == LOAD.positions
    assert sum(LOAD.fixes(vehicle) for vehicle in range(VEHICLES)) == LOAD.positions


def test_every_kind_of_fault_has_a_story_and_its_turn() -> None:
    assert set(STORIES) == set(Fault) == {fault_of(seed) for seed in range(1, len(Fault) + 1)}


def test_an_exact_engine_has_nothing_against_it() -> None:
    verdict = judge(vehicles(), outputs(), LOAD.positions, LOAD)

    assert verdict == Verdict(
        lost=0, doubled=0, uncommitted=0, outputs_lost=0, outputs_doubled=0, gaps_s=dict.fromkeys(range(8), 0.008)
    )


def test_a_position_that_the_state_does_not_hold_is_lost() -> None:
    state = vehicles()
    state["v-7"]["accepted"] -= 1
    del state["v-8"]

    assert judge(state, outputs(), LOAD.positions, LOAD).lost == 1 + LOAD.fixes(8)


def test_a_position_that_was_handed_over_again_is_doubled() -> None:
    state = vehicles()
    state["v-7"]["refused"] = {"duplicate": 2, "too_late": 1}

    assert judge(state, outputs(), LOAD.positions, LOAD).doubled == 3


def test_what_is_handled_and_never_committed_is_told() -> None:
    assert judge(vehicles(), outputs(), LOAD.positions - 40, LOAD).uncommitted == 40


def test_outputs_are_each_looked_for_and_counted() -> None:
    told = outputs()
    verdict = judge(vehicles(), [*told[1:], told[5], told[5]], LOAD.positions, LOAD)

    assert (verdict.outputs_lost, verdict.outputs_doubled) == (1, 2)


def test_the_longest_silence_of_a_partition_is_its_gap() -> None:
    told = [output for output in outputs() if output.partition != 3 or not 10_200 < output.written_ms < 10_700]

    assert judge(vehicles(), told, LOAD.positions, LOAD).gaps_s[3] == 0.512


def test_rounds_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    done = Round(seed=4, fault=Fault.JOIN, sent=1_000, verdict=judge(vehicles(), outputs(), LOAD.positions, LOAD))
    (tmp_path / "rounds").write_bytes(msgspec.json.encode(done) + b"\n")

    assert read_rounds(tmp_path / "rounds") == [done]
    assert read_rounds(tmp_path / "none") == []
