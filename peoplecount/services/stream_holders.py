"""Streams of people who have signed out, or may see something else now: they end."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Mapping

from peoplecount.domain.visitor import Visitor
from peoplecount.services.signed_in import AccountsUnavailable
from peoplecount.stream.open_streams import OpenStreams

LOOK_SECONDS = 2.0
"""A look is one question for all streams of a process."""

REASON = "signed out, or other rights: sign in again"

logger = logging.getLogger(__name__)


class StreamHolders:
    """Looks now and then whether those whose streams are open still may see what they are shown."""

    def __init__(self, streams: OpenStreams, of_holders: Callable[[Collection[str]], Mapping[str, Visitor]]) -> None:
        self._streams = streams
        self._of_holders = of_holders

    def look(self) -> int:
        """End streams that are not theirs any more; how many. Raises ``AccountsUnavailable``."""
        visitors = self._streams.visitors()
        if not visitors:
            return 0
        now = self._of_holders({one.holder for one in visitors})
        others = {one for one in visitors if not _is_as_it_was(one, now.get(one.holder))}
        return self._streams.end_of(others, REASON) if others else 0

    def run(self, stop: threading.Event) -> None:
        """Look every two seconds until ``stop`` is set."""
        while not stop.wait(LOOK_SECONDS):
            try:
                self.look()
            except AccountsUnavailable as error:  # they go on: nobody has ended them
                logger.debug("Whose streams are open could not be looked up: %s", error)


def _is_as_it_was(then: Visitor, now: Visitor | None) -> bool:
    return now is not None and (then.role, then.scopes, then.sites) == (now.role, now.scopes, now.sites)
