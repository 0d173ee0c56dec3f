"""The rules that are there from the start, on a replayed day: people are told what matters, and not too often."""

from datetime import UTC, date, datetime, timedelta
from itertools import accumulate

import pytest

from peoplecount.domain.alert_rule import USUAL_RULES, AlertKind
from peoplecount.domain.alert_state import AlertState, Pace, Turn, Verdict, advance
from peoplecount.services.alert_sights import verdict_on
from peoplecount.simulator.fleets import default_fleet

SATURDAY = date(2026, 11, 21)
MIDNIGHT = datetime(2026, 11, 20, 23, tzinfo=UTC).timestamp()
"""Where the town is."""

LOOK = 5
"""Seconds between two looks."""


def rule(kind):
    return next(one for one in USUAL_RULES if one.kind is kind)


def alerts(verdicts, of):
    """How many alerts open over a day of looks."""
    state, opened = AlertState(), 0
    for number, verdict in enumerate(verdicts):
        now = datetime(2026, 11, 21, tzinfo=UTC) + number * timedelta(seconds=LOOK)
        state, happened = advance(state, {"one": verdict}, now, Pace(of.lasts, of.gap), f"a{number}")
        opened += sum(one.turn is Turn.OPENED for one in happened)
    return opened


@pytest.fixture(scope="module")
def inside():
    """People inside each site of the town, look by look, on a busy day."""
    fleet = default_fleet(busy=10.0)
    found = {}
    lines = {(plan.site.name, plan.line_id(line)) for plan in fleet.cameras for line in plan.lines}
    for site in {name for name, _ in lines}:
        changes = [0] * (26 * 3600 // LOOK)
        for _, line_id in (one for one in lines if one[0] == site):
            crossings = fleet.traffic.crossings(line_id, SATURDAY)
            for moments, change in ((crossings.entered, 1), (crossings.left, -1)):
                for moment in moments:
                    changes[int(moment - MIDNIGHT) // LOOK] += change
        found[site] = list(accumulate(changes, lambda a, b: max(0, a + b)))
    return found


@pytest.mark.parametrize(("share", "least"), [(0.5, 1), (0.8, 1), (0.95, 0)])
def test_a_site_about_as_full_as_it_may_be_is_some_alerts_and_not_many(inside, share, least):
    over = rule(AlertKind.OVER)
    for site, people in inside.items():
        capacity = int(max(people) * share)
        verdicts = [verdict_on(AlertKind.OVER, one, capacity, over.margin) for one in people]
        assert least <= alerts(verdicts, over) <= 3, site


def test_a_camera_that_starts_anew_is_no_alert_and_one_that_stays_away_is(inside):
    cameras = rule(AlertKind.CAMERA)
    restart = 4 * 60 // LOOK
    assert alerts([Verdict.GOOD] * 9 + [Verdict.BAD] * restart + [Verdict.GOOD] * 99, cameras) == 0
    assert alerts([Verdict.GOOD] * 9 + [Verdict.BAD] * 2 * restart, cameras) == 1
