"""The stored form of a key and of what became of its changes."""

from fleet_app.domain.access.api_key import ApiKey, Secret
from fleet_app.domain.access.rights import Role
from fleet_app.domain.revisions import Kept, Outcome, Verdict
from tables.api_keys import API_KEYS

PHONES = ApiKey(
    key_id="k1",
    name="Phones",
    role=Role.DEVICE,
    tenant="north",
    devices=("phone-7",),
    secrets=(Secret(sha256="0" * 64, created_ms=1, expires_ms=3), Secret(sha256="f" * 64, created_ms=2)),
    revision=2,
)
ROW = Kept(PHONES, (Outcome("a", Verdict.ACCEPTED, 1), Outcome("b", Verdict.ACCEPTED, 2)))
VERSION_1 = (
    b"\x01\x92\x87\xa6key_id\xa2k1\xa4name\xa6Phones\xa4role\xa6device\xa6tenant\xa5north\xa7devices\x91\xa7phone-"
    b"7\xa7secrets\x92\x83\xa6sha256\xd9@0000000000000000000000000000000000000000000000000000000000000000\xaacreat"
    b"ed_ms\x01\xaaexpires_ms\x03\x83\xa6sha256\xd9@ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
    b"ff\xaacreated_ms\x02\xaaexpires_ms\xc0\xa8revision\x02\x92\x93\xa1a\xa8accepted\x01\x93\xa1b\xa8accepted\x02"
)


def test_version_1_can_still_be_read() -> None:
    assert API_KEYS.decode(VERSION_1) == ROW


def test_what_is_written_today_is_read_today() -> None:
    assert API_KEYS.decode(API_KEYS.encode(ROW)) == ROW
