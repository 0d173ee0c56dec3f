"""Whatever happens to a camera's readings, its days come out as the camera knows them, or say that they do not."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.support.keeping import EVERY, Keeping, at
from tests.support.modelled_camera import ModelledCamera, moments

hypothesis = pytest.importorskip("hypothesis")
given, settings, strategies = hypothesis.given, hypothesis.settings, hypothesis.strategies

BEGIN = at("2026-03-10T20:00:00")
END = at("2026-03-12T03:00:00")
SPAN = int((END - BEGIN).total_seconds())

crossings = strategies.lists(strategies.integers(-70_000, SPAN), max_size=60).map(
    lambda seconds: [BEGIN + timedelta(seconds=second) for second in seconds]
)
outages = strategies.lists(
    strategies.tuples(strategies.integers(0, SPAN), strategies.integers(100, 60_000)), max_size=3
)
offsets = strategies.sampled_from([0, 3600, -5 * 3600, 20_700])
errors = strategies.integers(-90, 90)


def is_away(moment, outages):
    return any(begin <= (moment - BEGIN).total_seconds() < begin + length for begin, length in outages)


def lives(keeping, camera, outages=(), every=EVERY, restarts=()):
    """Polls from the beginning to the end, and a little longer so that a fall is understood."""
    last = END + 5 * every
    for number, moment in enumerate(moments(BEGIN, last, every)):
        if number in restarts:
            keeping.restarts()
        if not is_away(moment, outages) or moment > END:
            keeping.polls(camera, moment, every=every)
    for day in camera.days(BEGIN, last):
        keeping.settles(camera, day, last)
    return last


@settings(max_examples=25, deadline=None)
@given(crossings, crossings, outages, offsets, errors, strategies.sets(strategies.integers(0, 600), max_size=3))
def test_every_finished_day_is_as_the_camera_knows_it(entered, left, outages, offset, error, restarts):
    camera = ModelledCamera(entered, left, ahead=timedelta(seconds=offset + error))
    keeping = Keeping()
    last = lives(keeping, camera, outages, restarts=restarts)
    told = keeping.told()
    today = camera.local(last).date()
    for day in camera.days(BEGIN, last):
        if day < today:
            assert (told[day, "in"], told[day, "out"]) == camera.truth(day)
    summed = keeping.summed()
    assert summed == (
        sum(told[day] for day in told if day[1] == "in"),
        sum(told[day] for day in told if day[1] == "out"),
    )


@settings(max_examples=10, deadline=None)
@given(crossings, crossings, outages, errors)
def test_settling_again_changes_nothing(entered, left, outages, error):
    camera = ModelledCamera(entered, left, ahead=timedelta(seconds=error))
    keeping = Keeping()
    last = lives(keeping, camera, outages)
    head = keeping.log.head()
    for _ in range(10):
        for day in camera.days(BEGIN, last):
            keeping.settles(camera, day, last)
    assert keeping.log.head() == head


@settings(max_examples=15, deadline=None)
@given(crossings, crossings, errors)
def test_without_an_outage_only_the_tails_before_a_midnight_are_corrected(entered, left, error):
    camera = ModelledCamera(entered, left, ahead=timedelta(seconds=error))
    keeping = Keeping()
    lives(keeping, camera)
    first = camera.local(BEGIN).date()
    changed = [c for c in keeping.corrections() if c.change and c.local_start.date() > first]
    assert all(correction.local_start.hour == 23 for correction in changed)


@settings(max_examples=15, deadline=None)
@given(crossings, crossings, outages, strategies.integers(3600, SPAN), strategies.booleans())
def test_a_reset_by_hand_takes_nobody_away_who_was_seen(entered, left, outages, reset, wipes):
    camera = ModelledCamera(entered, left)
    camera.is_reset(BEGIN + timedelta(seconds=reset), wipes=wipes)
    unsettled, keeping = Keeping(), Keeping()
    for moment in moments(BEGIN, END + 5 * EVERY, EVERY):
        if not is_away(moment, outages) or moment > END:
            unsettled.polls(camera, moment)
    lives(keeping, camera, outages)
    seen, told = unsettled.told(), keeping.told()
    for day in camera.days(BEGIN, END):
        truth = camera.truth(day)
        for way, true in zip(("in", "out"), truth, strict=True):
            assert told[day, way] <= true
            if not outages:
                assert told[day, way] >= seen[day, way]


@pytest.mark.parametrize(
    ("begin", "end"), [("2020-03-28T12:00:00", "2020-03-29T12:00:00"), ("2020-10-24T12:00:00", "2020-10-25T12:00:00")]
)
@pytest.mark.parametrize("follows", [True, False])
@pytest.mark.parametrize("away", [(), ((9 * 3600, 6 * 3600),)])
def test_nights_on_which_clocks_change_come_out_exact(begin, end, follows, away):
    begin, end = at(begin), at(end)
    people = [moment + timedelta(seconds=7) for moment in moments(begin, end, timedelta(minutes=4))]
    zone = ZoneInfo("Europe/Zurich")
    camera = ModelledCamera(
        people, people[::3], zone=zone if follows else None, ahead=timedelta(0 if follows else 3600)
    )
    keeping = Keeping(zone="Europe/Zurich")
    for moment in moments(begin, end + timedelta(days=1), EVERY):
        if not any(0 <= (moment - begin).total_seconds() - first < length for first, length in away):
            keeping.polls(camera, moment)
    for day in camera.days(begin, end):
        keeping.settles(camera, day, end + timedelta(days=1))
    told = keeping.told()
    for day in camera.days(begin, end):
        assert (told[day, "in"], told[day, "out"]) == camera.truth(day)
    starts = [correction.started_at for correction in keeping.corrections()]
    assert len(starts) == len(set(starts))
