"""``db attach``: what an older installation has, whether we can write into it, and what to set for that."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path

from peoplecount.commands._db_attach_history import import_history
from peoplecount.commands._steps import show
from peoplecount.configuration import camera_view, proxy_for
from peoplecount.data_home import data_home
from peoplecount.eventlog.data_folder import DataFolder
from peoplecount.launch import CannotStart
from peoplecount.own_services import camera_networks
from peoplecount.services.attach_walk import AttachWalk
from peoplecount.services.inspection import Step, conclusion, is_well, odd
from peoplecount.settings import Settings
from peoplecount.settings.env_file import read_env_file
from peoplecount.settings.load import ENV_FILE
from peoplecount.settings.readers import time_zone, view_name
from peoplecount.storage import schema_version
from peoplecount.storage.dialects import Product
from peoplecount.storage.open import connection_for
from peoplecount.storage.proxy import ProxyDB


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this task takes."""
    parser.add_argument("--view", type=_name, metavar="SCHEMA.VIEW", help="the view of cameras")
    parser.add_argument("--table", type=_name, metavar="SCHEMA.TABLE", help="the table of totals")
    parser.add_argument(
        "--import-history", action="store_true", help="take over what its dated rows tell of earlier days"
    )
    parser.add_argument(
        "--time-zone", type=_zone, metavar="ZONE", help="the one its dates are in (TIME_ZONE unless given)"
    )
    parser.add_argument("--yes", action="store_true", help=f"write what is to be set into {ENV_FILE}")


def attach(arguments: argparse.Namespace, settings: Settings) -> int:
    """Look, and say what was found; 0, or 1 where we cannot or must not write into it. Raises ``DatabaseError``."""
    place = settings.attached or settings.database
    print(place)
    folder = data_home(settings)
    theirs = proxy_for(settings, place, folder)
    walk = AttachWalk(theirs, Product(place.kind), place.schema, camera_networks(settings))
    taken: list[Step] = []
    try:
        for step in _steps(walk, arguments, settings, folder, theirs):
            taken.append(step)
            show(step)
        if not is_well(taken):
            print(f"{conclusion(taken)}\nNothing was changed.")
            return 1
        for advice in dict.fromkeys(step.advice for step in taken if step.advice):
            print(advice)
        if arguments.import_history:
            return import_history(walk, settings, folder, theirs, arguments.time_zone)
    finally:
        theirs.disconnect()
    return _conclude(walk, settings, write=arguments.yes)


def _steps(
    walk: AttachWalk, arguments: argparse.Namespace, settings: Settings, folder: DataFolder, theirs: ProxyDB
) -> Iterator[Step]:
    named = settings.cameras_view if "." in settings.cameras_view else ""
    yield from walk.steps(arguments.view or named, arguments.table or settings.records_table)
    if walk.found.view is not None:
        yield from walk.cameras(camera_view(settings, folder, str(walk.found.view)).read(theirs))
        yield from walk.compared()
    if walk.found.shape is not None:
        yield _own_tables(settings)
        yield walk.history()


def _own_tables(settings: Settings) -> Step:
    """How exact writing is: with our tables beside theirs, or apart."""
    if settings.attached is not None:
        said = "in DATA_DIR; rows are noted there first: exact as long as nobody else writes into the table"
        return Step("our tables", said)
    connection = connection_for(settings.database)
    try:
        found, expected = schema_version.current(connection), schema_version.expected()
    finally:
        connection.disconnect()
    if found == expected:
        return Step("our tables", "beside them: everything is written in one transaction, exactly once")
    advice = (
        "Our tables are not beside them yet: `python -m peoplecount db upgrade` makes them, or an administrator with "
        "`db sql`. Where nobody may, set OWN_TABLES=embedded: then they are in DATA_DIR, and only the table is written."
    )
    return odd("our tables", f"at version {found or 'none'}, and {expected} is needed", advice)


def _conclude(walk: AttachWalk, settings: Settings, *, write: bool) -> int:
    wanted = {"CAMERAS_VIEW": str(walk.found.view), "RECORDS_TABLE": str(walk.found.table)}
    current = {"CAMERAS_VIEW": settings.cameras_view, "RECORDS_TABLE": settings.records_table}
    if wanted == current:
        print("It is set up so: cameras come from the view, and what they show is written into the table.")
        return 0
    if write:
        _write(wanted, ENV_FILE)
    print(
        f"Set in {ENV_FILE}, for the next start:"
        if write
        else f"To attach, set this (--yes writes it into {ENV_FILE}):"
    )
    for name, value in wanted.items():
        print(f"  {name}={value}")
    return 0


def _name(text: str) -> str:
    try:
        return view_name(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _zone(text: str) -> str:
    try:
        return time_zone(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _write(wanted: Mapping[str, str], file: Path) -> None:
    """Add what is not set yet. Raises ``CannotStart`` where something else is set."""
    there = read_env_file(file, ()).values
    other = [name for name, value in wanted.items() if there.get(name) not in {None, "", value}]
    if other:
        raise CannotStart(f"{file} says something else for {' and '.join(other)}; change it there")
    with file.open("a", encoding="utf-8") as out:
        out.writelines(f"\n{name}={value}\n" for name, value in wanted.items() if there.get(name) != value)
