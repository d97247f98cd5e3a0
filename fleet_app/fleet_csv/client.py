"""Profiles of a running worker, asked and changed over its HTTP API."""

from collections.abc import Sequence
from http import HTTPStatus
from types import TracebackType
from typing import Final, Self

import aiohttp
import msgspec
from pydantic import SecretStr

from fleet_app.domain.profiles.profile import VehicleProfile
from fleet_app.errors import WorkerError
from fleet_app.http.problems import Problem
from fleet_app.ingest.profiles_import import Imported, ImportedProfile
from fleet_app.web.paging import Page

TIMEOUT_S: Final = 30.0
_PROFILES_PER_PAGE: Final = 1_000
_PROFILES_PER_REQUEST: Final = 2_000
_PATH: Final = "/api/vehicle-profiles"


class ProfilesClient:
    """A worker's profiles. Use as an async context manager.

    Args:
        url: The worker's base URL.
        api_key: The key of its API, or None.
    """

    def __init__(self, url: str, api_key: SecretStr | None) -> None:
        self._url = url.rstrip("/")
        self._headers = {} if api_key is None else {"Authorization": f"Bearer {api_key.get_secret_value()}"}
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            headers=self._headers, timeout=aiohttp.ClientTimeout(total=TIMEOUT_S), cookie_jar=aiohttp.DummyCookieJar()
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def all(self) -> dict[str, VehicleProfile]:
        """Return all profiles, by vehicle id and in the order of these.

        Raises:
            WorkerError: No worker answers there, or it cannot tell at the moment.
        """
        profiles: dict[str, VehicleProfile] = {}
        query = {"limit": str(_PROFILES_PER_PAGE)}
        while True:
            page = msgspec.json.decode(await self._ask("GET", query, None), type=Page[VehicleProfile])
            profiles.update((profile.vehicle_id, profile) for profile in page.items)
            if page.next is None:
                return profiles
            query["cursor"] = page.next

    async def put_all(self, profiles: Sequence[VehicleProfile]) -> list[ImportedProfile]:
        """Make or change profiles, each only if its revision is the one that there is; return what became of each.

        Raises:
            WorkerError: No worker answers there, or Kafka does not take them; some may have been changed.
        """
        became: list[ImportedProfile] = []
        for start in range(0, len(profiles), _PROFILES_PER_REQUEST):
            body = b",".join(map(_with_revision, profiles[start : start + _PROFILES_PER_REQUEST]))
            imported = msgspec.json.decode(await self._ask("POST", {}, b"[" + body + b"]"), type=Imported)
            became.extend(imported.items)
        return became

    async def _ask(self, method: str, query: dict[str, str], body: bytes | None) -> bytes:
        assert self._session is not None, "a client is used inside its context"  # noqa: S101 - a mistake in this program
        url = f"{self._url}{_PATH}"
        try:
            async with self._session.request(
                method,
                url,
                params=query,
                data=body,
                headers={"Content-Type": "application/json"},
                allow_redirects=False,
            ) as response:
                answer = await response.read()
        except TimeoutError as error:
            raise WorkerError(f"{self._url} did not answer within {TIMEOUT_S:g} s: try again") from error
        except aiohttp.ClientError as error:
            raise WorkerError(
                f"no worker answers: {self._url}: {error}; start one with `fleet up`, or name one with --url"
            ) from error
        if response.status != HTTPStatus.OK:
            raise WorkerError(f"{self._url} answered {response.status}: {_detail(answer)}")
        return answer


def _with_revision(profile: VehicleProfile) -> bytes:
    """Return a profile as JSON with the revision that was seen, also where there was none."""
    return msgspec.json.encode({**msgspec.to_builtins(profile), "revision": profile.revision})


def _detail(answer: bytes) -> str:
    try:
        return msgspec.json.decode(answer, type=Problem).detail
    except msgspec.DecodeError:
        return "not as a worker does: is this the right --url?"
