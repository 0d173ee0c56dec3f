"""Sums over places, made by the database, and what was known of them earlier."""

from datetime import timedelta

import pytest

from peoplecount.domain.event import WORSE, Quality
from peoplecount.domain.interval import Scope
from peoplecount.domain.place_sum import PlaceStretch
from peoplecount.domain.roll_up import HOUR, QUARTER
from peoplecount.domain.site import Site
from peoplecount.storage.place_history import PlaceHistory, Where
from tests.support.board_service import Gate
from tests.support.past import Past
from tests.support.shop import FRONT, LEFT, RIGHT, at

BANK = Gate(Site("bank", "Bank", "Europe/Zurich"), "Hall", "hall")
DAY = (at(0), at(0) + timedelta(days=1))
SHOP_ONLY = Where(["shop"])


def rows(**of_quality):
    return tuple(of_quality.get(quality.name.lower(), 0) for quality in WORSE)


@pytest.fixture
def past(connection):
    past = Past(connection)
    past.counts(FRONT, at(9), 5, 1)
    past.counts(LEFT, at(9), 7, 2, quality=Quality.ESTIMATED, coverage=0.5)
    past.counts(RIGHT, at(9), 0, 0, quality=Quality.MISSING, coverage=0.0)
    past.counts(RIGHT, at(10), 4, 4, quality=Quality.IMPORTED, coverage=None)
    past.counts(BANK, at(9), 100, 90)
    return past


def test_lines_are_summed_up_by_site_door_and_hour_with_how_they_were_come_by(past):
    history = PlaceHistory(past.db)
    nine = rows(measured=1, estimated=1, missing=1)
    assert history.stretches(HOUR, Scope.SITE, *DAY, SHOP_ONLY) == [
        PlaceStretch("shop", at(9), 12, 3, nine, 1.5, 2 + 1),
        PlaceStretch("shop", at(10), 4, 4, rows(imported=1), 0.0, 0),
    ]
    doors = history.stretches(HOUR, Scope.DOOR, *DAY, Where(["shop"], "shop-wide"))
    assert [(one.subject, one.entered, one.by_quality) for one in doors] == [
        ("shop-wide", 7, rows(estimated=1, missing=1)),
        ("shop-wide", 4, rows(imported=1)),
    ]
    (line,) = history.stretches(HOUR, Scope.LINE, *DAY, Where(None, None, str(FRONT.key)))
    assert (line.subject, line.entered, line.left) == ("front-0-1-1", 5, 1)


def test_quarters_are_told_in_the_same_way(past):
    quarters = PlaceHistory(past.db).stretches(QUARTER, Scope.SITE, at(9), at(10), SHOP_ONLY)
    assert [(one.start, one.entered) for one in quarters] == [
        (at(9, 15 * place), 12 if not place else 0) for place in range(4)
    ]


def test_totals_are_of_the_whole_time(past):
    totals = PlaceHistory(past.db).totals(Scope.DOOR, *DAY, SHOP_ONLY)
    assert [(one.subject, one.entered, one.left, one.by_quality) for one in totals] == [
        ("shop-front", 5, 1, rows(measured=1)),
        ("shop-wide", 11, 6, rows(estimated=1, missing=1, imported=1)),
    ]
    everywhere = PlaceHistory(past.db).totals(Scope.SITE, *DAY, Where())
    assert [(one.subject, one.entered) for one in everywhere] == [("bank", 100), ("shop", 16)]


def test_of_no_site_there_is_nothing(past):
    assert PlaceHistory(past.db).stretches(HOUR, Scope.SITE, *DAY, Where([])) == []


def test_what_was_learned_later_is_taken_away_up_to_the_first_correction_since(past):
    past.learns(FRONT, at(9), at(12), (3, 1), (4, 1), Quality.ESTIMATED)
    past.learns(FRONT, at(9), at(18), (4, 1), (5, 1), Quality.CORRECTED)
    past.learns(LEFT, at(9), at(18), None, (7, 2))
    history = PlaceHistory(past.db)

    def differences(known):
        found = history.learned_later(Scope.LINE, *DAY, known, SHOP_ONLY)
        return {one.subject: (one.entered, one.left, one.by_quality) for one in found}

    assert differences(at(19)) == {}
    assert differences(at(13)) == {
        str(FRONT.key): (-1, 0, (-1, 0, 1, 0, 0, 0)),
        str(LEFT.key): (-7, -2, (0, 0, 0, 0, -1, 1)),
    }
    assert differences(at(11))[str(FRONT.key)] == (-2, 0, (-1, 0, 0, 0, 1, 0))
    assert history.learned_later(Scope.SITE, *DAY, at(11), Where(["bank"])) == []
