"""The forms that there are, and what writes each."""

from collections.abc import Mapping
from typing import Final

from fleet_app.live.frames import Encoder, Encoding, Fields, Form
from fleet_app.live.packed import PackedEncoder
from fleet_app.live.texts import JsonEncoder

ENCODERS: Final[Mapping[Form, Encoder]] = {
    **{Form(fields, Encoding.PACKED): PackedEncoder(fields) for fields in Fields},
    **{Form(fields, Encoding.JSON): JsonEncoder(fields) for fields in Fields},
}
