"""Runs several worker processes and keeps them running: `fleet up`.

What holds:

* Each worker has its own port, and with it its own URL and folder of state, the same at every start, so a restart
  moves no partition.
* A worker that died is started again, later each time. One that died five times within two minutes ends the
  supervisor with the last reason.
* A first start that fails for a reason an operator must mend (settings, port, topics, state, no Kafka) ends the
  supervisor at once with that reason: trying again would only hide it.
* The first request to stop drains: SIGTERM to every worker, SIGKILL to those that take too long. A second request
  kills at once.
* Workers end with their supervisor, however it ends: each holds one end of a socket pair and stops when the other
  end is gone. They never see the terminal's Ctrl-C; the supervisor alone answers it.

`addresses` says where each worker is found, `life` is one process of a worker, `restarts` decides what follows a death,
and `loop` brings them together.
"""

from fleet_app.supervisor.addresses import worker_settings
from fleet_app.supervisor.life import Run
from fleet_app.supervisor.loop import Supervisor, stop_signals_to, supervise
from fleet_app.supervisor.restarts import Patience

__all__ = ["Patience", "Run", "Supervisor", "stop_signals_to", "supervise", "worker_settings"]
