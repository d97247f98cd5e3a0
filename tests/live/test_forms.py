"""Every form can be written."""

import pytest

from fleet_app.live.forms import ENCODERS
from fleet_app.live.frames import Changes, Encoding, Fields, Form, Head, Kind
from tests.live.fakes import NOW_MS, fleet_of, vehicle


@pytest.mark.parametrize("fields", Fields)
@pytest.mark.parametrize("encoding", Encoding)
def test_every_form_can_be_written(fields: Fields, encoding: Encoding) -> None:
    rows = fleet_of(vehicle("a")).rows_since(0)
    encoder = ENCODERS[Form(fields, encoding)]

    assert b'"a"' in encoder.frame(Head(Kind.DELTA, NOW_MS, 0, ""), [encoder.changes(Changes(rows, rows))])
