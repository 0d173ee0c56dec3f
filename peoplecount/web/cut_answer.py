"""Answers that fail after their beginning was sent: their end must not look like one."""

from __future__ import annotations

import contextlib
import errno
import logging
import socket
import struct
from collections.abc import Iterator, Mapping
from typing import Any

from peoplecount.domain.log_marks import REQUEST, marked
from peoplecount.storage.errors import DatabaseError

logger = logging.getLogger(__name__)

_AT_ONCE = struct.pack("ii", 1, 0)
"""Closing throws away what was not sent yet and resets the connection (socket(7), SO_LINGER)."""


def cut_where_it_fails(
    body: Iterator[str], name: str, environ: Mapping[str, Any], reference: str = ""
) -> Iterator[str]:
    """``body`` as it is; where reading on fails, the connection is broken and the log says why.

    ``name`` is what the log calls the answer, and ``reference`` its request, which is over for Flask by then. In
    HTTP/1.1 a body whose last chunk never comes is known to be cut. In HTTP/1.0 it ends with the connection, whole or
    not: so that is reset, as if the cable had been pulled. A proxy passes that on.
    """
    try:
        yield from body
    except Exception as error:
        is_ours = isinstance(error, DatabaseError)
        with marked(REQUEST, reference):
            logger.error(  # noqa: TRY400 - where things come to pieces is of interest only if it is a fault of ours
                "%s was cut in the middle, and its connection reset so that nobody takes it for whole: %s",
                name,
                error,
                exc_info=None if is_ours else error,
            )
        _reset_at_close(environ)
        raise ConnectionResetError(errno.ECONNRESET, f"{name} was cut in the middle") from error  # servers just close


def _reset_at_close(environ: Mapping[str, Any]) -> None:
    """As far as the server hands on the connection; gunicorn and Werkzeug do."""
    connection = environ.get("gunicorn.socket") or environ.get("werkzeug.socket")
    if isinstance(connection, socket.socket):
        with contextlib.suppress(OSError):  # gone already, or none of TCP
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
