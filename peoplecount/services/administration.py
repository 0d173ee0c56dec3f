"""What administrators change, through pages and commands alike."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from peoplecount.services.audit_log import AuditLog
from peoplecount.services.site_desk import SiteDesk


@dataclass(frozen=True)
class Administration:
    """The desks at which an installation is changed, and the log in which they note it."""

    log: AuditLog
    sites: SiteDesk
    zone: ZoneInfo
    """In which moments are told that belong to no site."""
