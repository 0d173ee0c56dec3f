"""Doors: list them with the lines that count there, add one, rename it, move it to another site, or remove it."""

from __future__ import annotations

import argparse
import sys

from peoplecount.administering import site_desk, this_author
from peoplecount.commands._table import print_table
from peoplecount.domain.clock import REAL_TIME
from peoplecount.eventlog.log import LogError
from peoplecount.eventlog.sealer import SealBroken
from peoplecount.launch import read_settings
from peoplecount.services.played_clock import PlayedClock
from peoplecount.services.site_desk import SiteDesk
from peoplecount.storage.errors import DatabaseError, InvalidEntry


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    tasks = parser.add_subparsers(dest="task", required=True, metavar="TASK")
    tasks.add_parser("list", help="all doors, and the lines that count there")
    add = tasks.add_parser("add", help="a door of a site")
    add.add_argument("site", help="its id or name")
    add.add_argument("name", help="what people call it: 'Main entrance'")
    change = tasks.add_parser("set", help="change what is given; what was counted so far stays where it was")
    change.add_argument("door", help="its id")
    change.add_argument("--name", help="what people call it")
    change.add_argument("--site", help="id or name of the site it leads in and out of")
    remove = tasks.add_parser("remove", help="forget a door at which no line counts; its counts stay")
    remove.add_argument("door", help="its id")


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked for; 0, or 1 where something was refused."""
    settings = read_settings()
    tasks = {"list": _list, "add": _add, "set": _set, "remove": _remove}
    try:
        with site_desk(settings, PlayedClock(REAL_TIME)) as (desk, _):
            tasks[arguments.task](arguments, desk)
    except (InvalidEntry, DatabaseError, LogError, SealBroken) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _list(arguments: argparse.Namespace, desk: SiteDesk) -> None:  # noqa: ARG001
    doors = sorted(desk.doors.in_hand(), key=lambda one: one.door.site_id)
    rows = [
        (one.door.door_id, one.door.name, one.door.site_id, ", ".join(line_id for line_id, _ in one.lines))
        for one in doors
    ]
    print_table(("ID", "NAME", "SITE", "LINES"), rows)


def _add(arguments: argparse.Namespace, desk: SiteDesk) -> None:
    site = desk.named(arguments.site)
    door = desk.doors.add(this_author(), site.site_id, arguments.name)
    print(f"Door {door.door_id} of {site.name} is added.")


def _set(arguments: argparse.Namespace, desk: SiteDesk) -> None:
    if arguments.name is None and arguments.site is None:
        raise InvalidEntry("nothing is to be changed: give --name or --site")
    door = desk.doors.one_in_hand(arguments.door).door
    name = door.name if arguments.name is None else arguments.name
    site_id = door.site_id if arguments.site is None else desk.named(arguments.site).site_id
    desk.doors.change(this_author(), door.door_id, name, site_id)
    print(f"Door {door.door_id} is changed; the service takes it up within some seconds.")


def _remove(arguments: argparse.Namespace, desk: SiteDesk) -> None:
    door = desk.doors.remove(this_author(), arguments.door)
    print(f"Door {door.door_id} is removed; what was counted there stays.")
