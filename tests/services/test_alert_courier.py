"""From the log into the book and into letters: each once, also after crashes and a log that was put back."""

import json

import pytest

from peoplecount.domain.alert_body import AlertFacts, AlertItem, KeptAlert, alert_event, write_kept
from peoplecount.domain.alert_rule import AlertKind, AlertRule
from peoplecount.domain.alert_state import AlertState, Happening, Notice, Turn
from peoplecount.eventlog.local_store import LocalStore
from peoplecount.eventlog.log import Append, StateChange
from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.services.alert_book import KEPT_FOR, NoSuchAlert
from peoplecount.services.alert_courier import AlertCourier
from peoplecount.services.audit_log import AuditLog
from peoplecount.services.outbox import About
from tests.support.alerting import Alerting, FakeMail
from tests.support.fake_clock import FakeClock

RULE = AlertRule("", AlertKind.CAMERA, "", recipients=("anna@x", "bea@x"), language="es")


class Desk:
    def __init__(self, folder, *, mail=True):
        self.store, self.clock, self.log = LocalStore(folder / "store.sqlite"), FakeClock(), MemoryEventLog()
        self.term = self.log.raise_term()
        self.kept, self.version = {}, 0
        audit = AuditLog(self.store, self.clock)
        self.alerting = Alerting(self.store, self.clock, audit, FakeMail() if mail else None)
        self.rule = self.alerting.rules.add(RULE)
        self.book, self.outbox = self.alerting.book, self.alerting.outbox
        self.starts()

    def starts(self):
        self.courier = AlertCourier(
            self.log,
            self.store,
            rules=self.alerting.rules,
            book=self.book,
            outbox=self.outbox,
            writer=self.alerting.writer,
            clock=self.clock,
        )

    def happens(self, turn, notice=Notice.NONE, alert_id="a1", site="shop", rule=None):
        facts = AlertFacts(site, site.title(), {"cam": AlertItem("cam", "Camera", "no answer")})
        happening = Happening(alert_id, turn, frozenset({"cam"}), notice)
        event = alert_event(rule or self.rule, facts, happening, self.clock.now(), "text")
        self.kept[alert_id] = KeptAlert(AlertState(alert_id="" if turn is Turn.CLOSED else alert_id), facts)
        states = StateChange("alerts", self.version, write_kept(self.kept))
        self.log.append(self.term, [Append((event,), (states,))], self.clock.now())
        self.version += 1
        self.clock.passes(60)

    def loses_its_log(self):
        """A new one, which knows nothing."""
        self.log = MemoryEventLog()
        self.term = self.log.raise_term()
        self.kept, self.version = {}, 0

    def letters(self):
        return sorted((one.recipient, one.subject) for one in self.outbox.history(About.ALERT))


@pytest.fixture
def desk(tmp_path):
    desk = Desk(tmp_path)
    yield desk
    desk.store.close()


def test_an_alert_is_booked_from_its_beginning_to_its_end_and_mailed_when_told(desk):
    desk.happens(Turn.OPENED)
    assert desk.courier.step() == 1
    (booked,) = desk.book.open()
    assert (booked.noticed, booked.site_id, desk.letters()) == (None, "shop", [])
    desk.happens(Turn.OPEN, Notice.BAD)
    desk.happens(Turn.CLOSED, Notice.RECOVERED)
    assert desk.courier.step() == 2
    assert desk.book.open() == []
    (over,) = desk.book.over()
    assert over.noticed is not None
    assert (over.closed - over.opened).total_seconds() == 120
    assert desk.letters() == [
        ("anna@x", "opened shop camera"),
        ("anna@x", "recovered shop camera"),
        ("bea@x", "opened shop camera"),
        ("bea@x", "recovered shop camera"),
    ]


def test_after_a_crash_everything_is_read_again_and_nothing_is_done_twice(desk):
    desk.happens(Turn.OPENED, Notice.BAD)
    desk.courier.step()
    desk.store.change("alert-courier", lambda _: None)
    desk.starts()
    assert desk.courier.step() == 1
    assert len(desk.letters()) == 2
    assert len(desk.book.open()) == 1
    assert desk.courier.step() == 0
    desk.starts()
    assert desk.courier.step() == 0


def test_a_log_that_was_put_back_is_read_anew(desk):
    desk.happens(Turn.OPENED, Notice.BAD)
    desk.courier.step()
    desk.log.start_epoch()
    desk.happens(Turn.CLOSED, Notice.RECOVERED)
    desk.courier.step()
    assert len(desk.letters()) == 4
    assert desk.book.open() == []


def test_what_was_open_in_a_log_that_was_lost_does_not_stay_open_for_ever(desk):
    desk.happens(Turn.OPENED, Notice.BAD, alert_id="lost")
    desk.courier.step()
    desk.loses_its_log()
    desk.starts()
    desk.happens(Turn.OPENED, alert_id="new")
    desk.courier.step()
    assert [one.alert_id for one in desk.book.open()] == ["new"]
    (over,) = desk.book.over()
    assert (over.alert_id, over.closed) == ("lost", desk.clock.now())


def test_news_of_yesterday_is_booked_and_not_mailed(desk):
    desk.happens(Turn.OPENED, Notice.BAD)
    desk.clock.passes(2 * 86_400)
    desk.courier.step()
    assert desk.letters() == []
    assert len(desk.book.open()) == 1


def test_a_rule_that_is_no_more_mails_nobody(desk):
    desk.alerting.rules.remove(desk.rule.rule_id)
    desk.happens(Turn.OPENED, Notice.BAD)
    desk.courier.step()
    assert desk.letters() == []


def test_without_a_mail_server_alerts_are_booked_all_the_same(tmp_path):
    desk = Desk(tmp_path, mail=False)
    desk.happens(Turn.OPENED, Notice.BAD)
    assert desk.courier.step() == 1
    assert len(desk.book.open()) == 1
    desk.store.close()


def test_who_takes_care_of_an_alert_stands_with_it_until_it_is_over(desk):
    desk.happens(Turn.OPENED)
    desk.courier.step()
    desk.alerting.desk.see("anna", "a1", None)
    desk.alerting.desk.see("bea", "a1", None)  # the first one keeps it
    desk.happens(Turn.OPEN)
    desk.happens(Turn.CLOSED)
    desk.courier.step()
    (over,) = desk.book.over()
    assert over.seen_by == "anna"
    with pytest.raises(NoSuchAlert):
        desk.alerting.desk.see("carl", "a1", None)


def test_alerts_of_other_sites_and_of_the_installation_are_not_there_for_somebody_limited(desk):
    for number, site in enumerate(("shop", "bank", "")):
        desk.happens(Turn.OPENED, alert_id=f"a{number}", site=site)
    desk.courier.step()
    assert [one.site_id for one in desk.book.open({"bank"})] == ["bank"]
    assert len(desk.book.open(None)) == 3
    with pytest.raises(NoSuchAlert):
        desk.alerting.desk.see("anna", "a0", {"bank"})


def test_alerts_of_years_ago_are_forgotten(desk):
    desk.happens(Turn.OPENED, alert_id="old")
    desk.happens(Turn.CLOSED, alert_id="old")
    desk.courier.step()
    desk.clock.passes(KEPT_FOR.total_seconds())
    desk.happens(Turn.OPENED, alert_id="new")
    desk.happens(Turn.CLOSED, alert_id="new")
    desk.courier.step()
    assert [one.alert_id for one in desk.book.over()] == ["new"]


def test_a_letter_that_cannot_be_written_holds_up_no_other(desk, monkeypatch):
    write = desk.alerting.writer.alert

    def stumbles(fields, language):
        if fields["siteId"] == "odd":
            raise AttributeError("nobody foresaw that")
        return write(fields, language)

    monkeypatch.setattr(desk.alerting.writer, "alert", stumbles)
    desk.happens(Turn.OPENED, Notice.BAD, alert_id="a1", site="odd")
    desk.happens(Turn.OPENED, Notice.BAD, alert_id="a2")
    desk.courier.step()
    assert desk.letters() == [("anna@x", "opened shop camera"), ("bea@x", "opened shop camera")]


def test_what_cannot_be_read_is_passed_over(desk):
    desk.store.put("alert-open:broken", json.dumps({"opened": "nonsense"}))
    desk.happens(Turn.OPENED)
    desk.courier.step()
    assert [one.alert_id for one in desk.book.open()] == ["a1"]
