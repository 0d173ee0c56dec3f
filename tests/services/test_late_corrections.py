from datetime import UTC, datetime, timedelta

import pytest

from peoplecount.domain.correction import CorrectionReason, HourCorrection
from peoplecount.domain.correction_body import correction_event
from peoplecount.domain.event import EventKind, NewEvent, Quality
from peoplecount.domain.event_body import Place
from peoplecount.domain.figures import Figures
from peoplecount.domain.line import LineKey
from peoplecount.eventlog.log import Append
from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.services.late_corrections import LateCorrections

EIGHT = datetime(2026, 5, 4, 8, tzinfo=UTC)
PLACE = Place("site", "Site", "cam", "Camera", "door", "Door", "Line")


class Closing:
    """A log, and intervals from eight o'clock on that are about to close."""

    def __init__(self):
        self.log = MemoryEventLog()
        self.term = self.log.raise_term()
        self.late = LateCorrections(
            lambda after: self.log.read(after, 2), lambda correction: correction.started_at >= EIGHT, after=0
        )

    def hears(self, *events):
        self.log.append(self.term, [Append(events)], EIGHT)


@pytest.fixture
def closing():
    return Closing()


def corrected(hour):
    return correction_event(
        PLACE,
        HourCorrection(
            LineKey("cam"),
            hour,
            hour + timedelta(hours=1),
            hour.replace(tzinfo=None),
            old=Figures(1, 1),
            new=Figures(2, 2),
            old_quality=Quality.ESTIMATED,
            quality=Quality.CORRECTED,
            coverage=1.0,
            reason=CorrectionReason.OUTAGE,
        ),
        hour + timedelta(hours=2),
    )


def other(kind=EventKind.CAMERA_STATUS, body="{}"):
    return NewEvent(kind, "site", "cam", "door", "cam", body)


def test_none_came_where_the_log_has_nothing_new(closing):
    assert not closing.late.came()


def test_one_behind_many_others_is_found_and_told_once(closing):
    closing.hears(*[other()] * 5, corrected(EIGHT), other())
    assert closing.late.came()
    assert not closing.late.came()
    closing.hears(corrected(EIGHT))
    assert closing.late.came()


def test_of_an_hour_that_has_closed_for_all_it_does_not_matter(closing):
    closing.hears(corrected(EIGHT - timedelta(hours=1)))
    assert not closing.late.came()


def test_one_that_makes_no_sense_is_left_to_who_folds_the_log(closing):
    closing.hears(other(EventKind.COUNT_CORRECTION, '{"lineId": 7}'))
    assert not closing.late.came()
