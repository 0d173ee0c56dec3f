"""Run the service on the settings in .env: polls the cameras, keeps the counts, serves dashboard and stream."""

from __future__ import annotations

import argparse
import os
import sys

from peoplecount.launch import demand_free, demand_loopback, gunicorn_command
from peoplecount.settings import load_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--reload", action="store_true", help="start again whenever the source changes")


def run(arguments: argparse.Namespace) -> int:
    """Become gunicorn, as if it had been typed; what would stop it is said before, without gunicorn's own lines."""
    settings = load_settings()
    demand_loopback(settings.host)
    demand_free(settings.host, settings.port)
    command = gunicorn_command(*(["--reload"] if arguments.reload else []))
    sys.stdout.flush()
    os.execv(command[0], command)  # noqa: S606  no shell, and nothing of ours is left running
