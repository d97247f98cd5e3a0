"""Who is to be forgotten."""

import pytest

from fleet_app.domain.forgetting import read_vehicle_id
from fleet_app.domain.refusals import Reason, Refusal


def test_the_key_names_the_vehicle() -> None:
    assert read_vehicle_id("vän 1".encode()) == "vän 1"


@pytest.mark.parametrize("key", [None, b"", b"\xff", b"a/b", b"..", b"v" * 129])
def test_a_key_that_no_vehicle_can_have_is_refused(key: bytes | None) -> None:
    refusal = read_vehicle_id(key)

    assert isinstance(refusal, Refusal)
    assert refusal.reason is Reason.MALFORMED
