"""The events of a replay: as the service would have told of the same people then, and marked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from peoplecount.domain.camera import CameraState
from peoplecount.domain.event import NewEvent
from peoplecount.domain.event_body import Place, Standing, Status, count_event, status_event
from peoplecount.domain.figures import NOBODY, Figures
from peoplecount.domain.increment import Generation, Growth, Increment
from peoplecount.domain.line import LineKey
from peoplecount.domain.occupancy import Occupancy, occupancy_day
from peoplecount.domain.recording import Crossing, RecordedCount
from peoplecount.domain.sentence import say
from peoplecount.domain.site import Site
from peoplecount.services.site_day import zone_of

MARK = {"replay": True}
"""Stands in every event and snapshot of a replay."""

_MARK_IN_BODY = '{"replay":true,'

_SHORT = datetime.resolution
"""Who is counted at the very moment of a reset came before it."""


class ReplayEvents:
    """Keeps today's figures of each line and the people inside each site, from nobody on."""

    def __init__(self, sites: Mapping[str, Site]) -> None:
        self._sites = sites
        self._today: dict[LineKey, tuple[date, Figures]] = {}
        self._inside: dict[str, Occupancy] = {}

    def of(self, crossing: Crossing) -> NewEvent:
        """People crossed, or at the beginning of a replay nobody."""
        count, people = crossing.of, crossing.people
        zone = zone_of(self._site(count))
        local = crossing.ended_at.astimezone(zone)
        day = (local - _SHORT).date() if people else local.date()
        before = self._before(count.key, day)
        after = before + people
        self._today[count.key] = day, after
        generation = Generation(day)
        increment = Increment(
            count.key,
            crossing.started_at,
            crossing.ended_at,
            local.replace(tzinfo=None),
            Growth(generation, 0, before.entered, after.entered),
            Growth(generation, 0, before.left, after.left),
            count.quality if people else count.quality.MEASURED,
            utc_offset=local.utcoffset(),
        )
        standing = Standing(after.entered, after.left, self._crossed(count, local, people))
        return marked(count_event(count.place, increment, standing))

    def silence(self, count: RecordedCount, since: datetime) -> NewEvent:
        """From ``since`` on nothing is known of a camera."""
        return self._status(count, CameraState.DOWN, since, say("nothing was recorded of it at this time"))

    def answer(self, count: RecordedCount, since: datetime) -> NewEvent:
        """From ``since`` on it is known what a camera counted."""
        return self._status(count, CameraState.UP, since, "")

    def midnight(self, count: RecordedCount, moment: datetime) -> datetime:
        """When the day of a moment began at the count's site, UTC."""
        zone: ZoneInfo = zone_of(self._site(count))
        return datetime.combine(moment.astimezone(zone).date(), time(), zone).astimezone(UTC)

    def _status(self, count: RecordedCount, state: CameraState, since: datetime, reason: str) -> NewEvent:
        of_camera = Place(
            *(getattr(count.place, name) for name in ("site_id", "site_name", "camera_id", "camera_name"))
        )
        return marked(status_event(Status(of_camera, state.value, since, reason)))

    def _before(self, key: LineKey, day: date) -> Figures:
        known_day, figures = self._today.get(key, (day, NOBODY))
        return figures if known_day == day else NOBODY

    def _crossed(self, count: RecordedCount, local: datetime, people: Figures) -> int:
        site = self._site(count)
        day = occupancy_day(local - _SHORT if people else local, site.reset_time)
        known = self._inside.get(site.site_id) or Occupancy(day)
        self._inside[site.site_id] = known.after(day, people.entered, people.left, local.astimezone(UTC))
        return self._inside[site.site_id].inside

    def _site(self, count: RecordedCount) -> Site:
        return self._sites[count.place.site_id]


def marked(event: NewEvent) -> NewEvent:
    """The event with the mark in its body."""
    return replace(event, body=_MARK_IN_BODY + event.body.removeprefix("{"))
