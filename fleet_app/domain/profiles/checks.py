"""What a profile may not say, beyond what its fields can hold."""

from collections.abc import Iterator
from itertools import groupby, pairwise

from fleet_app.domain.profiles.profile import DeviceSpan, VehicleProfile


def fault_of(profile: VehicleProfile) -> str | None:
    """Return what is wrong with a profile, in a sentence that names the field and the value; None if nothing is."""
    return next(_faults(profile), None)


def _faults(profile: VehicleProfile) -> Iterator[str]:
    for field, text in _texts(profile):
        if text != text.strip():
            yield f"{field} {text!r} begins or ends with white space; leave it out"
    if len(set(profile.tags)) < len(profile.tags):
        yield f"tags {', '.join(profile.tags)}: a tag stands there twice"
    yield from _faults_of_devices(profile.devices)


def _texts(profile: VehicleProfile) -> Iterator[tuple[str, str]]:
    """Walk the texts by which vehicles are found; with white space around, they look alike and are not."""
    for field in ("vehicle_id", "name", "plate", "driver", "group", "tenant"):
        yield field, getattr(profile, field) or ""
    for tag in profile.tags:
        yield "tags", tag
    for span in profile.devices:
        yield "devices: device_id", span.device_id


def _faults_of_devices(spans: tuple[DeviceSpan, ...]) -> Iterator[str]:
    for span in spans:
        if span.until_ms is not None and span.until_ms <= span.from_ms:
            yield f"devices: {span.device_id!r} is in until {span.until_ms}, which is not after {span.from_ms}"
    in_order = sorted(spans, key=lambda span: (span.device_id, span.from_ms))
    for device_id, of_device in groupby(in_order, key=lambda span: span.device_id):
        for one, other in pairwise(of_device):
            if one.until_ms is None or one.until_ms > other.from_ms:
                yield (
                    f"devices: {device_id!r} is in twice at once, from {one.from_ms} and from {other.from_ms}: "
                    "end the first before the second begins, or name it once"
                )
