"""Counting failures, so that guessing is answered curtly: in bounded memory, with time as an argument."""

import ipaddress
import math
from collections import OrderedDict
from typing import Final

LIMIT: Final = 10
WINDOW_S: Final = 300.0
CAPACITY: Final = 10_000
_PREFIX_V6: Final = 64
"""What one customer of a provider has at least: from it, addresses can be chosen at will."""


class Throttle:
    """Failures by who made them, in windows that begin with somebody's first failure.

    Args:
        limit: How many failures a window may have.
        window_s: How long a window is.
        capacity: How many are remembered; the one that failed longest ago is forgotten first.
    """

    def __init__(self, limit: int = LIMIT, window_s: float = WINDOW_S, capacity: int = CAPACITY) -> None:
        self._limit = limit
        self._window_s = window_s
        self._capacity = capacity
        self._windows: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def fail(self, who: str, now_s: float) -> int:
        """Count a failure; return after how many seconds to come again, 0 where it was not one too many."""
        began_s, failures = self._windows.pop(who, (now_s, 0))
        if not began_s <= now_s < began_s + self._window_s:
            began_s, failures = now_s, 0
        self._windows[who] = began_s, failures + 1
        if len(self._windows) > self._capacity:
            self._windows.popitem(last=False)
        return math.ceil(began_s + self._window_s - now_s) if failures >= self._limit else 0

    def __len__(self) -> int:
        """Return how many are remembered."""
        return len(self._windows)


def network_of(address: str) -> str:
    """Return by what an IP address is counted: itself, of IPv6 its network of 64 bits."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, _PREFIX_V6), strict=False))
