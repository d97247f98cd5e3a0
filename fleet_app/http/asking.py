"""Asking a running worker over its HTTP API, for commands of the `fleet` program."""

from collections.abc import Collection, Mapping
from http import HTTPStatus
from types import TracebackType
from typing import Final, Self

import aiohttp
import msgspec
from pydantic import SecretStr

from fleet_app.errors import FleetError, InputError, WorkerError
from fleet_app.http.problems import Problem

TIMEOUT_S: Final = 30.0
_NOTHING: Final[Mapping[str, str]] = {}
_ANSWERED: Final = frozenset({HTTPStatus.OK})
_OF_WHOEVER_ASKS: Final = frozenset(
    {HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT}
)


class AskedWorker:
    """A worker that is asked. Use as an async context manager.

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

    async def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] = _NOTHING,
        body: bytes | None = None,
        answered: Collection[int] = _ANSWERED,
    ) -> bytes:
        """Return the body that is answered.

        Args:
            method: The HTTP method.
            path: The path, percent-encoded.
            query: The query's parameters.
            body: JSON, or None.
            answered: The statuses of an answer; any other is a failure.

        Raises:
            InputError: What is asked for cannot be, or is not there, or is not for this key.
            WorkerError: No worker answers there, or it cannot tell at the moment.
        """
        assert self._session is not None, "a worker is asked inside its context"  # noqa: S101 - a mistake in this program
        try:
            async with self._session.request(
                method,
                f"{self._url}{path}",
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
        if response.status not in answered:
            raise self._failure(response.status, answer)
        return answer

    def _failure(self, status: int, answer: bytes) -> FleetError:
        try:
            detail = msgspec.json.decode(answer, type=Problem).detail
        except msgspec.DecodeError:
            return WorkerError(f"{self._url} answered {status}: not as a worker does: is this the right --url?")
        kind = InputError if status in _OF_WHOEVER_ASKS else WorkerError
        return kind(f"{self._url} answered {status}: {detail}")
