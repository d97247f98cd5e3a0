"""A small Maven repository on this machine, to fetch from and to misbehave."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from fleet_app.broker.lock import Jar, Lock

CONTENTS: Final = {"alpha": b"a" * 70_000, "beta": b"b" * 50_000, "gamma": b"c" * 10}


def lock_of(contents: dict[str, bytes]) -> Lock:
    """Return the lock that says what `contents` are."""
    return Lock(
        kafka="0.0.0",
        jars=tuple(
            Jar(
                group="org.example",
                artifact=artifact,
                version="1.0",
                size_bytes=len(content),
                sha256=hashlib.sha256(content).hexdigest(),
            )
            for artifact, content in contents.items()
        ),
    )


class Repository:
    """What it serves, what it was asked for, and how it misbehaves.

    Attributes:
        url: Where it is.
        jars: What it has, by artifact.
        asked: The artifacts that were asked for, in order.
        cut_off: Artifacts of which it sends only the first half.
        stalls: Artifacts of which it sends the first half, and then nothing until `released`.
        stalling: Set once it stalls.
        released: Set to let stalled answers end.
    """

    def __init__(self, jars: dict[str, bytes]) -> None:
        self.url = ""
        self.jars = dict(jars)
        self.asked: list[str] = []
        self.cut_off: set[str] = set()
        self.stalls: set[str] = set()
        self.stalling = threading.Event()
        self.released = threading.Event()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Answer one GET as a Maven repository does that publishes no checksums."""
        artifact = request.path.split("/")[-3]
        if not request.path.endswith(".jar") or artifact not in self.jars:
            request.send_error(HTTPStatus.NOT_FOUND)
            return
        self.asked.append(artifact)
        content = self.jars[artifact]
        request.send_response(HTTPStatus.OK)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content[: len(content) // 2])
        if artifact in self.stalls:
            self.stalling.set()
            self.released.wait()
        elif artifact not in self.cut_off:
            request.wfile.write(content[len(content) // 2 :])


@contextmanager
def serving(repository: Repository) -> Iterator[Repository]:
    """Serve on a port of its own, until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            repository.answer(self)

        def log_message(self, *_args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        repository.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield repository
        finally:
            repository.released.set()
            server.shutdown()
            thread.join()
