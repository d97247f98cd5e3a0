"""The process around an app: starts it, ends it on a signal, and says why it ended."""

import asyncio
import logging
import os
import sys
import threading
from typing import Any, Final, NoReturn, Protocol, cast

import faust
from faust.types import AppT

from fleet_app.errors import FleetError

logger = logging.getLogger(__name__)

_STOP_WITHIN_S: Final = 5.0
_LEAVE_WITHIN_S: Final = 8.0


def leave_soon() -> None:
    """Make sure that the process ends within seconds, whatever holds its event loop up."""
    deadman = threading.Timer(_LEAVE_WITHIN_S, os._exit, (os.EX_SOFTWARE,))
    deadman.daemon = True
    deadman.start()


class LogsItsOwnWay(Protocol):
    """What this worker asks of its app beyond Faust's own."""

    def configure_logging(self) -> None:
        """Set up the process's logs."""


class StreamWorker(faust.Worker):
    """A worker that logs as the app decides, stops at once, and exits with the failure's own code.

    `fleet worker` and `faust worker` both run this class.
    """

    def __init__(self, app: AppT, *services: Any, **options: Any) -> None:
        cast(LogsItsOwnWay, app).configure_logging()
        super().__init__(app, *services, **{**options, "override_logging": False, "redirect_stdouts": False})
        self.spinner = None

    def execute_from_commandline(self) -> NoReturn:
        """Run until a signal or a failure, then leave the process."""
        code = self.loop.run_until_complete(self._run())
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        # The last commit is done. Mode would now sleep for two seconds (mode/worker.py:294-325).
        os._exit(code)

    async def _run(self) -> int:
        starting = self._starting_fut = asyncio.ensure_future(self.start())
        ending = asyncio.ensure_future(self.wait_until_stopped())
        # A part that never gets done with its start must not hold up a signal, or the news of a crash.
        await asyncio.wait({starting, ending}, return_when=asyncio.FIRST_COMPLETED)
        self._note_failure(starting)
        await self._stop_in_time()
        return self._report()

    async def _stop_in_time(self) -> None:
        # A signal has begun to stop everything already; a second stop would return at once.
        stopping = self._signal_stop_future or asyncio.ensure_future(self.stop())
        # Not `wait_for`: Mode takes a cancellation for the end of one part and waits for the next.
        await asyncio.wait({stopping}, timeout=_STOP_WITHIN_S)
        if not stopping.done():
            logger.warning("did not stop within %g s; leaving without a last commit", _STOP_WITHIN_S)
        self._note_failure(stopping)

    def _note_failure(self, ended: "asyncio.Future[None]") -> None:
        """Keep the first reason for the worker's end; a signal while starting or stopping is none."""
        if ended.done() and not ended.cancelled() and self.crash_reason is None:
            self.crash_reason = ended.exception()

    def _report(self) -> int:
        reason = self.crash_reason or self.app.crash_reason
        if reason is None:
            return os.EX_OK
        if isinstance(reason, FleetError):
            self.carp(f"fleet: {reason}")
            return reason.exit_code
        logger.critical("the worker ends: %r", reason, exc_info=reason)
        return 1

    def _on_sigint(self) -> None:
        self._on_sigterm()
