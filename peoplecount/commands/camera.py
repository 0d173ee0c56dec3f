"""Cameras: add, change, list, test, import and export them, accept their certificates, pause or remove them."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Callable

from peoplecount.camera_access import camera_access
from peoplecount.camera_administration import command_office
from peoplecount.commands import _camera_add as camera_add
from peoplecount.commands import _camera_import as camera_import
from peoplecount.commands import _camera_password as camera_password
from peoplecount.commands import _camera_test as camera_test
from peoplecount.commands import _camera_trust as camera_trust
from peoplecount.commands._by_command import this_visitor
from peoplecount.commands._table import print_table
from peoplecount.configuration import Configuration, configuration
from peoplecount.domain.camera import Camera
from peoplecount.eventlog.log import LogError, UnsuitableFolder
from peoplecount.eventlog.sealer import SealBroken
from peoplecount.launch import read_settings
from peoplecount.services.camera_office import CameraOffice
from peoplecount.services.played_clock import ClockUnavailable
from peoplecount.settings import Settings
from peoplecount.storage.errors import DatabaseError, InvalidEntry
from peoplecount.sunapi.errors import CameraError

_Task = Callable[[argparse.Namespace, Settings, Configuration, CameraOffice], int]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    tasks = parser.add_subparsers(dest="task", required=True, metavar="TASK")
    camera_add.add_adding(tasks.add_parser("add", help="enter a camera, after asking it whether it counts"))
    camera_add.add_changing(tasks.add_parser("set", help="change what is given, after asking the camera"))
    tasks.add_parser("list", help="the cameras that are entered")
    camera_test.add_arguments(tasks.add_parser("test", help="ask cameras who they are and what they count"))
    camera_import.add_importing(tasks.add_parser("import", help="enter the cameras of a file, with a verdict for each"))
    camera_import.add_exporting(tasks.add_parser("export", help="write all cameras into a file that can be imported"))
    camera_trust.add_arguments(tasks.add_parser("trust", help="accept the certificates that cameras show"))
    camera_password.add_arguments(tasks.add_parser("password", help="enter a camera's password again, or a new one"))
    for task, words in (("pause", "stop asking cameras for now"), ("resume", "go on asking cameras")):
        tasks.add_parser(task, help=words).add_argument("camera", nargs="+", help="ids")
    remove = tasks.add_parser("remove", help="forget a camera; its counts stay")
    remove.add_argument("camera", help="its id")


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked for; 0, or 1 where something was refused or a camera did not answer as it should."""
    settings = read_settings()
    try:
        with (
            configuration(settings) as tables,
            command_office(settings, tables, needs_clock=arguments.task in _ASKING) as office,
        ):
            return _TASKS[arguments.task](arguments, settings, tables, office)
    except (
        InvalidEntry,
        DatabaseError,
        LogError,
        UnsuitableFolder,
        SealBroken,
        ClockUnavailable,
        CameraError,
    ) as error:
        print(error, file=sys.stderr)
        return 1


def _list(_arguments: argparse.Namespace, _settings: Settings, _tables: Configuration, office: CameraOffice) -> int:
    rows = [
        (
            one.camera.camera_id,
            one.camera.name,
            _where(one.camera),
            one.site.name,
            "paused" if one.paused else f"{one.camera.poll_interval:g} s",
        )
        for one in sorted(office.desk.entered(this_visitor()), key=lambda one: one.camera.camera_id)
    ]
    if rows:
        print_table(("ID", "NAME", "ADDRESS", "SITE", "POLLED EVERY"), rows)
    else:
        print("No cameras yet: python -m peoplecount camera add NAME ADDRESS")
    return 0


def _where(camera: Camera) -> str:
    channel = "" if camera.nvr_channel is None else f" channel {camera.nvr_channel}"
    return f"{camera.address}{channel}"


def _trust(arguments: argparse.Namespace, settings: Settings, tables: Configuration, office: CameraOffice) -> int:
    with camera_access(settings) as access:
        return camera_trust.run(arguments, tables.cameras, access, lambda pins: office.desk.pin(this_visitor(), pins))


def _enter(arguments: argparse.Namespace, settings: Settings, tables: Configuration, office: CameraOffice) -> int:
    password = sys.stdin.readline().rstrip("\r\n") if arguments.password_stdin else getpass.getpass("Password: ")
    code = camera_password.run(arguments, settings, tables, password)
    office.desk.note_password(this_visitor(), arguments.camera)
    return code


def _pause(arguments: argparse.Namespace, _settings: Settings, _tables: Configuration, office: CameraOffice) -> int:
    paused = arguments.task == "pause"
    for camera_id in arguments.camera:
        office.desk.pause(this_visitor(), camera_id, paused=paused)
        print(f"Camera {camera_id} is {'paused' if paused else 'asked again'} within some seconds.")
    return 0


def _remove(arguments: argparse.Namespace, _settings: Settings, _tables: Configuration, office: CameraOffice) -> int:
    office.desk.remove(this_visitor(), arguments.camera)
    print(f"Camera {arguments.camera} is forgotten; what it counted stays in the database.")
    return 0


_ASKING = frozenset({"add", "set", "test", "import"})
"""They look at the clocks of cameras, which may show a time that is played."""

_TASKS: dict[str, _Task] = {
    "add": camera_add.add,
    "set": camera_add.change,
    "list": _list,
    "test": camera_test.run,
    "import": camera_import.run_import,
    "export": camera_import.run_export,
    "trust": _trust,
    "password": _enter,
    "pause": _pause,
    "resume": _pause,
    "remove": _remove,
}
