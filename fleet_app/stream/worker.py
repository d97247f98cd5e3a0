"""The process around an app: starts it, ends it on a signal, and says why it ended."""

import asyncio
import logging
import os
import sys
from typing import TYPE_CHECKING, Any, Final, NoReturn

import faust

from fleet_app.errors import FleetError

if TYPE_CHECKING:
    from fleet_app.stream.faust_app import StreamApp

logger = logging.getLogger(__name__)

_STOP_WITHIN_S: Final = 5.0


class StreamWorker(faust.Worker):
    """A worker that logs as the app decides, stops at once, and exits with the failure's own code.

    `fleet worker` and `faust worker` both run this class.
    """

    def __init__(self, app: "StreamApp", *services: Any, **options: Any) -> None:
        app.options.configure_logging()
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
        self._starting_fut = asyncio.ensure_future(self.start())
        try:
            await self._starting_fut
        except asyncio.CancelledError:
            pass  # a signal while still starting
        except FleetError as error:
            self._fail(error)
        except Exception as error:  # noqa: BLE001 - the last place that can say why the worker ends
            self._fail(error)
        await self._stop_in_time()
        return self._report()

    def _fail(self, reason: BaseException) -> None:
        if self.crash_reason is None:
            self.crash_reason = reason

    async def _stop_in_time(self) -> None:
        # A signal has begun to stop everything already; a second stop would return at once.
        stopping = self._signal_stop_future or asyncio.ensure_future(self.stop())
        try:
            await asyncio.wait_for(stopping, _STOP_WITHIN_S)
        except TimeoutError:
            logger.warning("did not stop within %g s; leaving without a last commit", _STOP_WITHIN_S)

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
