"""Readiness: what one process says of itself at ``/health/ready``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from peoplecount.domain.sentence import say
from peoplecount.following import Following
from peoplecount.installation import Installation
from peoplecount.leading import Leading
from peoplecount.publishing import Publishing
from peoplecount.services.board_clocks import own_clock_fields
from peoplecount.services.database_trouble import camera_list_trouble, trouble_of
from peoplecount.services.leadership import Leadership
from peoplecount.services.polling_watch import PollingWatch
from peoplecount.sharing import Sharing


class Readiness:
    """Only the process that polls knows how polling and writing go."""

    def __init__(
        self,
        installation: Installation,
        following: Following,
        sharing: Sharing,
        leadership: Leadership,
        leading: Leading,
        publishing: Publishing,
        polling_watch: PollingWatch,
    ) -> None:
        self._installation = installation
        self._following = following
        self._sharing = sharing
        self._leadership = leadership
        self._leading = leading
        self._publishing = publishing
        self._polling_watch = polling_watch

    def status(self) -> Mapping[str, Any]:
        """What ``WebContext.status`` gives; does not block."""
        leads, board = self._leadership.leads(), self._following.board
        status: dict[str, Any] = {
            "cameras": board.camera_states(),
            "clock": own_clock_fields(board.own_clock()),
            "database": {"circuit": self._installation.database.circuit_state},
            "polls": leads,
        }
        if sharing := self._sharing.figures():
            status["sharing"] = sharing
        if degraded := self._degraded(leads=leads):
            status["degraded"] = degraded
        if reason := self._reason():
            status |= {"ready": False, "reason": reason}
        if leads:
            leading = dict(self._leading.status())
            status["database"] |= leading.pop("database", {})
            status |= leading
        return status

    def troubles(self) -> list[str]:
        """What does not work, in sentences; a reason for which nobody should be sent here, too."""
        status = self.status()
        return [*([status["reason"]] if "reason" in status else []), *status.get("degraded", ())]

    def _degraded(self, *, leads: bool) -> list[str]:
        """What does not work while everything else goes on."""
        installation, leading = self._installation, self._leading
        in_database = trouble_of(installation.database.outage, leading.writer_state() if leads else None)
        return [
            *([in_database] if in_database else []),
            *camera_list_trouble(installation.theirs.camera_faults),
            *installation.attachment.troubles(installation.rosters),
            *self._sharing.degraded(),
            *self._polling_watch.degraded(),
            *(self._publishing.troubles() if leads and leading.coordinates else []),
        ]

    def _reason(self) -> str:
        """Why nobody should be sent here; empty where all is well."""
        if self._following.is_failing:
            return say("the event log cannot be read, so nothing new is shown; see the service's own log")
        return self._polling_watch.trouble()
