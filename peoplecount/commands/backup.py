"""Copy all of an installation into one file: log, local store, embedded database, key. The service may run."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from peoplecount import __version__
from peoplecount.commands._ending import ending_in_order
from peoplecount.commands._places import places_of
from peoplecount.eventlog.key_file import KeyInUse
from peoplecount.eventlog.log import LogError
from peoplecount.launch import read_settings
from peoplecount.services.backup import make_backup
from peoplecount.services.backup_file import KEY, BackupList, BackupRefused, name_of, older_than_newest
from peoplecount.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    parser.add_argument(
        "to",
        type=Path,
        metavar="FOLDER|FILE",
        help="a folder that is there, in which a file named by the time is made; or the file, which ends in .zip",
    )
    parser.add_argument(
        "--without-key", action="store_true", help="leave seal.key out: keep a copy of it elsewhere, once per key"
    )
    parser.add_argument(
        "--keep",
        type=_number,
        metavar="N",
        help="then delete all backups in the folder but the newest N, whichever installation they are of",
    )


def run(arguments: argparse.Namespace) -> int:
    """Make it; 0, or 1 where it cannot be made."""
    settings = read_settings()
    now = datetime.now(UTC)
    is_folder = arguments.to.is_dir()
    file = arguments.to / name_of(now) if is_folder else arguments.to
    if arguments.keep and not is_folder:
        print(f"--keep is for a folder, and {arguments.to} is none", file=sys.stderr)
        return 1
    if file.suffix.lower() != ".zip":  # what looks like a folder was meant to be one
        print(f"{arguments.to} is no folder: make it first, or name a file that ends in .zip", file=sys.stderr)
        return 1
    try:
        with ending_in_order():
            made = make_backup(
                places_of(settings),
                file,
                now,
                __version__,
                described=str(settings.database),
                with_key=not arguments.without_key,
                tell=lambda name: print(f"  {name} …", flush=True),
            )
    except (BackupRefused, KeyInUse, LogError) as error:
        print(error, file=sys.stderr)
        return 1
    _report(file, made, settings)
    return _delete_older(file, arguments.keep) if arguments.keep else 0


def _delete_older(made: Path, number: int) -> int:
    try:
        for old in older_than_newest(made.parent, number, made):
            old.unlink(missing_ok=True)
            print(f"{old.name}: deleted, for the newest {number} are kept")
    except OSError as error:
        print(f"An older backup cannot be deleted: {error.strerror} ({error.filename})", file=sys.stderr)
        return 1
    return 0


def _report(file: Path, made: BackupList, settings: Settings) -> None:
    print(f"{file}: {file.stat().st_size / 1e6:,.1f} MB, {', '.join(made.files)}")
    if settings.database.path is None:
        print(f"Your database, {settings.database}, is not in it: back it up as you do with others of yours.")
    if KEY in made.files:
        print("Whoever has this file can read the cameras' passwords: it holds the key. Keep it as you keep those.")
    print("The settings (.env) are not in it.")


def _number(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text} is no number of backups: 1 or more")
    return int(text)
