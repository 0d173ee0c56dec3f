"""What administrators change, through pages and commands alike."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from peoplecount.services.audit_log import AuditLog
from peoplecount.services.people_desk import PeopleDesk
from peoplecount.services.screen_desk import ScreenDesk
from peoplecount.services.site_desk import SiteDesk
from peoplecount.services.token_desk import TokenDesk


@dataclass(frozen=True)
class Administration:
    """The desks at which an installation is changed, and the log in which they note it."""

    log: AuditLog
    sites: SiteDesk
    people: PeopleDesk
    tokens: TokenDesk
    screens: ScreenDesk
    zone: ZoneInfo
    """In which moments are told that belong to no site."""
