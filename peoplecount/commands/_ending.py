"""Signals to end, for commands that have something to tidy up."""

from __future__ import annotations

import signal
import types
from collections.abc import Iterator
from contextlib import contextmanager

_SIGNALS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


@contextmanager
def ending_in_order() -> Iterator[None]:
    """In the block SIGTERM and SIGHUP are a ``SystemExit``, as SIGINT is a ``KeyboardInterrupt``.

    Else they would end the process where it stands, and what it has half made would stay. What is ignored (``nohup``)
    stays so.
    """
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    heeded = [number for number, handler in before.items() if handler is not signal.SIG_IGN]

    def end(number: int, frame: types.FrameType | None) -> None:  # noqa: ARG001  the shape of a handler
        for one in heeded:
            signal.signal(one, signal.SIG_IGN)  # once is enough: what follows tidies up
        raise SystemExit(128 + number)

    for number in heeded:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in heeded:
            signal.signal(number, before[number] or signal.SIG_DFL)
