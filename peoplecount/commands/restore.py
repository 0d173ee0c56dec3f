"""Put back what ``backup`` has kept: log, local store, embedded database, key. The service must stand still."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from peoplecount.administering import this_author
from peoplecount.commands._ending import ending_in_order
from peoplecount.commands._places import places_of
from peoplecount.eventlog.log import LogError
from peoplecount.launch import read_settings
from peoplecount.services.backup import Restored, restore_backup
from peoplecount.services.backup_file import DATABASE, KEY, BackupFile, BackupRefused
from peoplecount.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a file that `backup` has made")
    parser.add_argument(
        "--replace", action="store_true", help="where there are data already, move them aside; nothing is deleted"
    )


def run(arguments: argparse.Namespace) -> int:
    """Put it back; 0, or 1 where it cannot be, and then nothing has changed."""
    settings = read_settings()
    try:
        places = places_of(settings)
    except BackupRefused as error:
        print(error, file=sys.stderr)
        return 1
    try:
        with BackupFile(arguments.file) as backup, ending_in_order():
            done = restore_backup(places, backup, datetime.now(UTC), this_author(), replace=arguments.replace)
    except (BackupRefused, LogError) as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        places.folder.close()
    _report(backup, settings, done)
    return 0


def _report(backup: BackupFile, settings: Settings, done: Restored) -> None:
    kept = backup.list
    print(f"{settings.data_dir} is as it was on {kept.made_at:%Y-%m-%d at %H:%M:%S} UTC: {', '.join(kept.files)}")
    if done.aside is not None:
        print(f"What was there before is in {done.aside}: delete it when all is well.")
    if DATABASE not in kept.files:
        print(f"The database is not in it. It was {kept.database} then; by the settings it is {settings.database}.")
    elif settings.database.path is None:
        print(f"By the settings the database is {settings.database}: the embedded one is there and not used.")
    if KEY not in kept.files:
        print("The key is not in the backup: put back your copy of seal.key, or enter the cameras' passwords again.")
    print(
        f"Ended by it: {done.ended}. "
        "Everybody has to sign in again, each screen shows a code to be confirmed, and who waits for a link needs "
        "another one."
    )
    print(
        "Who may sign in and which tokens are good is as it was then: look through `user list` and `token list`, and "
        "remove whoever was removed since."
    )
    print("Start the service: who has crossed since is counted by the cameras' totals and their own histories.")
