"""An installation that was there before: its view of cameras and its own table of totals, connected for the service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from peoplecount.configuration import proxy_for
from peoplecount.domain.clock import Clock
from peoplecount.domain.event_id import EventId
from peoplecount.eventlog.data_folder import DataFolder
from peoplecount.runtime import Runtime
from peoplecount.services.registros_keeping import Apart, Together
from peoplecount.services.registros_writer import RegistrosWriter
from peoplecount.services.roster_keeper import RosterKeeper
from peoplecount.settings import Settings
from peoplecount.storage.dialects import Product
from peoplecount.storage.proxy import ProxyDB
from peoplecount.storage.registros_shape import RegistrosShape, look_at

EMPTIED = "The list of cameras is empty; those known are polled on until there is one again."
OTHERS = "Somebody else writes into registros, too; after a lost answer rows may be missing there or come twice."
STUCK = "The table registros cannot be written; the log says why. Counting, streams and our own history go on."
LEFT_OUT = "registros has room for lines 1 and 2 of a camera; others are in our own history only: "


def attached_database(settings: Settings, folder: DataFolder, own: ProxyDB, runtime: Runtime | None = None) -> ProxyDB:
    """The database of the cameras' view and of ``RECORDS_TABLE``: ``own`` unless it takes none of our tables."""
    return own if settings.attached is None else proxy_for(settings, settings.attached, folder, runtime, own=own)


class Attachment:
    """What a service does about it."""

    def __init__(self, settings: Settings, own: ProxyDB, theirs: ProxyDB, clock: Clock, runtime: Runtime) -> None:
        self._settings = settings
        self._own = own
        self._theirs = theirs
        self._clock = clock
        self._runtime = runtime
        self._writer: RegistrosWriter | None = None

    def writer(self, log: Any) -> RegistrosWriter | None:  # noqa: ANN401
        """Who writes ``RECORDS_TABLE``, made anew for each time this process leads; ``None`` where there is none."""
        if not self._settings.records_table:
            return None
        own, theirs, now = self._own, self._theirs, self._clock.now
        self._writer = RegistrosWriter(
            log,
            Together(own, now) if own is theirs else Apart(own, theirs, now),
            self._look,
            theirs,
            clock=self._clock,
            offload=self._runtime.offload,
        )
        return self._writer

    def _look(self) -> RegistrosShape:
        place = self._settings.attached or self._settings.database
        return look_at(self._theirs, Product(place.kind), self._settings.records_table, place.schema)

    def slowest(self, written_up_to: Callable[[], EventId | None]) -> Callable[[], EventId | None]:
        """The last event that both the history and ``registros`` have."""
        writer = self._writer
        if writer is None:
            return written_up_to

        def both() -> EventId | None:
            reached = (written_up_to(), writer.written_up_to())
            known = [one for one in reached if one is not None]
            if len(known) < len(reached) or known[0].epoch != known[1].epoch:
                return None
            return min(known, key=lambda one: one.number)

        return both

    def reached(self) -> Mapping[str, EventId | None]:
        """Up to which event ``registros`` has what it is to have; empty where there is none."""
        return {"registros": self._writer.state.cursor} if self._writer else {}

    def status(self) -> Mapping[str, Any]:
        """What health says of ``registros``; empty where there is none."""
        return {"registros": self._writer.state.figures()} if self._writer else {}

    def troubles(self, rosters: RosterKeeper) -> list[str]:
        """What does not work, in sentences for everybody."""
        said = [EMPTIED] if rosters.emptied else []
        if self._writer is None:
            return said
        state = self._writer.state
        if state.error:
            said.append(STUCK)
        if state.degraded:
            said.append(OTHERS)
        if state.lines_left_out:
            said.append(LEFT_OUT + ", ".join(state.lines_left_out))
        return said
