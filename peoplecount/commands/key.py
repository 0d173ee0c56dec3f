"""The key that cameras' passwords are sealed with: change it, or look whether it opens them all."""

from __future__ import annotations

import argparse
import stat
import sys
from collections.abc import Iterable

from peoplecount.configuration import Configuration, configuration
from peoplecount.data_home import data_home
from peoplecount.eventlog.data_folder import DataFolder
from peoplecount.eventlog.key_file import KeyInUse
from peoplecount.eventlog.local_store import ROSTER
from peoplecount.eventlog.log import LocalStoreUnavailable, UnsuitableFolder
from peoplecount.eventlog.sealer import SealBroken
from peoplecount.launch import read_settings
from peoplecount.services.key_rotation import KeyRotation, RosterCopy, SealedPlace
from peoplecount.storage.errors import DatabaseError

_FOR_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    tasks = parser.add_subparsers(dest="task", required=True, metavar="TASK")
    tasks.add_parser(
        "rotate", help="make a new key and seal everything with it; the service may run, and takes it up by itself"
    )
    tasks.add_parser("check", help="look whether the key opens all that is sealed; names the cameras it does not open")


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked for; 0, or 1 where something cannot be opened or could not be finished."""
    settings = read_settings()
    folder = data_home(settings)
    task = {"rotate": _rotate, "check": _check}[arguments.task]
    try:
        with configuration(settings) as tables:
            return task(folder, tables)
    except (DatabaseError, LocalStoreUnavailable) as error:
        print(f"{error}\nNothing is lost: what was sealed can be opened as before. Run it again.", file=sys.stderr)
    except (UnsuitableFolder, SealBroken, KeyInUse) as error:
        print(error, file=sys.stderr)
    finally:
        folder.close()
    return 1


def _rotate(folder: DataFolder, tables: Configuration) -> int:
    keys = folder.sealer.key_file
    keys.keys(make=True)
    places: dict[str, SealedPlace] = {"database": tables.passwords, "local copy": RosterCopy(folder.store, ROSTER)}
    if folder.webhooks_path.exists():
        places["webhooks"] = folder.webhooks
    with keys.held():
        print("Sealing all passwords with a new key; this takes some seconds …", flush=True)
        done = KeyRotation(keys, folder.sealer, places).run()
    for place, number in done.texts.items():
        print(f"  {place + ':':12} {number} sealed anew")
    if not done.is_complete:
        print("Others go on sealing with the old key, which is kept for now. Run it again later.", file=sys.stderr)
        return 1
    print(f"The old key is gone from {keys.path}. Copy the file to where you keep it apart from the database.")
    print("Backups of the database and of DATA_DIR that are older open with the old one only: keep that with them.")
    return _tell_unopened(folder, tables)


def _check(folder: DataFolder, tables: Configuration) -> int:
    keys = folder.sealer.key_file
    print(f"{keys.path}: {_number(len(keys.keys()), 'key')}")
    if keys.path.stat().st_mode & _FOR_OTHERS and sys.platform != "win32":
        print(f"  PROBLEM: others may read it: chmod 600 {keys.path}")
    if len(keys.keys()) > 1:
        print("  A change of the key was not finished: python -m peoplecount key rotate")
    return _tell_unopened(folder, tables)


def _tell_unopened(folder: DataFolder, tables: Configuration) -> int:
    sealed = tables.passwords.sealed()
    closed = [camera_id for camera_id, text in sealed.items() if not _opens(folder, text)]
    print(f"{_number(len(sealed), 'sealed password')} in the database, {len(sealed) - len(closed)} can be opened")
    if closed:
        _tell_how_to_mend(closed)
    return 1 if closed else 0


def _opens(folder: DataFolder, text: str) -> bool:
    try:
        folder.sealer.unseal(text)
    except SealBroken:
        return False
    return True


def _tell_how_to_mend(cameras: Iterable[str]) -> None:
    print(
        "These cameras are not polled. Put back the key file that belongs to this data, or enter their passwords again:"
    )
    for camera_id in cameras:
        print(f"  python -m peoplecount camera password {camera_id}")


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
