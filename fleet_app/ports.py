"""Whether a port could be listened on, found out without keeping it."""

import socket


def why_not_free(host: str, port: int) -> OSError | None:
    """Return what keeps a server from listening on a port, or None.

    Tried as a server does: connections of one that is gone do not keep its port.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        return error
    return None
