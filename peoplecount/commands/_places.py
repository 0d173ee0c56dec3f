"""Where an installation keeps what, by its settings."""

from __future__ import annotations

from peoplecount.eventlog.data_folder import DataFolder
from peoplecount.services.backup import Places
from peoplecount.services.backup_file import BackupRefused
from peoplecount.settings import Settings


def places_of(settings: Settings) -> Places:
    """For backups. Raises ``BackupRefused`` where much of it is in a Redis."""
    if settings.redis_url is not None:
        raise BackupRefused(
            f"the event log, accounts and keys are in Redis at {settings.redis_url}, which is backed up by its own "
            f"means; copy seal.key and webhooks.sqlite in {settings.data_dir} besides (see Backup and restore in "
            "docs/several-machines.md)"
        )
    return Places(DataFolder.at(settings.data_dir), settings.database.path)
