"""Administration of one process: the desks at which the installation is changed, connected."""

from __future__ import annotations

import getpass
from zoneinfo import ZoneInfo

from peoplecount.domain.clock import REAL_TIME
from peoplecount.domain.offload import Offload, call_here
from peoplecount.eventlog.data_folder import DataFolder
from peoplecount.services.administration import Administration
from peoplecount.services.audit_log import AuditLog
from peoplecount.services.played_clock import PlayedClock
from peoplecount.settings import Settings


def audit_log_in(folder: DataFolder, offload: Offload = call_here) -> AuditLog:
    """The audit log in a data folder. Its moments are those of real time, also where a day is played in a minute."""
    return AuditLog(folder.store, PlayedClock(REAL_TIME), offload)


def administration_of(settings: Settings, folder: DataFolder, offload: Offload) -> Administration:
    """The desks of a service."""
    return Administration(audit_log_in(folder, offload), ZoneInfo(settings.time_zone))


def this_author() -> str:
    """Who types a command, as the audit log names them. Nobody can sign in by such a name."""
    try:
        return f"command line ({getpass.getuser()})"
    except (OSError, KeyError):  # a user without a name, as in some containers
        return "command line"
