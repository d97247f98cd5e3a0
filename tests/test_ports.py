"""A port is free if a server could have it."""

import errno
import socket

import pytest

from fleet_app.ports import why_not_free
from tests.support.processes import free_ports


def test_a_port_that_nobody_has_is_free_and_stays_so() -> None:
    port = free_ports(1)[0]

    assert [why_not_free("127.0.0.1", port) for _ in range(2)] == [None, None]


def test_a_port_that_is_listened_on_is_not_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        error = why_not_free("127.0.0.1", taken.getsockname()[1])

    assert error is not None
    assert error.errno == errno.EADDRINUSE


@pytest.mark.parametrize("host", ["203.0.113.7", "2001:db8::7"])
def test_an_address_of_another_machine_is_no_place_to_listen(host: str) -> None:
    assert isinstance(why_not_free(host, 0), OSError)
