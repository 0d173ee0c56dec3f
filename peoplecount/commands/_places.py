"""Where an installation keeps what, by its settings."""

from __future__ import annotations

from peoplecount.eventlog.data_folder import DataFolder
from peoplecount.services.backup import Places
from peoplecount.settings import Settings


def places_of(settings: Settings) -> Places:
    """For backups."""
    return Places(DataFolder.at(settings.data_dir), settings.database.path)
