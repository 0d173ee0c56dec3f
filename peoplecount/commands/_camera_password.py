"""A camera's password, entered again."""

from __future__ import annotations

import argparse

from peoplecount.configuration import Configuration
from peoplecount.eventlog.data_folder import DataFolder
from peoplecount.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this task takes."""
    parser.add_argument("camera", help="its id")
    parser.add_argument("--user", help="its login, where that is another one now")
    parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")


def run(arguments: argparse.Namespace, settings: Settings, tables: Configuration, password: str) -> int:
    """Keep it. Raises ``InvalidEntry``, ``DatabaseError`` and ``SealBroken``."""
    sealer = DataFolder.at(settings.data_dir).sealer
    tables.passwords.enter(arguments.camera, password, sealer, username=arguments.user)
    print(f"Camera {arguments.camera} has a new password here; the service takes it up within some seconds.")
    return 0
