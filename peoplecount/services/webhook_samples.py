"""Samples: events as webhooks are told them, with invented figures, for tests and for a flow's trigger."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from peoplecount.domain.alert_body import AlertFacts, alert_event
from peoplecount.domain.alert_rule import AlertKind, AlertRule
from peoplecount.domain.alert_state import Happening, Notice, Turn
from peoplecount.domain.correction import CorrectionReason, HourCorrection
from peoplecount.domain.correction_body import correction_event
from peoplecount.domain.event import NewEvent, Quality
from peoplecount.domain.event_body import Place, Standing, Status, break_event, count_event, status_event
from peoplecount.domain.figures import Figures
from peoplecount.domain.increment import Generation, Growth, Increment
from peoplecount.domain.interval import ClosedInterval, Scope
from peoplecount.domain.interval_body import interval_event
from peoplecount.domain.line import LineKey
from peoplecount.domain.occupancy import Occupancy
from peoplecount.domain.occupancy_body import OccupancyNow, OccupancyReason, occupancy_event
from peoplecount.domain.site import Site
from peoplecount.domain.webhook import THRESHOLD_KIND, Topic

_LINE = LineKey("entrance", 0, 1, 1)
_SITE = Place("example", "Example site", "", "")
_CAMERA = Place("example", "Example site", "entrance", "Entrance camera")
_DOOR = Place("example", "Example site", "entrance", "Entrance camera", "front", "Front door", "Line 1")


def sample(topic: Topic, moment: datetime) -> dict[str, Any]:
    """The fields of an event of that topic at ``moment`` (UTC), without an id."""
    fields: dict[str, Any] = json.loads(_MAKERS[topic](moment).body)
    return {**fields, **_MORE.get(topic, {})}


def _interval(moment: datetime) -> NewEvent:
    begin = moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0) - timedelta(minutes=15)
    closed = ClosedInterval(
        scope=Scope.SITE,
        subject=_SITE.site_id,
        started_at=begin,
        length=timedelta(minutes=15),
        local_start=begin.replace(tzinfo=None),
        figures=Figures(42, 37),
        quality=Quality.MEASURED,
        coverage=1.0,
    )
    return interval_event(_SITE, closed, moment)


def _occupancy(people: int) -> Callable[[datetime], NewEvent]:
    def make(moment: datetime) -> NewEvent:
        inside = Occupancy(moment.date(), crossed=Figures(people, 0))
        site = Site(_SITE.site_id, _SITE.site_name, "UTC", capacity=120)
        return occupancy_event(site, OccupancyNow(inside, None), moment, OccupancyReason.CROSSINGS)

    return make


def _status(state: str, reason: str) -> Callable[[datetime], NewEvent]:
    return lambda moment: status_event(Status(_CAMERA, state, moment, reason))


def _alert(moment: datetime) -> NewEvent:
    rule = AlertRule("over", AlertKind.OVER, "Too many inside")
    facts = AlertFacts(_SITE.site_id, _SITE.site_name, inside=124, threshold=120)
    happening = Happening("9b1d0c6a7e42", Turn.OPENED, frozenset(), Notice.BAD)
    return alert_event(rule, facts, happening, moment, "Example site: 124 people inside, 120 or more are too many.")


def _correction(moment: datetime) -> NewEvent:
    begin = moment.replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    hour = HourCorrection(
        key=_LINE,
        started_at=begin,
        ended_at=begin + timedelta(hours=1),
        local_start=begin.replace(tzinfo=None),
        old=Figures(118, 97),
        new=Figures(121, 97),
        old_quality=Quality.ESTIMATED,
        quality=Quality.CORRECTED,
        coverage=0.75,
        reason=CorrectionReason.OUTAGE,
    )
    return correction_event(_DOOR, hour, moment)


def _break(moment: datetime) -> NewEvent:
    words = "the camera was set back to zero", "people between the last reading and the reset"
    return break_event(_DOOR, moment, str(_LINE), "reset", *words)


def _count(moment: datetime) -> NewEvent:
    begun, today = moment - timedelta(seconds=10), Generation(moment.date())
    crossed = Increment(
        key=_LINE,
        started_at=begun,
        ended_at=moment,
        local_time=moment.replace(tzinfo=None),
        entered=Growth(today, 0, 410, 412),
        left=Growth(today, 0, 351, 352),
        utc_offset=timedelta(0),
    )
    return count_event(_DOOR, crossed, Standing(412, 352, 60))


_MAKERS: Mapping[Topic, Callable[[datetime], NewEvent]] = {
    Topic.INTERVAL_CLOSED: _interval,
    Topic.OCCUPANCY_ABOVE: _occupancy(120),
    Topic.OCCUPANCY_BELOW: _occupancy(113),
    Topic.OCCUPANCY_CHANGED: _occupancy(60),
    Topic.CAMERA_SILENT: _status("down", "no connection within 3 s; is the camera on, and its address right?"),
    Topic.CAMERA_BACK: _status("up", ""),
    Topic.ALERT: _alert,
    Topic.COUNT_CORRECTION: _correction,
    Topic.COUNTER_BREAK: _break,
    Topic.COUNT: _count,
}
_MORE: Mapping[Topic, Mapping[str, Any]] = {
    Topic.OCCUPANCY_ABOVE: {"kind": THRESHOLD_KIND, "direction": "above", "threshold": 120},
    Topic.OCCUPANCY_BELOW: {"kind": THRESHOLD_KIND, "direction": "below", "threshold": 120},
}
