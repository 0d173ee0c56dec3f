"""Schedules: the same for the same seed, and everything in them sooner or later."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from peoplecount.simulator.fault import FaultOrder
from tests.chaos.blow import BlowKind, Track
from tests.chaos.schedule import LEAD_IN, QUIET, SETTLING, Round, plan_rounds


def of_track(planned: Round, track: Track):
    return [blow for blow in planned.blows if blow.kind.track is track]


def test_the_same_seed_gives_the_same_rounds_and_another_one_others() -> None:
    assert list(plan_rounds(7, 10)) == list(plan_rounds(7, 10))
    assert next(plan_rounds(7, 10)) != next(plan_rounds(8, 10))


def test_a_round_is_the_same_in_a_longer_run() -> None:
    short, long = list(plan_rounds(7, 6)), list(plan_rounds(7, 60))
    assert long[: len(short)] == short
    assert len(long) == 30


def test_a_minute_is_needed_at_least() -> None:
    with pytest.raises(ValueError, match="a round takes a minute at least"):
        next(plan_rounds(7, 0.5))


def test_every_blow_falls_within_ten_minutes() -> None:
    for seed in range(20):
        fallen = {blow.kind for planned in plan_rounds(seed, 10) for blow in planned.blows}
        assert fallen == set(BlowKind)


def test_no_blow_falls_in_the_lead_in_or_in_the_quiet() -> None:
    for planned in plan_rounds(3, 20):
        for blow in planned.blows:
            assert blow.at >= LEAD_IN
            assert blow.at + blow.lasts <= planned.seconds - QUIET - SETTLING


def test_blows_of_a_track_do_not_overlap() -> None:
    for planned in plan_rounds(3, 20):
        for track in (Track.SERVICE, Track.DATABASE):
            for one, next_one in pairwise(of_track(planned, track)):
                assert one.at + one.lasts < next_one.at


def test_midnight_passes_in_every_zone_of_the_town_while_blows_fall_or_soon_after() -> None:
    for planned in plan_rounds(3, 8):
        for zone in ("Europe/Zurich", "Europe/London", "Asia/Kathmandu"):
            begin, end = (moment.astimezone(ZoneInfo(zone)) for moment in (planned.starts_at, planned.ends_at))
            assert begin.date() < end.date()


def test_the_simulator_takes_every_fault() -> None:
    faults: Counter[str] = Counter()
    for planned in plan_rounds(5, 30):
        for blow in of_track(planned, Track.CAMERA):
            FaultOrder.parse(dict(blow.details))
            faults[blow.details["fault"]] += 1
    assert min(faults.values()) >= 5


def test_of_a_round_some_blows_can_be_played_alone() -> None:
    planned = next(plan_rounds(7, 10))
    name = planned.blows[0].name
    assert {blow.name for blow in planned.only([name]).blows} == {name}
    assert planned.only([name]).seed == planned.seed
