"""API keys of a running worker, over its HTTP API."""

import pytest
from pydantic import SecretStr

from fleet_app.domain.access.rights import Role
from fleet_app.errors import InputError
from fleet_app.ingest.keys import KeyDraft, Rotation
from fleet_app.keys.client import KeysClient
from tests.ingest.keyrings import worker_that_keeps_keys
from tests.web.fakes import KEY
from tests.web.keys import api_key, token

pytestmark = pytest.mark.anyio


async def test_a_key_is_made_rotated_and_revoked() -> None:
    async with worker_that_keeps_keys() as (url, installation), KeysClient(url, None) as client:
        made = await client.create(KeyDraft(name="Wallboard", role=Role.VIEWER, tenant="north"))
        known = installation.caller(made.key)
        rotated = await client.rotate(made.api_key.key_id, Rotation(overlap_s=0))
        old, new = installation.caller(made.key), installation.caller(rotated.key)
        await client.revoke(made.api_key.key_id)
        revoked = installation.caller(rotated.key)

    assert known == new is not None
    assert (old, revoked) == (None, None)


async def test_all_keys_are_read_however_many_pages_they_take() -> None:
    keys = [api_key(f"k{number:04}") for number in range(1_001)]
    async with worker_that_keeps_keys(*keys) as (url, _), KeysClient(url, SecretStr(KEY)) as client:
        listed = await client.all()

    assert [key.key_id for key in listed] == [key.key_id for key in keys]


async def test_a_key_that_may_not_keep_keys_is_told_so() -> None:
    keys = (api_key("wallboard", Role.VIEWER),)
    async with worker_that_keeps_keys(*keys) as (url, _), KeysClient(url, SecretStr(token("wallboard"))) as client:
        with pytest.raises(InputError, match="answered 403: 'wallboard' is a viewer key"):
            await client.all()


async def test_a_key_that_there_is_not_is_told() -> None:
    async with worker_that_keeps_keys() as (url, _), KeysClient(url, None) as client:
        with pytest.raises(InputError, match="answered 404: there is no API key 'k1'"):
            await client.rotate("k1", Rotation())
