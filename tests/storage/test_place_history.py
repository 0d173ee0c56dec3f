"""Sums over places, made by the database, and what was known of them earlier."""

from datetime import timedelta

import pytest

from peoplecount.domain.event import WORSE, Quality
from peoplecount.domain.interval import Scope
from peoplecount.domain.place_sum import PlaceStretch
from peoplecount.domain.roll_up import HOUR, QUARTER
from peoplecount.domain.site import Site
from peoplecount.storage import positions, where
from peoplecount.storage.place_history import PlaceHistory, Where
from tests.support.board_service import Gate
from tests.support.past import Past
from tests.support.shop import BACK, FRONT, LEFT, RIGHT, at

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


def moved(gate, door):
    """The same line at another door."""
    return Gate(gate.site, door, gate.camera)


def as_known(past, known, scope=Scope.SITE, of=SHOP_ONLY, day=DAY):
    """By subject and hour, only where it was another figure."""
    found = {}
    for one in PlaceHistory(past.db).learned_later(scope, *day, known, of):
        before = found.get((one.subject, one.start), (0, 0))
        found[one.subject, one.start] = (before[0] + one.entered, before[1] + one.left)
    return found


def test_two_hours_in_one_slot_share_what_was_known_of_them(past):
    past.counts(BACK, at(2), 18, 3)
    past.counts(BACK, at(3), 6, 3)
    past.learns(BACK, at(2), at(12), (16, 4), (24, 6), hours=2)
    assert as_known(past, at(11)) == {("shop", at(2)): (12 - 18, 2 - 3), ("shop", at(3)): (4 - 6, 2 - 3)}
    assert as_known(past, at(11), day=(at(3), at(5))) == {("shop", at(3)): (-2, -1)}, "the slot began before"
    assert as_known(past, at(13)) == {}


def test_a_line_that_was_moved_since_has_what_was_known_at_its_old_door(past):
    past.counts(BACK, at(3), 12, 0)
    past.learns(moved(BACK, "Side"), at(3), at(12), (8, 0), (12, 0))
    assert as_known(past, at(11)) == {("shop", at(3)): (-4, 0)}
    assert as_known(past, at(11), Scope.DOOR) == {("shop-back", at(3)): (-4, 0)}
    assert as_known(past, at(11), Scope.DOOR, Where(["shop"], "shop-back")) == {("shop-back", at(3)): (-4, 0)}
    assert as_known(past, at(11), Scope.DOOR, Where(["shop"], "shop-side")) == {}
    assert as_known(past, at(11), Scope.LINE, Where(None, None, str(BACK.key))) == {(str(BACK.key), at(3)): (-4, 0)}


def test_an_hour_at_two_doors_gives_each_its_share_of_what_was_known(past):
    past.counts(BACK, at(3), 9, 0)
    past.counts(moved(BACK, "Side"), at(3), 3, 8)
    past.learns(BACK, at(3), at(12), (8, 4), (12, 8))
    assert as_known(past, at(11)) == {("shop", at(3)): (-4, -4)}
    by_door = {("shop-back", at(3)): (6 - 9, 0), ("shop-side", at(3)): (2 - 3, 4 - 8)}
    assert as_known(past, at(11), Scope.DOOR) == by_door
    side = Where(["shop"], "shop-side")
    assert as_known(past, at(11), Scope.DOOR, side) == {("shop-side", at(3)): (-1, -4)}


def test_people_who_were_taken_away_come_back_where_the_line_counted(past):
    past.counts(BACK, at(3), 0, 0)
    past.counts(moved(BACK, "Side"), at(3), 0, 0)
    past.learns(moved(BACK, "Side"), at(3), at(12), (8, 4), (0, 0))
    assert as_known(past, at(11), Scope.DOOR) == {("shop-back", at(3)): (0, 0), ("shop-side", at(3)): (8, 4)}


def test_slots_that_overlap_are_told_once(past):
    past.counts(BACK, at(2), 10, 0)
    past.counts(BACK, at(3), 10, 0)
    past.learns(BACK, at(3), at(12), (4, 0), (8, 0))
    past.learns(BACK, at(2), at(13), (16, 0), (20, 0), hours=2)
    assert as_known(past, at(11)) == {("shop", at(2)): (8 - 10, 0), ("shop", at(3)): (4 - 10, 0)}


def test_more_sites_than_a_statement_can_name_are_asked_for_in_parts(past, monkeypatch):
    monkeypatch.setattr(where, "LINES_AT_ONCE", 2)
    monkeypatch.setattr(positions, "LINES_AT_ONCE", 2)
    past.learns(FRONT, at(9), at(12), (3, 1), (5, 1))
    many, history = Where(["bank", "a", "b", "c", "shop"]), PlaceHistory(past.db)
    assert [len(part.sites) for part in many.parts()] == [2, 2, 1]
    for scope in Scope:
        assert history.stretches(HOUR, scope, *DAY, many) == history.stretches(HOUR, scope, *DAY, Where())
        assert history.totals(scope, *DAY, many) == history.totals(scope, *DAY, Where())
        assert history.learned_later(scope, *DAY, at(11), many) == history.learned_later(scope, *DAY, at(11), Where())
    assert history.door_hours(*DAY, many.sites) == history.door_hours(*DAY, ["bank", "shop"])
    assert history.first_day(many) == history.first_day(Where()) == at(9)
    assert history.first_day(Where(["a", "b", "c"])) is None
