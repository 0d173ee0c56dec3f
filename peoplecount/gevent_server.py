"""The service on gevent's own server, for where gunicorn does not run: Windows.

One process, no reload. Everything else is the same.
"""

from __future__ import annotations

import logging
import secrets
import signal
import threading

from peoplecount.connection_limit import BESIDE_STREAMS, ConnectionLimit
from peoplecount.garbage import begin, keep_searches_short, keep_together, put_off
from peoplecount.launch import CannotStart, own_address
from peoplecount.own_certificate import OwnCertificate
from peoplecount.settings import Settings

STOP_SECONDS = 2.0
"""For requests under way; streams are ended before."""

_ENDS = ("SIGTERM", "SIGINT", "SIGBREAK")
"""As far as the system has them: on Windows Ctrl-C and Ctrl-Break."""


def serve(settings: Settings) -> None:
    """Serve until the process is told to end. Patches the process: call it first, and once. Raises ``CannotStart``."""
    from gevent import monkey  # noqa: PLC0415 - only where it serves

    keep_together()
    put_off()
    monkey.patch_all()
    from gevent import signal_handler, spawn  # noqa: PLC0415 - after patching, as all that opens sockets

    from peoplecount.bootstrap import build  # noqa: PLC0415
    from peoplecount.eventlog.log import LogError  # noqa: PLC0415
    from peoplecount.gevent_requests import CarefulHandler, LimitedServer  # noqa: PLC0415
    from peoplecount.runtime import put_the_loop_first  # noqa: PLC0415
    from peoplecount.services.played_clock import ClockUnavailable  # noqa: PLC0415

    put_the_loop_first()
    ended = threading.Event()
    try:
        service = build(settings)
    except ClockUnavailable as error:
        raise CannotStart(f"Cannot start: {error}") from error
    logger = logging.getLogger(__name__)
    shown = OwnCertificate(settings.tls_cert, settings.tls_key) if settings.tls_cert else None
    secured = {"ssl_context": shown.context()} if shown else {}
    server = LimitedServer(
        (settings.host, settings.port),
        service.app,
        log=None,
        error_log=logger,
        handler_class=CarefulHandler,
        **secured,
    )
    server.limit = ConnectionLimit(settings.streams_per_client + BESIDE_STREAMS, settings.trusted_proxies)

    def end() -> None:
        ended.set()
        service.stop()
        server.stop(timeout=STOP_SECONDS)

    for name in _ENDS:
        if hasattr(signal, name):
            signal_handler(getattr(signal, name), lambda: spawn(end))
    begin()
    spawn(keep_searches_short, ended)
    if shown:
        spawn(shown.keep_renewed, ended)
    try:
        service.start()
    except (LogError, OSError) as error:
        raise CannotStart(f"Cannot start: {error}") from error
    logger.info("The dashboard is at %s", own_address(settings, settings.host, settings.port))
    spawn(service.welcome_first_administrator, secrets.token_hex(8))
    try:
        server.serve_forever(stop_timeout=STOP_SECONDS)
    finally:
        service.stop()
