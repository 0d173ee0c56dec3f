"""Comparing virtual cameras' days with the log, and what is said where that cannot be done."""

from __future__ import annotations

import logging
from datetime import date

import pytest

from peoplecount.domain.comparison import Verdict
from peoplecount.domain.offload import call_here
from peoplecount.services.camera_comparison import CameraComparison
from peoplecount.services.history_notes_keeper import HistoryNotesKeeper
from peoplecount.simulator.fleets import default_fleet
from peoplecount.simulator.plan import Fleet
from peoplecount.sunapi.errors import CameraUnreachable
from tests.support.premises import ZURICH, Premises

TOWN = default_fleet(12)
CLASSIC, WISEAI = "1", "3"


@pytest.fixture
def premises(tmp_path):
    """``premises(CLASSIC, start="2026-05-05T09:00")``: open until the test ends."""
    opened = []

    def begin(camera_id, **options):
        fleet = Fleet(tuple(plan for plan in TOWN.cameras if plan.camera_id == camera_id), TOWN.traffic)
        context = Premises(fleet, tmp_path, **options).open()
        opened.append(context)
        return context.__enter__()

    yield begin
    for context in opened:
        context.__exit__(None, None, None)


def compared(place, camera_id, days=3):
    """The comparison, and its rows; the database has nothing to say here."""
    comparison = CameraComparison(
        place._cameras[camera_id],
        known=place.keeper.days(camera_id),
        notes=HistoryNotesKeeper(place.store, call_here).of(camera_id),
        hours=lambda _start, _end, _lines: [],
        clock=place.clock,
        zone=ZURICH,
    )
    return comparison, list(comparison.days(days))


def test_a_camera_whose_clock_is_not_known_and_that_has_seen_nobody_is_left_out_with_the_reason(premises, caplog):
    place = premises(WISEAI, start="2026-05-06T03:10", back_fill_days=5)
    place.polls()
    with caplog.at_level(logging.INFO, "peoplecount.services.camera_history"):
        for _ in range(5):
            place.reconciles()
    assert caplog.text.count("asking its history about 5 days") == 1
    assert caplog.text.count("its history waits: it is not known yet whether its hours are those of") == 1

    comparison, rows = compared(place, WISEAI)
    assert rows == []
    assert "a busy hour will tell" in comparison.left_out
    assert comparison.is_trouble


def test_a_camera_that_is_new_is_left_out_without_any_trouble(premises):
    place = premises(CLASSIC, start="2026-05-06T10:10")
    place.polls()
    comparison, rows = compared(place, CLASSIC)
    assert (rows, comparison.is_trouble) == ([], False)
    assert comparison.left_out == "nothing is known here yet of these days"


def test_a_camera_that_is_away_and_was_never_read_is_left_out_with_the_reason(premises):
    place = premises(CLASSIC, start="2026-05-06T10:10")

    def away():
        raise CameraUnreachable(CLASSIC, "no answer")

    place._cameras[CLASSIC].read = away
    comparison, rows = compared(place, CLASSIC)
    assert (rows, comparison.is_trouble) == ([], True)
    assert "no answer" in comparison.left_out


def test_days_before_a_replacement_are_barred_and_not_asked_for(premises):
    place = premises(CLASSIC, start="2026-05-05T09:00")
    place.polls()
    place.is_watched_until("2026-05-06T11:00")
    place.reconciles()
    place.inject(CLASSIC, "camera-replaced", seconds=600)
    place.clock.passes(900)
    place.polls()
    place.is_watched_until("2026-05-07T09:20")
    place.reconciles()

    _, rows = compared(place, CLASSIC)
    verdicts = {row.day: row.verdict for row in rows if "the database" not in row.words}
    barred = {row.day for row in rows if "another device" in row.words}
    assert barred == {date(2026, 5, 5), date(2026, 5, 6)}
    assert not any("not believed" in row.words for row in rows)
    assert Verdict.UNKNOWN not in verdicts.values()


def test_of_days_before_a_replacement_only_the_database_can_differ(premises):
    place = premises(CLASSIC, start="2026-05-05T09:00")
    place.polls()
    place.is_watched_until("2026-05-06T00:20")
    place.inject(CLASSIC, "camera-replaced", seconds=600)
    place.clock.passes(900)
    place.polls()
    asked = place.searches(CLASSIC)
    _, rows = compared(place, CLASSIC, days=1)
    assert {row.remembered for row in rows} == {None}
    assert rows
    assert place.searches(CLASSIC) - asked < 6, "a reading, and no search"


def test_a_camera_that_was_switched_off_says_so_by_its_own_log(premises):
    place = premises(CLASSIC, start="2026-05-06T10:10")
    place.polls()
    place.is_watched_until("2026-05-06T11:20")
    place.inject(CLASSIC, "power-off", seconds=1500)
    place.is_watched_until("2026-05-06T12:20")
    bodies = [entry.event.body for entry in place.log.read(0, 10_000) if '"CounterBreak"' in entry.event.body]
    assert len(bodies) == 1
    assert "who crossed while it was off, until 11:45" in bodies[0]
