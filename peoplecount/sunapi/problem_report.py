"""What of a camera's answers cannot be used, told in the log when it changes and not with every poll."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from peoplecount.sunapi.configuration import first_problems

_log = logging.getLogger("peoplecount.sunapi")


class ProblemReport:
    """The problems of one camera as they were told last."""

    def __init__(self, camera_id: str) -> None:
        self._camera_id = camera_id
        self._told: tuple[str, ...] = ()

    def tell(self, problems: Sequence[str]) -> None:
        """The problems of a poll, in words; none where all is well."""
        found = first_problems(problems)
        if found != self._told:
            self._told = found
            _log.warning("camera %s: %s", self._camera_id, "; ".join(found) or "all lines can be used again")
