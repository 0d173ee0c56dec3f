"""What doors are called that the live board does not show: no line counts there now, or they were removed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping

from peoplecount.domain.change import Subject
from peoplecount.domain.roster import Roster
from peoplecount.eventlog.log import LogError
from peoplecount.services.audit_log import AuditLog

logger = logging.getLogger(__name__)


class FormerDoors:
    """Asks the roster, and for doors that are not in it the log of who changed what, as far back as that goes."""

    def __init__(self, roster: Callable[[], Roster], log: AuditLog) -> None:
        self._roster = roster
        self._log = log

    def names(self, ids: Collection[str]) -> Mapping[str, str]:
        """By id; of some nobody may know any more."""
        doors = self._roster().doors
        found = {one: doors[one].name for one in ids if one in doors}
        left = [one for one in ids if one not in found]
        try:
            return found | (self._log.names(Subject.DOOR, left) if left else {})
        except LogError as error:
            logger.warning("What removed doors were called cannot be read: %s", error)
            return found
