"""The gunicorn worker: gevent's, ending without waiting for connections that are merely kept alive."""

from __future__ import annotations

import sys
from types import FrameType
from typing import NoReturn

import gevent
from gunicorn.workers.ggevent import GeventWorker

from peoplecount.launch import LastWords


class StreamWorker(GeventWorker):  # type: ignore[misc]  # gunicorn has no types
    """Lets go of a connection as soon as its stream has ended, once the worker has been told to end.

    A browser would keep it for its next request, and gunicorn would wait for that as for a request under way.
    """

    last_words: LastWords
    this_start: str
    """Both given by the master before the fork. All workers of a start have the same."""

    def load_wsgi(self) -> None:
        """Build the application; where that cannot be done for a reason we know, end in words."""
        from peoplecount.services.played_clock import ClockUnavailable  # noqa: PLC0415  opens sockets: after patching

        try:
            super().load_wsgi()
        except ClockUnavailable as error:
            self.give_up(f"Cannot start: {error}")

    def give_up(self, reason: str) -> NoReturn:
        """End because of something that another worker would not find better; the master says it and ends, too."""
        self.last_words.say(reason)
        sys.exit(1)

    def timeout_ctx(self) -> gevent.Timeout:
        """How long a connection may take for its next request."""
        return gevent.Timeout(self.cfg.keepalive if self.alive else 0, exception=False)

    def handle_quit(self, sig: int, frame: FrameType | None) -> None:
        """End on SIGINT and SIGQUIT as on SIGTERM: in order.

        gunicorn's own calls ``sys.exit`` in a greenlet a moment later, which may by then be the last thing that runs,
        and is printed as a traceback.
        """
        self.handle_exit(sig, frame)
