"""Lines: list them, or say from when on one that is drawn backwards has its in and out exchanged."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from dataclasses import replace

from peoplecount.camera_administration import command_office
from peoplecount.commands._by_command import this_visitor
from peoplecount.commands._table import print_table
from peoplecount.configuration import Configuration, configuration, default_site, line_names_read
from peoplecount.domain.camera import Camera
from peoplecount.domain.line import Line, LineKey
from peoplecount.domain.site import DEFAULT_SITE_ID, Site
from peoplecount.eventlog.log import LogError, UnsuitableFolder
from peoplecount.eventlog.sealer import SealBroken
from peoplecount.launch import read_settings
from peoplecount.services.played_clock import ClockUnavailable
from peoplecount.services.site_day import zone_of
from peoplecount.settings import Settings
from peoplecount.storage.errors import DatabaseError, InvalidEntry


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    tasks = parser.add_subparsers(dest="task", required=True, metavar="TASK")
    tasks.add_parser("list", help="the lines that were read, or have a name, a door or a swap here")
    swap = tasks.add_parser("swap", help="exchange in and out from a full hour on; the people counted stay the same")
    swap.add_argument("line", help="its id: CAMERA-CHANNEL-RULE-INDEX, such as 3-0-1-1")
    swap.add_argument(
        "--from",
        dest="since",
        metavar="TIME",
        help="a full hour on the site's clock: 14:00 or 2026-05-04T14:00; the next one unless given. "
        "Hours that are over are told anew, as corrections",
    )
    swap.add_argument("--take-back", action="store_true", help="forget a swap that was entered by mistake")


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked for; 0, or 1 where something was refused."""
    settings = read_settings()
    tasks = {"list": _list, "swap": _swap}
    try:
        with configuration(settings) as tables:
            tasks[arguments.task](arguments, settings, tables)
    except (InvalidEntry, DatabaseError, LogError, UnsuitableFolder, SealBroken, ClockUnavailable) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _list(arguments: argparse.Namespace, settings: Settings, tables: Configuration) -> None:  # noqa: ARG001
    names = _names_read(settings)
    rows = [
        (str(line.key), camera.name, line.name, line.door_id, _swaps_in_words(line, _site(camera, settings, tables)))
        for camera in tables.cameras.cameras()
        for line in _lines(camera, names)
    ]
    print_table(("ID", "CAMERA", "NAME", "DOOR", "SWAPPED FROM"), rows)
    if not rows:
        print("No line has been read yet; `camera test` asks the cameras what lines they have.")


def _names_read(settings: Settings) -> dict[LineKey, str]:
    """The lines that cameras have told of, and what they call them; none where the log cannot be read."""
    try:
        return {LineKey.parse(line_id): name for line_id, name in line_names_read(settings).items()}
    except LogError as error:
        print(f"Only lines that were configured are shown: {error}", file=sys.stderr)
        return {}


def _lines(camera: Camera, names: Mapping[LineKey, str]) -> list[Line]:
    """The lines that were entered, and those that were read; named as the camera names them unless otherwise."""
    known = {key: Line(key, name, "") for key, name in names.items() if key.camera_id == camera.camera_id}
    known |= {line.key: replace(line, name=line.name or names.get(line.key, "")) for line in camera.lines}
    return sorted(known.values(), key=lambda line: line.key)


def _swaps_in_words(line: Line, site: Site) -> str:
    moments = [f"{moment.astimezone(zone_of(site)):%Y-%m-%d %H:%M}" for moment in line.swaps]
    return ", back from ".join(moments[:2]) + (f", and {len(moments) - 2} more" if len(moments) > 2 else "")


def _swap(arguments: argparse.Namespace, settings: Settings, tables: Configuration) -> None:
    by = this_visitor()
    with command_office(settings, tables) as office:
        moment = office.lines.swap(by, arguments.line, arguments.since or "", take_back=arguments.take_back)
        site = office.desk.find(by, LineKey.parse(arguments.line).camera_id).site
    since = f"{moment.astimezone(zone_of(site)):%Y-%m-%d %H:%M}"
    done = "as before" if arguments.take_back else "exchanged"
    print(
        f"In and out of line {arguments.line} are {done} from {since} on. The service takes it up within some seconds;"
    )
    print("hours that are over are told anew, as corrections.")


def _site(camera: Camera, settings: Settings, tables: Configuration) -> Site:
    sites = {site.site_id: site for site in tables.sites.sites()}
    return sites.get(camera.site_id) or sites.get(DEFAULT_SITE_ID) or default_site(settings)
