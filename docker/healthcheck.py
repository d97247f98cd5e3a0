"""Exit 0 if the worker in this container answers on /healthz, else 1 with the reason. No proxy is asked."""  # noqa: INP001 - a script

import http.client
import os
import sys

PORT = int(os.environ.get("FLEET_PORT") or 8080)
TIMEOUT_S = 3


def main() -> None:
    """Ask once."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        sys.exit(f"no answer from port {PORT}: {error}")
    finally:
        connection.close()
    if status != http.client.OK:
        sys.exit(f"/healthz answers {status}")


if __name__ == "__main__":
    main()
