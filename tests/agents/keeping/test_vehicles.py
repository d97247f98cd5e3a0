"""A vehicle forgotten: nothing of it is left, nothing else is touched, and it may begin again."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.domain.fix import Fix
from fleet_app.stream.declarations import PlainRecord
from fleet_app.topics import VEHICLES
from tests.agents.one_van import VAN, OneVan, position_of
from tests.agents.tapes import REFUSED_ON_ARRIVAL, Sent, dirty_tapes
from tests.domain.drives import driving, fix_at, standing

OTHER = "van-10"
"""Begins as the van's own id does."""


class TwoVans(OneVan):
    """A van and another one, of which the same comes in."""

    def bring(self, value: bytes, received_ms: int) -> None:
        super().bring(value, received_ms)
        self.receive(PlainRecord(0, received_ms, OTHER.encode(), value.replace(b'"van-1"', b'"van-10"')))

    def bring_own(self, fix: Fix, received_ms: int) -> None:
        """Bring a fix of the van alone."""
        super().bring(position_of(fix), received_ms)

    def kept_of(self, vehicle_id: str) -> dict[str, dict[Any, Any]]:
        """Return what each table has of a vehicle, without those that have nothing."""
        kept = {
            name: {key: value for key, value in rows.items() if vehicle_id in (key, key[0])}
            for name, rows in self.contents.items()
        }
        return {name: rows for name, rows in kept.items() if rows}


@pytest.fixture
def vans() -> TwoVans:
    """Two vans with something in every table."""
    vans = TwoVans()
    vans.send_at_once(standing(0, 600), driving(600, 1_200), standing(1_200, 1_260, 10, 6_000))
    vans.wait(900)
    # The halt was the start of a trip on; what was told as two trips becomes one.
    vans.bring_now(driving(1_260, 1_800, 6_000))
    vans.wait(300)
    vans.send_at_once(standing(100_000, 100_600, 10, 11_400))
    vans.bring_fix(fix_at(100_055, 11_400), vans.now_ms)
    for fix in REFUSED_ON_ARRIVAL.values():
        vans.bring_fix(fix, vans.now_ms)
    return vans


def test_nothing_of_it_is_left_in_any_table(vans: TwoVans) -> None:
    before = set(vans.kept_of(VAN))
    vans.forget()

    assert before >= {*vans.contents} - {"withdrawn_legs", "windows_1d"}
    assert vans.kept_of(VAN) == {}


def test_of_the_others_everything_is_left(vans: TwoVans) -> None:
    before = vans.kept_of(OTHER)
    vans.forget()

    assert vans.kept_of(OTHER) == before


def test_it_is_taken_off_the_public_topic_and_nothing_else_is_told(vans: TwoVans) -> None:
    vans.sent.clear()
    vans.forget()

    assert vans.sent == [(VEHICLES, VAN, None)]


def test_its_timer_does_not_go_off(vans: TwoVans) -> None:
    vans.forget()
    vans.sent.clear()
    vans.wait(3 * 86_400)

    assert VAN not in {key for _, key, _ in vans.sent}
    assert vans.kept_of(VAN) == {}


def test_it_stays_forgotten_after_a_restart(vans: TwoVans) -> None:
    vans.forget()
    vans.restart()
    vans.wait(600)

    assert vans.kept_of(VAN) == {}
    assert vans.kept_of(OTHER) != {}


def test_the_next_position_starts_it_afresh(vans: TwoVans) -> None:
    vans.forget()
    vans.bring_own(fix_at(100_700), vans.now_ms + 60_000)
    vans.wait(60)

    assert (vans.vehicle.accepted, vans.vehicle.refused) == (1, {})
    assert vans.now.odometer_m == 0


def test_a_position_from_before_is_none_that_came_twice(vans: TwoVans) -> None:
    vans.forget()
    vans.bring_own(fix_at(100_590, 11_400), vans.now_ms)
    vans.wait(60)

    assert (vans.vehicle.accepted, vans.vehicle.refused) == (1, {})


def test_a_vehicle_that_was_never_seen_is_forgotten_without_a_trace(vans: TwoVans) -> None:
    before = {name: dict(rows) for name, rows in vans.contents.items()}
    vans.sent.clear()
    vans.forget("ghost")

    assert vans.contents == before
    assert vans.sent == [(VEHICLES, "ghost", None)]


def test_it_is_forgotten_while_its_late_fixes_wait() -> None:
    vans = TwoVans()
    vans.send_at_once(standing(0, 100))
    vans.bring_fix(fix_at(45), vans.now_ms)
    vans.forget()
    vans.wait(3_600)

    assert vans.kept_of(VAN) == {}


@given(dirty_tapes(), st.integers(0, 40))
def test_what_comes_after_is_taken_as_if_nothing_had_come_before(tape: list[Sent], records: int) -> None:
    forgotten, fresh = OneVan(), OneVan()
    for value, received_ms in tape[:records]:
        forgotten.bring(value, received_ms)
    forgotten.forget()
    told = len(forgotten.sent)
    fresh.values_sent = [*forgotten.values_sent]
    for vans in (forgotten, fresh):
        for value, received_ms in tape[records:]:
            vans.bring(value, received_ms)

    assert forgotten.contents == fresh.contents
    assert forgotten.sent[told:] == fresh.sent
