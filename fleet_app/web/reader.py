"""How a view gets at state, wherever it is: here, at the key's owner, or at all workers together."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final, TypeVar
from urllib.parse import unquote

import msgspec
from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from fleet_app.domain.access.caller import Caller
from fleet_app.domain.rules import Rules
from fleet_app.http.access import caller_of
from fleet_app.http.problems import Code, bad_request, not_found, shown, unavailable
from fleet_app.stream.declarations import Table, V
from fleet_app.stream.partitioning import partition_of
from fleet_app.stream.reads import Duty, LocalTables, LocalViews, Membership, Phase, TaskReport, TaskState
from fleet_app.web.paging import LocalPage, Page, Render, encode_cursor, merge, part_of_page
from fleet_app.web.peers import FORWARDED_BY, PeerError, Peers

T = TypeVar("T")
HttpRequest = Request[Any, Any, Any]
_OF_THE_PAGE: Final = frozenset({"cursor", "limit"})
"""What of a query another worker is told in its own way."""


class Reader:
    """Read-only access to the tables of all workers.

    Args:
        tables: What this worker holds.
        membership: Who owns what.
        peers: The way to the other workers.
        clock: Now, in seconds since 1970.
        views: What every worker knows whole.
        rules: The rules that vehicles are run by.
    """

    def __init__(  # noqa: PLR0913 - one per part that meets here
        self,
        *,
        tables: LocalTables,
        membership: Membership,
        peers: Peers,
        clock: Callable[[], float],
        views: LocalViews,
        rules: Rules,
    ) -> None:
        self.tables = tables
        self.views = views
        self.rules = rules
        self.membership = membership
        self.peers = peers
        self._clock = clock

    def now_ms(self) -> int:
        """Return the time, ms since 1970."""
        return int(self._clock() * 1000)

    def table(self, name: str) -> Table[Any, Any]:
        """Return the declared table of that name.

        Raises:
            ApiError: 404, there is none.
        """
        for table in self.tables.declared():
            if table.name == name:
                return table
        known = ", ".join(table.name for table in self.tables.declared())
        raise not_found(Code.UNKNOWN_TABLE, f"there is no table {shown(name)}; there are: {known}")

    def partition(self, home: str) -> int:
        """Return the partition of a key in every table; of a row, `home` is the text it belongs to."""
        return partition_of(home.encode(), self.membership.partitions)

    async def at_owner(
        self, request: HttpRequest, key: str, segments: Sequence[str], answer: Callable[[], Response[bytes]]
    ) -> Response[bytes]:
        """Answer for a key where its partition is owned: by calling `answer` here, or by forwarding once.

        Args:
            request: The request as it came; its query is passed on, and on whose behalf it is asked.
            key: Decides the owner.
            segments: The path to ask the owner for.
            answer: Makes the answer from this worker's own state; called at once, while the partition's task runs.

        Raises:
            ApiError: 503, no owner is known, or it did not answer, or its task does not run yet or any more.
        """
        elsewhere = await self._elsewhere(request, key, segments)
        return answer() if elsewhere is None else elsewhere

    async def at_owner_in_steps(
        self, request: HttpRequest, key: str, segments: Sequence[str], answer: Callable[[], Awaitable[Response[bytes]]]
    ) -> Response[bytes]:
        """Answer as `at_owner` does, where making the answer takes so long that it gives way to other work.

        Raises:
            ApiError: 503, as there, and when the partition has moved on before the answer was made.
        """
        elsewhere = await self._elsewhere(request, key, segments)
        if elsewhere is not None:
            return elsewhere
        made = await answer()
        if self.partition(key) not in self.membership.owned():
            raise unavailable(
                Code.NOT_RUNNING,
                f"partition {self.partition(key)}, where {shown(key)} belongs, has moved on while it was read",
            )
        return made

    async def _elsewhere(self, request: HttpRequest, key: str, segments: Sequence[str]) -> Response[bytes] | None:
        """Return the owner's answer; None if this worker is the owner, whose task then runs."""
        partition = self.partition(key)
        owner = self.membership.owner(partition)
        if owner == self.membership.url:
            self._check_task_runs(partition, key)
            return None
        if owner is None:
            raise unavailable(
                Code.NO_OWNER, f"no worker is known to own partition {partition}, where {shown(key)} belongs"
            )
        if FORWARDED_BY in request.headers:
            raise unavailable(
                Code.NO_OWNER,
                f"{self.membership.url} was asked as the owner of partition {partition}, which it has not got: "
                "the partition is moving",
            )
        return await self._forward(owner, request, segments)

    def _check_task_runs(self, partition: int, key: str) -> None:
        if partition in self.membership.owned():
            return
        tasks = [task for task in self.membership.tasks() if task.partition == partition and task.duty is Duty.OWNER]
        reason = _why_not_running(tasks[0]) if tasks else f"the worker is {self.membership.phase()}"
        raise unavailable(
            Code.NOT_RUNNING,
            f"{self.membership.url} owns partition {partition}, where {shown(key)} belongs, and cannot be read yet: "
            f"{reason}",
        )

    async def _forward(self, owner: str, request: HttpRequest, segments: Sequence[str]) -> Response[bytes]:
        try:
            reply = await self.peers.get(owner, segments, request.query_params.multi_items(), caller=caller_of(request))
        except PeerError as error:
            raise unavailable(Code.OWNER_UNREACHABLE, str(error)) from error
        if reply.status == HTTPStatus.UNAUTHORIZED:
            # The client has proven who it is; it is this worker that was not believed.
            raise unavailable(Code.OWNER_UNREACHABLE, f"{owner} does not take this one for a worker of its own")
        # As a header, not as a media type: to that of a text, the framework would add a second charset.
        headers = {"content-type": reply.content_type}
        if reply.retry_after is not None:
            headers["retry-after"] = reply.retry_after
        return Response(reply.body, status_code=reply.status, headers=headers)

    async def scan_here(self, table: Table[Any, V], *, after: bytes | None, limit: int, render: Render[V]) -> LocalPage:
        """Return this worker's part of a page. If partitions come or go meanwhile, it speaks for none."""
        before = self.membership.owned()

        async def scan(reached: bytes | None, at_once: int) -> Sequence[tuple[bytes, V]]:
            return await self.tables.scan(table, after=reached, limit=at_once) if before else []

        part = await part_of_page(scan, after=after, limit=limit, render=render)
        phase = self.membership.phase()
        if self.membership.owned() != before:
            return LocalPage(phase=phase, partitions=(), entries=[], reached=None)
        return LocalPage(phase=phase, partitions=tuple(sorted(before)), entries=part.entries, reached=part.reached)

    async def scan_everywhere(  # noqa: PLR0913 - a page, and how the others are asked for their parts of it
        self,
        table: Table[Any, V],
        segments: Sequence[str],
        *,
        request: HttpRequest,
        after: bytes | None,
        limit: int,
        render: Render[V],
    ) -> Page[msgspec.Raw]:
        """Return a page over all workers.

        Args:
            table: What is listed.
            segments: The path at which another worker gives its part.
            request: The request as it came; its query is passed on, and on whose behalf it is asked.
            after: The stored key that the page starts after.
            limit: How many entries the page holds at most.
            render: What is answered for a stored key and its value, if that is asked for.

        Raises:
            ApiError: 503, some partition is not covered, or two workers answer for it.
        """
        query = [(name, value) for name, value in request.query_params.multi_items() if name not in _OF_THE_PAGE]
        query += [("limit", str(limit)), *([] if after is None else [("after", encode_cursor(after))])]
        own_page, answers = await asyncio.gather(
            self.scan_here(table, after=after, limit=limit, render=render),
            self.ask_all(segments, query, LocalPage, caller=caller_of(request)),
        )
        pages = {self.membership.url: own_page} | {
            url: page for url, page in answers.items() if isinstance(page, LocalPage)
        }
        silent = [str(error) for error in answers.values() if isinstance(error, PeerError)]
        self._check_coverage(pages, silent)
        return merge(pages.values(), limit=limit)

    async def ask_all(
        self,
        segments: Sequence[str],
        query: Sequence[tuple[str, str]],
        answer: type[T],
        *,
        caller: Caller,
    ) -> dict[str, T | PeerError]:
        """Ask every other worker on a caller's behalf, all at once; return the answer or the failure by URL."""
        urls = [worker.url for worker in self.membership.workers() if worker.url != self.membership.url]

        async def ask(url: str) -> T | PeerError:
            try:
                return await self.peers.ask(url, segments, query, answer, caller=caller)
            except PeerError as error:
                return error

        return dict(zip(urls, await asyncio.gather(*(ask(url) for url in urls)), strict=True))

    def _check_coverage(self, pages: Mapping[str, LocalPage], reasons: Iterable[str]) -> None:
        """Refuse to answer with less than everything, or with something twice."""
        covered = [partition for page in pages.values() for partition in page.partitions]
        missing = sorted(set(range(self.membership.partitions)) - set(covered))
        if missing:
            waiting = [f"{url} is {page.phase}" for url, page in pages.items() if page.phase is not Phase.RUNNING]
            because = "; ".join([*reasons, *waiting]) or "they are moving between workers"
            raise unavailable(Code.PARTITIONS_MISSING, f"partitions {_listed(missing)} cannot be read: {because}")
        twice = sorted({partition for partition in covered if covered.count(partition) > 1})
        if twice:
            raise unavailable(
                Code.PARTITIONS_MISSING, f"partitions {_listed(twice)} are moving: two workers answer for them"
            )


Injected = NamedDependency[SkipValidation[Reader]]
"""A handler's `reader` parameter."""


def _why_not_running(task: TaskReport) -> str:
    if task.state is TaskState.RESTORING:
        return f"it is being restored, {task.restore.done} of {task.restore.total} offsets so far"
    return "it is being handed over"


def _listed(partitions: Iterable[int]) -> str:
    return ", ".join(map(str, partitions))


def decode_segment(segment: str) -> str:
    """Return the text behind one percent-encoded segment of a path.

    Raises:
        ApiError: 400, it is not UTF-8.
    """
    try:
        return unquote(segment, errors="strict")
    except UnicodeDecodeError as error:
        raise bad_request(f"{shown(segment)} in the path is not UTF-8, percent-encoded") from error
