"""Become the broker, and see to it that it ends when it should.

Run as a program by `LocalBroker`, with the standard library alone: `launch.py LOCK_FD PARENT_FD COMMAND…`.

* `LOCK_FD` is open on the lock file and locked. This process writes its id there and keeps the lock for as long as
  it lives, whatever it becomes: who finds the file locked knows that the id in it is true.
* `PARENT_FD` is the reading end of a pipe that only the parent writes to, or -1 for a broker that outlives whoever
  started it. The pipe closes when the parent ends, kill -9 included; then a child of this process ends the broker.
"""

import os
import signal
import sys
import time

GRACE_S = 10.0
POLL_S = 0.05


def main(lock_fd: int, parent_fd: int, command: list[str]) -> None:
    """Write the id, leave a watcher behind, turn into `command`."""
    os.ftruncate(lock_fd, 0)
    os.pwrite(lock_fd, str(os.getpid()).encode(), 0)
    if parent_fd >= 0:
        broker = os.getpid()
        if os.fork() == 0:
            os.close(lock_fd)
            watch(parent_fd, broker)
            os._exit(0)
        os.close(parent_fd)
    os.execv(command[0], command)  # noqa: S606 - the command is LocalBroker's


def watch(parent_fd: int, broker: int) -> None:
    """Wait for the parent's end, then end the broker: with a signal it can obey, and one it cannot refuse."""
    os.read(parent_fd, 1)
    deadline = time.monotonic() + GRACE_S
    # The broker is this process's parent, so as long as that holds its id cannot belong to anything else.
    if os.getppid() == broker:
        os.kill(broker, signal.SIGTERM)
        os.kill(broker, signal.SIGCONT)
    while os.getppid() == broker and time.monotonic() < deadline:
        time.sleep(POLL_S)
    if os.getppid() == broker:
        os.kill(broker, signal.SIGKILL)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
