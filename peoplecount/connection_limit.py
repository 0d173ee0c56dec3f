"""How many connections one client may have at a time: nobody takes the places of all others.

Most ways to keep a server busy need many connections that go on slowly. Streams have limits of their own; what is
beside them, pages and programs that ask, needs few connections at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from peoplecount.web.client_address import ClientAddresses

BESIDE_STREAMS = 200
"""Connections of a client beside those of its streams. Browsers open six at once, and many people may share an
address."""

_TOO_MANY = (
    b"Your address has as many connections open as one may. Close some; if this is the address of a proxy, name it in "
    b"TRUSTED_PROXIES.\n"
)
REFUSAL = (
    b"HTTP/1.1 429 Too Many Requests\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n"
    b"Retry-After: 10\r\nContent-Length: %d\r\n\r\n%b" % (len(_TOO_MANY), _TOO_MANY)
)


class ConnectionLimit:
    """Counts the open connections of each client of one process. Proxies that are known speak for many, and may any."""

    def __init__(self, most: int, proxies: Sequence[str] = ()) -> None:
        """``proxies`` are addresses or networks."""
        self._most = most
        self._addresses = ClientAddresses(proxies)
        self._open: Counter[str] = Counter()

    def take(self, peer: str) -> str | None:
        """Room for a connection from this address: a name for ``give_back``; ``None`` where there is none.

        The name is empty where nothing is counted.
        """
        client = self._addresses.at_other_end(peer)
        if not client:
            return ""
        if self._open[client] >= self._most:
            return None
        self._open[client] += 1
        return client

    def give_back(self, client: str) -> None:
        """The connection is over."""
        if client:
            self._open[client] -= 1
            if not self._open[client]:
                del self._open[client]
