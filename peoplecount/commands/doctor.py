"""Look at one camera, or at the whole installation, step by step, and say what is wrong and what to do."""

from __future__ import annotations

import argparse
import sys

from peoplecount.commands import _doctor_camera as doctor_camera
from peoplecount.commands import _doctor_installation as doctor_installation
from peoplecount.configuration import configuration
from peoplecount.eventlog.log import LogError, UnsuitableFolder
from peoplecount.launch import read_settings
from peoplecount.services.played_clock import ClockUnavailable
from peoplecount.storage.errors import DatabaseError, InvalidEntry


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    parser.add_argument("camera", nargs="?", help="id of a camera; the whole installation unless given")
    parser.add_argument(
        "--sign-in",
        action="store_true",
        help="of a camera: sign in also where a refusal would be the last one that is allowed in half an hour",
    )
    parser.add_argument("--no-cameras", action="store_true", help="of the installation: ask no camera")


def run(arguments: argparse.Namespace) -> int:
    """Look; 0, or 1 where something is wrong. The service may run meanwhile, and should."""
    settings = read_settings()
    if arguments.camera is None:
        return doctor_installation.run(settings, asks_cameras=not arguments.no_cameras)
    try:
        with configuration(settings) as tables:
            return doctor_camera.run(settings, tables, arguments.camera, risks_sign_in=arguments.sign_in)
    except (DatabaseError, InvalidEntry, LogError, UnsuitableFolder, ClockUnavailable) as error:
        print(error, file=sys.stderr)
        return 1
