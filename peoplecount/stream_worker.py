"""The gunicorn worker: gevent's, ending without waiting for connections that are merely kept alive."""

from __future__ import annotations

import gevent
from gunicorn.workers.ggevent import GeventWorker


class StreamWorker(GeventWorker):  # type: ignore[misc]  # gunicorn has no types
    """Lets go of a connection as soon as its stream has ended, once the worker has been told to end.

    A browser would keep it for its next request, and gunicorn would wait for that as for a request under way.
    """

    def timeout_ctx(self) -> gevent.Timeout:
        """How long a connection may take for its next request."""
        return gevent.Timeout(self.cfg.keepalive if self.alive else 0, exception=False)
