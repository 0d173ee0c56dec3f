"""The occupancy desk: sets occupancies right by what people counted, and tells what the estimate says."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from peoplecount.domain.clock import Clock
from peoplecount.domain.event import EventKind, NewEvent
from peoplecount.domain.event_body import Status, status_event
from peoplecount.domain.figures import Figures
from peoplecount.domain.hand_count import HandCount
from peoplecount.domain.occupancy import Occupancy
from peoplecount.domain.occupancy_body import OccupancyNow, OccupancyReason, occupancy_event
from peoplecount.domain.offload import Offload, call_here
from peoplecount.domain.site import Site
from peoplecount.eventlog.log import EventLog, Fenced, LogError, StaleState
from peoplecount.services.count_keeper import AmendOccupancies, CountKeeper
from peoplecount.services.occupancy_teacher import OccupancyTeacher
from peoplecount.services.site_day import SiteDay
from peoplecount.services.site_flow import SiteFlow
from peoplecount.storage.errors import DatabaseError

logger = logging.getLogger(__name__)

TICK_SECONDS = 10.0
"""How often a site's estimate is told at most, and how long a count by hand waits."""

RELEARN_SECONDS = 600.0
"""Between two attempts to learn, so that a database that is away is not asked all the time."""

LATEST_COUNT = timedelta(days=2)
"""Older counts by hand belong to days that are over in every zone."""

REMOVAL_TRIES = 5
"""People cross all the time at a site that another machine polls. What it counts between two tries is soon read."""

_OF_THE_MOMENT = frozenset({"time", "reason", "leftOver"})


class OccupancyDesk:
    """Works for the process that polls, beside the ``CountKeeper`` that keeps occupancies from count to count."""

    def __init__(
        self,
        keeper: CountKeeper,
        log: EventLog,
        teacher: OccupancyTeacher,
        *,
        sites: Callable[[], Mapping[str, Site]],
        hand_counts: Callable[[datetime], Sequence[HandCount]],
        clock: Clock,
        offload: Offload = call_here,
    ) -> None:
        self._keeper = keeper
        self._log = log
        self._teacher = teacher
        self._sites = sites
        self._hand_counts = hand_counts
        self._clock = clock
        self._offload = offload
        self._told: dict[str, dict[str, Any]] = {}
        self._is_loaded = False
        self._learned_at: float | None = None

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop."""
        said = ""
        while not stop.is_set():
            try:
                self.tick()
            except Fenced:
                pass  # the session hears of it at its next append and ends
            except LogError as error:
                logger.debug("occupancies wait for the event log: %s", error)
            except Exception as error:
                if str(error) != said:
                    logger.exception("occupancies could not be looked at; they are again in %g s", TICK_SECONDS)
                said = str(error)
            stop.wait(TICK_SECONDS)

    def tick(self) -> None:
        """Take up counts by hand, learn if a day is over, and tell what has changed. Raises ``LogError``."""
        self._load_once()
        now = self._clock.now()
        sites = self._sites()
        try:
            self._take_up_hand_counts(sites, now)
            self._learn_if_due(list(sites.values()), now)
        except DatabaseError as error:  # whoever found it out has said so
            logger.debug("counts by hand and past days could not be read: %s", error)
        occupancies = self._keeper.occupancies()
        events = [
            event
            for site_id, occupancy in occupancies.items()
            if site_id in sites and (event := self._news(SiteDay(sites[site_id], now), occupancy, now))
        ]
        if events:
            self._keeper.report(events)
            self._remember(events)

    def _load_once(self) -> None:
        """What was told last is in the log, by whomever it was."""
        if self._is_loaded:
            return
        for entry in self._offload(self._log.latest).entries:
            if entry.event.kind is EventKind.OCCUPANCY_CHANGED:
                self._told.setdefault(entry.event.subject, json.loads(entry.event.body))
        self._is_loaded = True

    def remove(self, gone: Sequence[Status]) -> None:
        """Append that cameras were removed; whom they counted today is no longer inside. Raises ``LogError``."""
        now = self._clock.now()
        sites = self._sites()
        with suppress(DatabaseError):  # then nothing is said of the estimate
            self._learn_if_due(list(sites.values()), now)
        days = {key: SiteDay(site, now) for key, site in sites.items()}
        known = self._keeper.occupancies()
        flows = {
            (site_id, status.place.camera_id): self._flow(days[site_id], occupancy, status.place.camera_id)
            for status in gone
            for site_id, occupancy in known.items()
            if site_id in days and occupancy.day == days[site_id].occupancy_date
        }
        for flow in flows.values():
            flow.catch_up()  # the long part, while counting goes on
        told: list[NewEvent] = []

        def amend(current: Mapping[str, Occupancy]) -> tuple[dict[str, Occupancy], list[NewEvent]]:
            told.clear()
            amended = dict(current)
            for (site_id, _), flow in flows.items():
                if _is_begun_alike(
                    current[site_id], known[site_id]
                ):  # else it has been counted by hand since, or reset
                    amended[site_id] = amended[site_id].amended(Figures() - flow.catch_up())
            changed = {key: one for key, one in amended.items() if one != current[key]}
            told.extend(
                self._event(days[key], one, now, OccupancyReason.CAMERA_REMOVED) for key, one in changed.items()
            )
            return changed, [*map(status_event, gone), *told]

        self._amend_again([site_id for site_id, _ in flows], amend)
        self._remember(told)

    def _amend_again(self, sites: Sequence[str], amend: AmendOccupancies) -> None:
        """Until nobody else has counted at these sites meanwhile; the last time that is raised as ``StaleState``."""
        for _ in range(REMOVAL_TRIES - 1):
            with suppress(StaleState):
                return self._keeper.amend_occupancies(sites, amend)
        return self._keeper.amend_occupancies(sites, amend)

    def _take_up_hand_counts(self, sites: Mapping[str, Site], now: datetime) -> None:
        newest = {count.site_id: count for count in self._hand_counts(now - LATEST_COUNT) if count.counted_at <= now}
        known = self._keeper.occupancies()
        for site_id, count in newest.items():
            if site_id in sites and _is_news(count, SiteDay(sites[site_id], now), known.get(site_id)):
                self._take_up(count, SiteDay(sites[site_id], now), now)

    def _take_up(self, count: HandCount, today: SiteDay, now: datetime) -> None:
        flow = SiteFlow(self._log, count.site_id, count.counted_at, offload=self._offload)
        flow.catch_up()
        day = today.occupancy_date_of(count.counted_at)
        told: list[NewEvent] = []

        def amend(current: Mapping[str, Occupancy]) -> tuple[dict[str, Occupancy], list[NewEvent]]:
            since = flow.catch_up()
            before = current.get(count.site_id) or Occupancy(day)
            before = before if before.day >= day else Occupancy(day)
            after = before.recounted(count.people, count.counted_at, day, since)
            told.append(self._event(today, after, now, OccupancyReason.HAND_COUNT, left_over=before.net - after.net))
            return {count.site_id: after}, told

        self._keeper.amend_occupancies([count.site_id], amend)
        self._remember(told)
        logger.info("site %s: %d people were counted inside; occupancy goes on from there", count.site_id, count.people)

    def _learn_if_due(self, sites: Sequence[Site], now: datetime) -> None:
        moment = self._clock.monotonic()
        waits = self._learned_at is not None and moment - self._learned_at < RELEARN_SECONDS
        if not waits and self._teacher.is_due(sites, now):
            self._learned_at = moment
            self._teacher.learn(sites, now)

    def _news(self, today: SiteDay, occupancy: Occupancy, now: datetime) -> NewEvent | None:
        """What is to be told of a site, if anything."""
        told = self._told.get(today.site.site_id)
        if occupancy.day < today.occupancy_date:
            if told is None or told["occupancyDay"] >= today.occupancy_date.isoformat():
                return None  # told of the reset, or never told anything
            fresh = Occupancy(today.occupancy_date)
            return self._event(today, fresh, now, OccupancyReason.RESET, left_over=occupancy.net)
        event = self._event(today, occupancy, now, OccupancyReason.CROSSINGS)
        fields = json.loads(event.body)
        is_told = told is not None and all(fields[name] == told.get(name) for name in _figures(fields))
        return None if is_told else event

    def _event(
        self,
        today: SiteDay,
        occupancy: Occupancy,
        now: datetime,
        reason: OccupancyReason,
        *,
        left_over: int | None = None,
    ) -> NewEvent:
        estimate = self._teacher.of(today.site.site_id).estimate(occupancy)
        return occupancy_event(today.site, OccupancyNow(occupancy, estimate), now, reason, left_over=left_over)

    def _flow(self, today: SiteDay, occupancy: Occupancy, camera_id: str) -> SiteFlow:
        reset = datetime.combine(occupancy.day, today.site.reset_time, today.zone).astimezone(UTC)
        since = max(reset, occupancy.counted_at) if occupancy.counted_at else reset
        return SiteFlow(self._log, today.site.site_id, since, camera_id, self._offload)

    def _remember(self, events: Iterable[NewEvent]) -> None:
        for event in events:
            self._told[event.subject] = json.loads(event.body)


def _is_news(count: HandCount, today: SiteDay, occupancy: Occupancy | None) -> bool:
    if today.occupancy_date_of(count.counted_at) < today.occupancy_date:
        return False
    if occupancy is None or occupancy.counted_at is None:
        return True
    return count.counted_at > occupancy.counted_at or (
        count.counted_at == occupancy.counted_at and count.people != occupancy.start
    )


def _is_begun_alike(one: Occupancy, other: Occupancy) -> bool:
    """Whether both go on from the same reset, or the same count by hand."""
    return (one.day, one.counted_at) == (other.day, other.counted_at)


def _figures(fields: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of what is told anew when it changes."""
    return tuple(name for name in fields if name not in _OF_THE_MOMENT)
