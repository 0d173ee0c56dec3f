"""Rules look at a board, and what they see is told once, through restarts and failing appends."""

import json
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from peoplecount.domain.alert_body import AlertItem
from peoplecount.domain.alert_rule import AlertKind, AlertRule, QuietHours
from peoplecount.domain.alert_state import Verdict
from peoplecount.domain.camera import CameraState
from peoplecount.domain.event import EventKind
from peoplecount.domain.threshold import Threshold
from peoplecount.eventlog.log import Append, LogUnavailable
from peoplecount.services.alert_sights import AlertSights, SilentLines, verdict_on_database
from peoplecount.services.alert_watch import AlertWatch
from peoplecount.services.door_audit import AuditUnavailable
from peoplecount.services.writer_state import WriterState
from tests.support.board_service import BoardService
from tests.support.shop import BACK, FRONT, LEFT, SHOP, at

OVER = AlertRule("full", AlertKind.OVER, "Full", threshold=Threshold(80, is_share=True), margin=5)
UNDER = AlertRule("empty", AlertKind.UNDER, "", threshold=Threshold(10))
CAMERAS = AlertRule("cameras", AlertKind.CAMERA, "", lasts=timedelta(minutes=5))
DOORS = AlertRule("doors", AlertKind.DOOR, "")
DATABASE = AlertRule("database", AlertKind.DATABASE, "")


class NoAudits:
    def read(self, site_id):
        raise AuditUnavailable(site_id)


class Watched(BoardService):
    """A shop, looked at by some rules."""

    def __init__(self, *rules, site=SHOP):
        super().__init__([site], now=at(14))
        self.rules = list(rules)
        self.silent = SilentLines(NoAudits(), lambda: [site.site_id])
        self.database_is = (Verdict.GOOD, "")
        self.failing = 0
        self.outlines = 0
        self.starts()

    def starts(self):
        """Another process takes the lead."""
        self.term = self.log.raise_term()
        sights = AlertSights(
            self.outline,
            self.silent,
            database=lambda: self.database_is,
            zone=ZoneInfo("Europe/Zurich"),
        )
        numbers = iter(range(1000))
        self.watch = AlertWatch(
            self.log,
            self.report,
            rules=lambda: self.rules,
            sights=sights,
            is_ready=lambda: self.hub.ready,
            clock=self.clock,
            new_id=lambda: f"{self.term}-{next(numbers)}",
        )

    def outline(self):
        self.outlines += 1
        return self.board.outline(self.clock.now())

    def report(self, events, states=()):
        if self.failing:
            self.failing -= 1
            raise LogUnavailable("disk full")
        self.log.append(self.term, [Append(tuple(events), tuple(states))], self.clock.now())

    def looks(self, minutes=1):
        """Look once a minute."""
        for _ in range(minutes):
            self.catch_up()
            self.watch.look_again()
            self.clock.passes(60)

    def told(self):
        """What alerts said, in order."""
        entries = self.log.read(0, 10_000)
        return [json.loads(one.event.body) for one in entries if one.event.kind is EventKind.ALERT]

    def turns(self):
        return [(one["ruleId"], one["state"], one["notice"]) for one in self.told()]


def test_a_site_that_is_too_full_opens_one_alert_and_hysteresis_keeps_it_one():
    shop = Watched(OVER)
    shop.count(FRONT, 40)  # of 50
    shop.looks()
    shop.count(FRONT, 0, 1)
    shop.looks()
    shop.count(FRONT, 1, 0)
    shop.looks()
    assert shop.turns() == [("full", "opened", "opened")]
    (alert,) = shop.told()
    assert (alert["inside"], alert["threshold"], alert["siteName"]) == (40, 40, "Shop")
    assert alert["text"] == "40 people are inside; the threshold is 40."
    shop.count(FRONT, 0, 5)
    shop.looks()
    assert shop.turns()[1:] == [("full", "closed", "recovered")]


def test_the_board_is_looked_at_once_for_all_rules_and_not_for_those_that_need_none():
    shop = Watched(OVER, UNDER, CAMERAS, DOORS, DATABASE)
    shop.looks()
    assert shop.outlines == 1
    shop.rules = [DATABASE, replace(CAMERAS, is_on=False)]
    shop.looks()
    assert shop.outlines == 1


def test_a_site_without_a_capacity_has_no_alert_of_shares():
    shop = Watched(OVER, site=replace(SHOP, capacity=None))
    shop.count(FRONT, 4000)
    shop.looks(3)
    assert shop.turns() == []


def test_too_few_people_matter_only_while_the_site_is_open():
    shop = Watched(UNDER, site=replace(SHOP, opening_hours="Mo-Su 08:00-14:02"))
    shop.count(FRONT, 3)
    shop.looks(6)
    assert [(turn, notice) for _, turn, notice in shop.turns()] == [("opened", "opened"), ("closed", "recovered")]


def test_an_occupancy_that_nobody_knows_begins_and_ends_nothing():
    shop = Watched(UNDER)
    shop.looks(3)
    assert shop.turns() == []


def test_cameras_of_a_site_that_fail_together_are_one_alert_with_all_their_names():
    shop = Watched(CAMERAS)
    for gate in (FRONT, LEFT, BACK):
        shop.count(gate, 1)
    shop.looks()
    shop.status(FRONT, CameraState.DOWN, "no answer")
    shop.status(BACK, CameraState.CREDENTIALS_REJECTED, "401")
    shop.looks(10)
    (alert,) = shop.told()
    assert [item["why"] for item in alert["items"]] == ["401", "no answer"]
    assert "are not being read" in alert["text"]
    shop.status(FRONT, CameraState.UP)
    shop.looks(10)
    shop.status(BACK, CameraState.REMOVED)
    shop.looks()
    assert [(turn, notice) for _, turn, notice in shop.turns()] == [
        ("opened", "opened"),
        ("open", ""),
        ("closed", "recovered"),
    ]


def test_a_rule_that_looks_at_something_else_now_ends_its_alert_and_mails_nobody():
    shop = Watched(OVER)
    shop.count(FRONT, 45)
    shop.looks()
    shop.status(FRONT, CameraState.DOWN, "no answer")
    shop.rules = [replace(CAMERAS, rule_id=OVER.rule_id, lasts=timedelta(0))]
    shop.looks(2)
    assert [(one["ruleKind"], one["state"], one["notice"]) for one in shop.told()] == [
        ("over", "opened", "opened"),
        ("over", "closed", ""),
        ("camera", "opened", "opened"),
    ]


def test_another_process_goes_on_where_the_first_one_was():
    shop = Watched(CAMERAS, OVER)
    shop.count(FRONT, 45)
    shop.status(FRONT, CameraState.DOWN)
    shop.looks(3)
    shop.starts()
    shop.looks(6)
    shop.starts()
    shop.looks(3)
    assert shop.turns() == [("full", "opened", "opened"), ("cameras", "opened", "opened")]


def test_an_append_that_fails_tells_nothing_and_the_next_look_tells_it_once():
    shop = Watched(OVER)
    shop.count(FRONT, 45)
    shop.catch_up()
    shop.failing = 2
    for _ in range(2):
        with pytest.raises(LogUnavailable):
            shop.watch.look_again()
    shop.looks(3)
    assert shop.turns() == [("full", "opened", "opened")]


def test_before_the_board_is_known_nothing_is_over():
    shop = Watched(OVER)
    shop.count(FRONT, 45)
    shop.looks()
    shop.watch._is_ready = lambda: False
    shop.sites.clear()
    assert shop.watch.look() == 0


def test_a_rule_that_is_taken_away_or_switched_off_ends_its_alert_and_tells_nobody():
    shop = Watched(OVER)
    shop.count(FRONT, 45)
    shop.looks()
    shop.rules[0] = replace(OVER, is_on=False)
    shop.looks(2)
    assert shop.turns()[1:] == [("full", "closed", "")]
    shop.rules.clear()
    shop.looks(2)
    assert len(shop.turns()) == 2


def test_quiet_hours_are_those_of_the_sites_clock():
    shop = Watched(replace(OVER, quiet_hours=QuietHours.parse("14:00-14:03")))
    shop.count(FRONT, 45)
    shop.looks(5)
    assert shop.turns() == [("full", "opened", ""), ("full", "open", "opened")]
    assert shop.told()[1]["time"] == "2026-05-04T12:03:00.000Z"


def test_a_rule_for_some_sites_looks_at_no_other():
    shop = Watched(replace(OVER, sites=frozenset({"bank"})))
    shop.count(FRONT, 45)
    shop.looks(2)
    assert shop.turns() == []


def test_the_database_is_the_installations_and_says_what_is_wrong():
    shop = Watched(DATABASE)
    shop.database_is = (Verdict.BAD, "The database is away.")
    shop.looks(2)
    shop.database_is = (Verdict.UNKNOWN, "")
    shop.looks(2)
    shop.database_is = (Verdict.GOOD, "")
    shop.looks(2)
    opened, closed = shop.told()
    assert (opened["siteId"], opened["text"]) == ("", "The database is away.")
    assert closed["text"] == "The database takes what is counted again."


def test_a_database_is_behind_from_a_thousand_events_on_until_it_has_nearly_caught_up():
    verdicts = {100: Verdict.GOOD, 101: Verdict.BETWEEN, 1000: Verdict.BAD, None: Verdict.UNKNOWN}
    for lag, verdict in verdicts.items():
        assert verdict_on_database(None, WriterState(lag=lag))[0] is verdict
    assert verdict_on_database("It is away.", None) == (Verdict.BAD, "It is away.")
    assert verdict_on_database(None, None) == (Verdict.UNKNOWN, "")


def test_silent_doors_are_not_known_before_the_first_audit():
    shop = Watched(DOORS)
    shop.count(FRONT, 1)
    shop.looks(2)
    assert shop.turns() == []
    key = str(FRONT.key)
    shop.silent._found = {"shop": {key: AlertItem(key, "Front", "Silent since noon.")}}
    shop.silent._lines = {"shop": frozenset({key})}
    shop.looks(2)
    shop.silent._found = {"shop": {}}
    shop.looks()
    opened, closed = shop.told()
    assert opened["text"] == "Front counts nobody, although people were expected."
    assert closed["text"] == "Front counts again."
