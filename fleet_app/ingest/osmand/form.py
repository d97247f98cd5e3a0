"""The form: parameters of a query string, or of a body that is written like one. Speeds are in knots."""

import math
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from fleet_app.domain.position import Report
from fleet_app.ingest.osmand.draft import (
    AttributeValue,
    RefusedRequestError,
    checked,
    fitting,
    read_time,
    shown,
    unless_negative,
)

_KNOT_MPS: Final = 1_852 / 3_600
_SYNONYMS: Final = {"deviceid": "id", "heading": "bearing"}
_NAMES: Final = {
    "device_id": "id",
    "time_ms": "timestamp",
    "lat": "lat",
    "lon": "lon",
    "speed_mps": "speed",
    "heading_deg": "bearing",
    "accuracy_m": "accuracy",
    "altitude_m": "altitude",
    "ignition": "ignition",
}
_RADIO: Final = frozenset({"cell", "wifi"})
"""What the phone heard of masts and access points: no fix, and too much to keep."""
_NO_ATTRIBUTE: Final = frozenset({*_NAMES.values(), *_RADIO, "location", "valid", "key"})
"""What is no attribute of a position; `key` is what the sender proves itself by."""
_SWITCH: Final = {"true": True, "1": True, "false": False, "0": False}
_TRUTH: Final = {"true": True, "false": False}
_NUMBER: Final = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_EXACT_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{1,6})?")
"""A number that a float holds digit by digit. What looks otherwise (`007`, a SIM's 20 digits) is a text."""


def read_form(form: bytes) -> Report:
    """Return the position in `id=…&timestamp=…&lat=…&lon=…`.

    Of a parameter that comes twice the last counts; an empty one counts as absent.

    Raises:
        RefusedRequestError: It gives none.
    """
    sent = _parameters(form)
    if not _switch(sent, "valid", absent=True):
        raise RefusedRequestError(f"valid is {shown(sent['valid'])}: the device says that it has no fix")
    lat, lon = _place(sent)
    return checked(
        Report(
            device_id=_required(sent, "id"),
            time_ms=read_time("timestamp", _required(sent, "timestamp")),
            lat=lat,
            lon=lon,
            speed_mps=_speed_mps(sent),
            heading_deg=unless_negative(_number(sent, "bearing")),
            accuracy_m=unless_negative(_number(sent, "accuracy")),
            altitude_m=_number(sent, "altitude"),
            ignition=_switch(sent, "ignition", absent=None),
            attributes=fitting((name, _attribute(text)) for name, text in sent.items() if name not in _NO_ATTRIBUTE),
        ),
        _NAMES,
    )


def _parameters(form: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(form.decode(), errors="strict")
    except UnicodeDecodeError as error:
        raise RefusedRequestError(f"the parameters are not UTF-8: {shown(error.object[:64])}") from error
    return {_SYNONYMS.get(name, name): text for name, text in pairs}


def _required(sent: Mapping[str, str], name: str) -> str:
    if name not in sent:
        raise RefusedRequestError(f"{name} is missing; id, timestamp, lat and lon are needed")
    return sent[name]


def _place(sent: Mapping[str, str]) -> tuple[float, float]:
    """Return latitude and longitude, from `location` where neither stands by itself."""
    if "location" in sent and not {"lat", "lon"} & sent.keys():
        lat, _, lon = sent["location"].partition(",")
        return _finite("location's latitude", lat), _finite("location's longitude", lon)
    return _finite("lat", _required(sent, "lat")), _finite("lon", _required(sent, "lon"))


def _speed_mps(sent: Mapping[str, str]) -> float | None:
    knots = unless_negative(_number(sent, "speed"))
    return None if knots is None else knots * _KNOT_MPS


def _number(sent: Mapping[str, str], name: str) -> float | None:
    return _finite(name, sent[name]) if name in sent else None


def _finite(name: str, text: str) -> float:
    number = float(text) if _NUMBER.fullmatch(text.strip()) else math.nan
    if not math.isfinite(number):
        raise RefusedRequestError(f"{name} {shown(text)} is not a number: digits and a decimal point are expected")
    return number


def _switch(sent: Mapping[str, str], name: str, *, absent: bool | None) -> bool | None:
    if name not in sent:
        return absent
    if sent[name].lower() not in _SWITCH:
        raise RefusedRequestError(f"{name} {shown(sent[name])} is none of true, false, 1 and 0")
    return _SWITCH[sent[name].lower()]


def _attribute(text: str) -> AttributeValue:
    return float(text) if _EXACT_NUMBER.fullmatch(text) else _TRUTH.get(text, text)
