"""Run the service on the settings in .env: polls the cameras, keeps the counts, serves dashboard and stream."""

from __future__ import annotations

import argparse
import os
import sys

from peoplecount.launch import CannotStart, demand_fit, demand_free, gunicorn_command
from peoplecount.log_form import log_to_stderr
from peoplecount.own_certificate import OwnCertificate
from peoplecount.settings import load_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--reload", action="store_true", help="start again whenever the source changes")
    parser.add_argument(
        "--server",
        choices=["gunicorn", "gevent"],
        default="gevent" if sys.platform == "win32" else "gunicorn",
        help="gunicorn, or gevent's own in one process where gunicorn does not run (default here: %(default)s)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Become the server; what would stop it is said before, without the server's own lines."""
    settings = load_settings()
    demand_fit(settings.host, settings)
    demand_free(settings.host, settings.port)
    if settings.tls_cert:
        OwnCertificate(settings.tls_cert, settings.tls_key).demand_usable()
    if arguments.server == "gunicorn":
        command = gunicorn_command(*(["--reload"] if arguments.reload else []))
        sys.stdout.flush()
        os.execv(command[0], command)  # noqa: S606  no shell, and nothing of ours is left running
    if arguments.reload:
        raise CannotStart("--reload needs gunicorn")
    from peoplecount.gevent_server import serve  # noqa: PLC0415  patches the process

    log_to_stderr(settings.log_level, settings.log_format)
    serve(settings)
    return 0
