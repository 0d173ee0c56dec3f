"""How gunicorn serves ``wsgi:app``.

Read by gunicorn's master. Of the package only settings and start-up checks may be imported here: whatever opens
sockets is imported in the worker, after gevent has patched.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import select
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from gunicorn.errors import HaltServer

_here = Path(__file__).resolve().parent
sys.path.insert(0, str(_here))  # so that it can be started from any folder

from peoplecount.connection_limit import BESIDE_STREAMS, ConnectionLimit  # noqa: E402
from peoplecount.garbage import begin, keep_searches_short, keep_together, put_off  # noqa: E402
from peoplecount.launch import (  # noqa: E402
    OWNER_ONLY,
    CannotStart,
    LastWords,
    demand_fit,
    demand_free,
    own_address,
)
from peoplecount.log_form import log_config, log_to_stderr  # noqa: E402
from peoplecount.settings import SettingsError, load_settings  # noqa: E402

if TYPE_CHECKING:
    import ssl

    from gunicorn.arbiter import Arbiter
    from gunicorn.config import Config

    from peoplecount.bootstrap import Service
    from peoplecount.own_certificate import OwnCertificate
    from peoplecount.stream_worker import StreamWorker

try:
    settings = load_settings()
except SettingsError as error:
    print(error, file=sys.stderr)
    sys.exit(2)

bind = f"[{settings.host}]:{settings.port}" if ":" in settings.host else f"{settings.host}:{settings.port}"
workers = settings.workers
certfile = str(settings.tls_cert) if settings.tls_cert else None  # read by the workers, see ssl_context
worker_class = "peoplecount.stream_worker.StreamWorker"
worker_connections = max(10_000, 2 * settings.streams_max)  # every open stream is one; the rest is for pages and health
graceful_timeout = 4  # seconds for what is under way; streams are ended at once, see _watch
keepalive = 2  # seconds a connection may wait for its next request; an end waits for it, too
max_requests = 0  # a recycled worker would cut its streams
control_socket_disable = True
accesslog = None
errorlog = "-"
umask = OWNER_ONLY  # for the files that gunicorn makes itself; see on_starting
forwarder_headers = ""  # nobody stands in front yet who may say SCRIPT_NAME or PATH_INFO,
forwarded_allow_ips = ""  # or who asked and how; by default everybody on this machine may
loglevel = settings.log_level.lower()
logconfig_dict = log_config(settings.log_level, settings.log_format)
stop_time = 2.0  # seconds to end in order with a database that hangs; gunicorn kills after its four
reload_extra_files = [str(file) for folder in ("templates", "static") for file in (_here / folder).rglob("*.*")]


def _own_certificate() -> OwnCertificate | None:
    """What is shown over HTTPS. Where that is not spoken, ``ssl`` is not imported before gevent patches it."""
    if settings.tls_cert is None:
        return None
    from peoplecount.own_certificate import OwnCertificate  # noqa: PLC0415

    return OwnCertificate(settings.tls_cert, settings.tls_key)


_shown = _own_certificate()
"""In the workers; the master only looks whether it can be shown, as its sockets are not gevent's."""


def ssl_context(config: Config, default_ssl_context_factory: object) -> ssl.SSLContext:  # noqa: ARG001  gunicorn's names
    """What a worker speaks HTTPS with."""
    from peoplecount.stream_worker import shaking_hands_later  # noqa: PLC0415  in the worker only

    assert _shown is not None  # noqa: S101  gunicorn asks where there is a certfile
    return shaking_hands_later(_shown.context())


def on_starting(server: Arbiter) -> None:
    """Refuse what cannot work, in one line, before gunicorn tries."""
    os.umask(OWNER_ONLY)  # here, because gunicorn's --daemon sets another before
    server.this_start = secrets.token_hex(8)
    server.last_words = LastWords()
    log_to_stderr(settings.log_level, settings.log_format)
    for warning in settings.warnings:
        server.log.warning(warning)
    inherited = "GUNICORN_FD" in os.environ or "LISTEN_FDS" in os.environ
    try:
        for address in server.cfg.address:
            if isinstance(address, tuple):
                demand_fit(address[0], settings)
                if not inherited:
                    demand_free(*address)
        _demand_certificate()
    except CannotStart as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    _allow_open_files(worker_connections + 1_000)


def _demand_certificate() -> None:
    certificate = _own_certificate()
    if certificate is not None:
        certificate.demand_usable()


def when_ready(server: Arbiter) -> None:
    """Say where to look, as a link that terminals open."""
    _say_addresses(server)


def on_reload(server: Arbiter) -> None:
    """After SIGHUP this file has been read again, and where it listens may be another place."""
    log_to_stderr(settings.log_level, settings.log_format)
    _say_addresses(server)


def _say_addresses(server: Arbiter) -> None:
    if settings.demo:
        return  # the demo says it itself
    for address in (listener.getsockname() for listener in server.LISTENERS):
        if isinstance(address, tuple):
            server.log.info("The dashboard is at %s", own_address(settings, *address[:2]))


def pre_fork(server: Arbiter, worker: StreamWorker) -> None:
    """Before each worker: end where others could reach what asks nobody, or where a worker said that it cannot start.

    At a start, but also after SIGHUP, which may have bound another HOST by now, and with sockets that were handed over.
    """
    try:
        for host in _hosts(server):
            demand_fit(host, settings)
        _demand_certificate()
    except CannotStart as error:
        raise HaltServer(str(error), 1) from error
    reason = server.last_words.first()
    if reason:
        raise HaltServer(reason, 1)
    worker.last_words = server.last_words
    worker.this_start = server.this_start
    worker.limit = ConnectionLimit(settings.streams_per_client + BESIDE_STREAMS, settings.trusted_proxies)


def _hosts(server: Arbiter) -> Iterator[str]:
    """Where it is or will be listened on; not Unix sockets, which only this machine reaches."""
    for address in (*server.cfg.address, *(listener.getsockname() for listener in server.LISTENERS)):
        if isinstance(address, tuple):
            yield address[0]


def _allow_open_files(wanted: int) -> None:
    """Raise this process' limit, often 1,024, as far as it may."""
    import resource  # noqa: PLC0415  POSIX

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        with contextlib.suppress(OSError, ValueError):  # macOS allows less than it says
            resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


def post_fork(server: Arbiter, worker: StreamWorker) -> None:  # noqa: ARG001  gunicorn passes both
    """In the worker, before it imports anything."""
    keep_together()
    put_off()


def post_worker_init(worker: StreamWorker) -> None:
    """Start the service in the worker, where everything is patched and nothing is shared with the master."""
    import gevent  # noqa: PLC0415  in the worker only

    from peoplecount.eventlog.log import LogError  # noqa: PLC0415
    from peoplecount.runtime import put_the_loop_first  # noqa: PLC0415

    put_the_loop_first()
    begin()
    gevent.spawn(keep_searches_short, threading.Event())
    if _shown is not None:
        gevent.spawn(_shown.keep_renewed, threading.Event())
    service = worker.wsgi.extensions["peoplecount"]
    try:
        service.start()
    except (LogError, OSError) as error:
        worker.give_up(f"Cannot start: {error}")
    worker.watcher = gevent.spawn(_watch, worker, service)
    gevent.spawn(service.welcome_first_administrator, worker.this_start)


def _watch(worker: StreamWorker, service: Service) -> None:
    """Stop the service as soon as the worker is told to end.

    gunicorn waits for requests under way before it calls ``worker_exit``, and an open stream is one: it would hold
    the end for the whole graceful timeout.
    """
    import gevent  # noqa: PLC0415  in the worker only

    while worker.alive and not _starter_is_gone():
        gevent.sleep(0.1)
    if worker.alive:
        os.kill(worker.ppid, signal.SIGTERM)
    try:
        with gevent.Timeout(stop_time):
            service.stop()
    except gevent.Timeout:
        worker.log.warning("Ended without waiting for the rest: something hangs, probably the database")
    worker.leaves_when_idle()


def _starter_is_gone() -> bool:
    """Whether the demo that started us was killed: it holds the other end of our standard input."""
    if not os.environ.get("PEOPLECOUNT_DEMO"):
        return False
    poll = select.poll()
    poll.register(0, select.POLLIN | select.POLLHUP)
    return bool(poll.poll(0))


def worker_exit(server: Arbiter, worker: StreamWorker) -> None:  # noqa: ARG001  gunicorn passes both
    """Wait until the service has stopped, also where the worker ends by another way than a signal."""
    watcher = getattr(worker, "watcher", None)
    if watcher is not None:
        worker.is_leaving()
        watcher.join()
