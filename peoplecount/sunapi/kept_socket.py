"""Whether a connection that was kept still stands."""

from __future__ import annotations

import socket


def has_ended(sock: socket.socket) -> bool:
    """Whether the camera has hung up meanwhile, or said something that it was not asked.

    The socket does not wait for anything afterwards, until its time-out is set anew. It is looked at below any
    encryption, and not by waiting for no time at all as ``urllib3`` does: under gevent that takes a turn of the loop.
    """
    sock.settimeout(0)
    try:
        socket.socket.recv(sock, 1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
