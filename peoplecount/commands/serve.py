"""Run the service on the settings in .env: polls the cameras, keeps the counts, serves dashboard and stream."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path

from peoplecount.launch import CannotStart, demand_fit, demand_free, gunicorn_command
from peoplecount.log_form import PLAIN, log_to_file, log_to_stderr
from peoplecount.own_certificate import OwnCertificate
from peoplecount.settings import Settings, SettingsError, load_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument(
        "--check",
        action="store_true",
        help="only look whether the service could run on the settings, as before a reload; 2 where one is wrong",
    )
    parser.add_argument("--reload", action="store_true", help="start again whenever the source changes")
    parser.add_argument(
        "--server",
        choices=["gunicorn", "gevent"],
        default="gevent" if sys.platform == "win32" else "gunicorn",
        help="gunicorn, or gevent's own in one process where gunicorn does not run (default here: %(default)s)",
    )
    parser.add_argument(
        "--log-file",
        type=Path,
        metavar="FILE",
        help="write the log there, 10 MB and five such files before it, where nothing keeps standard error: Windows",
    )


def run(arguments: argparse.Namespace) -> int:
    """Become the server; what would stop it is said before, without the server's own lines."""
    if arguments.check:
        _readable_settings()
        return 0
    if arguments.server == "gunicorn":
        return _become_gunicorn(arguments)
    if arguments.reload:
        raise CannotStart("--reload needs gunicorn")
    log = arguments.log_file
    _log_to(log, "INFO", PLAIN)
    try:
        settings = _fit_settings()
        _log_to(log, settings.log_level, settings.log_format)
        from peoplecount.gevent_server import serve  # noqa: PLC0415  patches the process

        serve(settings)
    except (CannotStart, SettingsError) as error:
        if log is not None:
            logging.getLogger(__name__).critical("Reason: %s", error)
        raise
    return 0


def _become_gunicorn(arguments: argparse.Namespace) -> int:
    if arguments.log_file is not None:
        raise CannotStart("--log-file is for gevent's own server: gunicorn's processes write to standard error")
    _fit_settings()
    command = gunicorn_command(*(["--reload"] if arguments.reload else []))
    sys.stdout.flush()
    os.execv(command[0], command)  # noqa: S606  no shell, and nothing of ours is left running


def _fit_settings() -> Settings:
    """Those to serve on, at an address that is free. Raises as ``_readable_settings`` does."""
    settings = _readable_settings()
    demand_free(settings.host, settings.port)
    return settings


def _readable_settings() -> Settings:
    """Those to serve on. Raises ``SettingsError``, and ``CannotStart`` where they do not fit this machine."""
    settings = load_settings()
    demand_fit(settings.host, settings)
    if settings.tls_cert:
        OwnCertificate(settings.tls_cert, settings.tls_key).demand_usable()
    return settings


def _log_to(file: Path | None, level: str, form: str) -> None:
    if file is None:
        log_to_stderr(level, form)
        return
    try:
        log_to_file(file, level, form)
    except OSError as error:
        raise CannotStart(f"The log cannot be written to {file}: {error.strerror}") from error
