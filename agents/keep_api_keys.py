"""keep_api_keys: fleet.api-key-changes → api_keys → fleet.api-keys, by which every worker knows who asks."""

from functools import partial
from typing import Final

import msgspec

from agents.keeping.changes import Changes
from fleet_app import topics
from fleet_app.domain.access.api_key import ApiKey, KeyId
from fleet_app.domain.access.checks import fault_of
from fleet_app.domain.refusals import Reason, Refusal
from fleet_app.domain.revisions import Request
from fleet_app.records.api_key_change import ApiKeyChange
from fleet_app.records.change import check_same_key, read_change, read_key
from fleet_app.records.rejected import UnreadableError, dead_letter
from fleet_app.stream.declarations import Agent, AgentTask, DeadLetters, Record
from tables.api_keys import API_KEYS

_decode = msgspec.json.Decoder(ApiKeyChange).decode
_check_id = partial(msgspec.convert, type=KeyId)


class _Keeper:
    def __init__(self, task: AgentTask) -> None:
        self._task = task
        self._changes = Changes(task, API_KEYS, topics.API_KEYS)

    def keep(self, record: Record) -> None:
        """Do what a change asks for, refuse it, or send it on to its home.

        A change that was written past the API is held to the same rules: what stands here lets people in.
        """
        key_id = read_key(record, _check_id)
        change = read_change(record, _decode)
        if change.api_key is not None:
            check_same_key(key_id, change.api_key.key_id)
            _check(change.api_key)
        if not self._task.is_home(key_id):
            self._task.rekey(record, key_id)
            return
        self._changes.decide(key_id, Request(change.request_id, change.seen_revision, change.api_key, change.tenant))


def _check(key: ApiKey) -> None:
    fault = fault_of(key)
    if fault is not None:
        raise UnreadableError(Refusal(Reason.OUT_OF_RANGE, fault))


KEEP_API_KEYS: Final = Agent(
    name="keep_api_keys",
    reads=topics.API_KEY_CHANGES,
    owns=(API_KEYS,),
    sends=(topics.API_KEYS,),
    dead_letters=DeadLetters(topic=topics.REJECTED, write=dead_letter),
    bind=lambda task: _Keeper(task).keep,
)
