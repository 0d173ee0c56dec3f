"""The installation, as everything in a process meets it: its settings, its folder, its database, its cameras."""

from __future__ import annotations

from dataclasses import dataclass

from peoplecount.attachment import Attachment
from peoplecount.eventlog.data_folder import DataFolder
from peoplecount.runtime import Runtime
from peoplecount.services.played_clock import PlayedClock
from peoplecount.services.roster_keeper import RosterKeeper
from peoplecount.settings import Settings
from peoplecount.storage.proxy import ProxyDB


@dataclass(frozen=True, slots=True)
class Installation:
    """What most parts of a process are made from."""

    settings: Settings
    folder: DataFolder
    runtime: Runtime
    clock: PlayedClock
    database: ProxyDB
    attachment: Attachment
    rosters: RosterKeeper
