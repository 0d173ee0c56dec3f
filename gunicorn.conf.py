"""How gunicorn serves ``wsgi:app``.

Read by gunicorn's master. Of the package only settings and start-up checks may be imported here: whatever opens
sockets is imported in the worker, after gevent has patched.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

_here = Path(__file__).resolve().parent
sys.path.insert(0, str(_here))  # so that it can be started from any folder

from peoplecount.launch import CannotStart, demand_free, demand_loopback, log_to_stderr  # noqa: E402
from peoplecount.settings import SettingsError, load_settings  # noqa: E402

if TYPE_CHECKING:
    from gunicorn.arbiter import Arbiter
    from gunicorn.workers.ggevent import GeventWorker

    from peoplecount.bootstrap import Service

try:
    settings = load_settings()
except SettingsError as error:
    print(error, file=sys.stderr)
    sys.exit(2)

bind = f"[{settings.host}]:{settings.port}" if ":" in settings.host else f"{settings.host}:{settings.port}"
workers = settings.workers
worker_class = "peoplecount.stream_worker.StreamWorker"
worker_connections = 10_000  # every open stream is one; ended by the limit on open files, raised below
graceful_timeout = 4  # seconds for what is under way; streams are ended at once, see _watch
keepalive = 2  # seconds a connection may wait for its next request; an end waits for it, too
max_requests = 0  # a recycled worker would cut its streams
control_socket_disable = True
accesslog = None
errorlog = "-"
worker_boot_error = 4  # gunicorn's exit code that ends the master, too, where others make it try again
loglevel = settings.log_level.lower()
reload_extra_files = [str(file) for folder in ("templates", "static") for file in (_here / folder).rglob("*.*")]


def on_starting(server: Arbiter) -> None:
    """Refuse what cannot work, in one line, before gunicorn tries."""
    log_to_stderr(settings.log_level)
    for warning in settings.warnings:
        server.log.warning(warning)
    inherited = "GUNICORN_FD" in os.environ or "LISTEN_FDS" in os.environ
    try:
        for address in server.cfg.address:
            if isinstance(address, tuple):
                demand_loopback(address[0])
                if not inherited:
                    demand_free(*address)
    except CannotStart as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    _allow_open_files(worker_connections + 1_000)


def on_reload(server: Arbiter) -> None:  # noqa: ARG001  gunicorn passes it
    """After SIGHUP this file has been read again."""
    log_to_stderr(settings.log_level)


def _allow_open_files(wanted: int) -> None:
    """Raise this process' limit, often 1,024, as far as it may."""
    import resource  # noqa: PLC0415  POSIX

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        with contextlib.suppress(OSError, ValueError):  # macOS allows less than it says
            resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


def post_worker_init(worker: GeventWorker) -> None:
    """Start the service in the worker, where everything is patched and nothing is shared with the master."""
    import gevent  # noqa: PLC0415  in the worker only

    from peoplecount.eventlog.log import LogError  # noqa: PLC0415

    service = worker.wsgi.extensions["peoplecount"]
    try:
        service.start()
    except (LogError, OSError) as error:
        worker.log.error("Cannot start in %s: %s", settings.data_dir, error)  # noqa: TRY400  words, no traceback
        sys.exit(worker_boot_error)
    worker.watcher = gevent.spawn(_watch, worker, service)


def _watch(worker: GeventWorker, service: Service) -> None:
    """Stop the service as soon as the worker is told to end.

    gunicorn waits for requests under way before it calls ``worker_exit``, and an open stream is one: it would hold
    the end for the whole graceful timeout.
    """
    import gevent  # noqa: PLC0415  in the worker only

    while worker.alive and not _starter_is_gone():
        gevent.sleep(0.1)
    if worker.alive:
        os.kill(worker.ppid, signal.SIGTERM)
    service.stop()


def _starter_is_gone() -> bool:
    """Whether the demo that started us was killed: it holds the other end of our standard input."""
    if not os.environ.get("PEOPLECOUNT_DEMO"):
        return False
    poll = select.poll()
    poll.register(0, select.POLLIN | select.POLLHUP)
    return bool(poll.poll(0))


def worker_exit(server: Arbiter, worker: GeventWorker) -> None:  # noqa: ARG001  gunicorn passes both
    """Stop the service, also where the worker ends by another way than a signal."""
    watcher = getattr(worker, "watcher", None)
    if watcher is not None:
        watcher.join(timeout=graceful_timeout)
        worker.wsgi.extensions["peoplecount"].stop()
