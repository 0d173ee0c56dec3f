"""Letters are sent once, in spite of crashes, refusals and a server that is away."""

import pytest

from peoplecount.eventlog.local_store import LocalStore
from peoplecount.eventlog.log import LogUnavailable
from peoplecount.mail.letter import Enclosure, Letter, Writing
from peoplecount.mail.smtp import MailFailure
from peoplecount.services.mail_sender import FIRST_RETRY, LONGEST_RETRY, MailSender, retry_after
from peoplecount.services.outbox import KEPT_FOR, LEASE, About, Fate, Outbox, letter_id
from tests.support.alerting import FakeMail
from tests.support.fake_clock import FakeClock

WRITING = Writing("Subject", "text", "<p>html</p>", (Enclosure("a.xlsx", "application/x", b"\0\1"),))
AWAY = MailFailure("away", is_of_server=True)
NEVER = MailFailure("no such user", is_final=True)
LATER = MailFailure("mailbox busy")


class Post:
    """A sender with its outbox; ``crashes`` makes another process of it."""

    def __init__(self, folder):
        self.store = LocalStore(folder / "store.sqlite")
        self.clock, self.mail = FakeClock(), FakeMail()
        self.crashes()

    def crashes(self):
        self.outbox = Outbox(self.store, self.clock)
        self.sender = MailSender(self.outbox, self.mail, self.clock, chance=lambda: 1.0)

    def put(self, *recipients, about=About.ALERT, subject_id="1"):
        letters = [Letter(letter_id(subject_id, one), one, WRITING) for one in recipients]
        return self.outbox.put(about, subject_id, letters)

    def sent(self):
        return [one.recipient for one in self.mail.letters]

    def fates(self):
        return {one.recipient: one.fate for one in self.outbox.history(About.ALERT)}


@pytest.fixture
def post(tmp_path):
    post = Post(tmp_path)
    yield post
    post.store.close()


def test_a_letter_is_sent_once_with_its_files_however_often_it_is_put_in(post):
    assert post.put("anna", "bea") == 2
    assert post.put("anna") == 0
    assert post.sender.send_due() == 2
    assert post.put("anna", "bea") == 0
    post.crashes()
    assert post.sender.send_due() == 0
    assert sorted(post.sent()) == ["anna", "bea"]
    assert post.mail.letters[0].writing == WRITING
    assert post.fates() == {"anna": Fate.SENT, "bea": Fate.SENT}
    assert post.store.under("mail-content:") == {}


def test_while_the_server_is_away_everything_waits_longer_each_time_and_then_goes(post):
    post.put("anna", "bea")
    post.mail.failures = [AWAY, AWAY, AWAY]
    for wait in (FIRST_RETRY, 2 * FIRST_RETRY, 4 * FIRST_RETRY):
        assert post.sender.send_due() == 0
        tries_left = len(post.mail.failures)
        post.clock.passes(wait.total_seconds() - 1)
        assert post.sender.send_due() == 0
        assert len(post.mail.failures) == tries_left  # nobody asked it meanwhile
        post.clock.passes(1)
    post.clock.passes(LEASE.total_seconds())
    assert post.sender.send_due() == 2
    assert sorted(post.sent()) == ["anna", "bea"]
    (first, *_) = post.outbox.history(About.ALERT)
    assert first.fate is Fate.SENT


def test_waits_double_up_to_an_hour_and_are_not_all_the_same():
    assert [retry_after(tries) for tries in (0, 1, 2)] == [FIRST_RETRY, 2 * FIRST_RETRY, 4 * FIRST_RETRY]
    assert retry_after(50) == LONGEST_RETRY
    assert retry_after(0, 0.0) == FIRST_RETRY / 2


def test_a_refusal_for_good_ends_one_letter_and_the_others_go(post):
    post.put("anna", "bea", "carl")
    post.mail.failures = [NEVER]
    assert post.sender.send_due() == 2
    refused = next(one for one in post.outbox.history(About.ALERT) if one.fate is Fate.FAILED)
    assert (refused.said, refused.tries) == ("no such user", 1)
    post.clock.passes(86_400)
    assert post.sender.send_due() == 0
    assert post.outbox.waiting() == []


def test_a_refusal_for_now_is_tried_again_later(post):
    post.put("anna", "bea")
    post.mail.failures = [LATER]
    assert post.sender.send_due() == 1
    (waiting,) = post.outbox.waiting()
    assert (waiting.tries, waiting.said, waiting.due) == (1, "mailbox busy", post.clock.now() + FIRST_RETRY)
    assert post.sender.send_due() == 0
    post.clock.passes(FIRST_RETRY.total_seconds())
    assert post.sender.send_due() == 1


def test_an_alert_is_given_up_after_a_day_and_a_report_later(post):
    post.put("anna")
    post.put("bea", about=About.REPORT, subject_id="r")
    post.clock.passes(86_401)
    post.mail.failures = [LATER, LATER]
    post.sender.send_due()
    assert post.fates() == {"anna": Fate.FAILED}
    assert [one.recipient for one in post.outbox.waiting()] == ["bea"]


def test_who_takes_a_letter_has_it_alone_and_after_a_crash_somebody_else_gets_it(post):
    post.put("anna")
    (posted,) = post.outbox.due()
    assert post.outbox.take(posted) is not None
    assert post.outbox.take(posted) is None
    post.crashes()
    assert post.sender.send_due() == 0
    post.clock.passes(LEASE.total_seconds())
    assert post.sender.send_due() == 1


def test_a_crash_between_the_note_that_it_went_and_taking_it_out_sends_nothing_twice(post):
    post.put("anna")
    (posted,) = post.outbox.due()
    body = post.store.get(f"mail-waiting:{posted.letter_id}").body
    post.sender.send_due()
    post.store.put(f"mail-waiting:{posted.letter_id}", body)
    post.crashes()
    assert post.sender.send_due() == 0
    assert post.sent() == ["anna"]
    assert post.outbox.waiting() == []


def test_a_clock_that_is_set_back_makes_no_letter_wait_for_days(post):
    post.put("anna")
    post.mail.failures = [LATER]
    post.sender.send_due()
    post.clock.is_set_by(-10 * 86_400)
    assert post.sender.send_due() == 1


def test_a_clock_that_is_set_back_by_hours_leaves_no_server_alone_for_hours(post):
    post.put("anna")
    post.mail.failures = [AWAY]
    post.sender.send_due()
    post.clock.is_set_by(-10 * 3_600)
    assert post.sender.send_due() == 1


def test_alerts_of_a_long_outage_of_the_server_are_no_news_when_it_is_back(post):
    post.put("anna", "bea")
    post.put("carl", about=About.REPORT, subject_id="r")
    post.mail.failures = [AWAY]
    post.sender.send_due()
    post.clock.passes(86_401)
    assert post.sender.send_due() == 1
    assert post.sent() == ["carl"]
    assert post.fates() == {"anna": Fate.FAILED, "bea": Fate.FAILED}
    said = {one.said for one in post.outbox.history(About.ALERT)}
    assert said == {"away", "It could not be sent in time."}


def test_a_letter_that_went_is_not_sent_again_where_that_cannot_be_written_down(post, monkeypatch):
    post.put("anna")
    conclude = post.outbox.conclude

    def is_full(*_):
        raise LogUnavailable("disk full")

    monkeypatch.setattr(post.outbox, "conclude", is_full)
    for _ in range(3):
        with pytest.raises(LogUnavailable):
            post.sender.send_due()
        post.clock.passes(LEASE.total_seconds())
    monkeypatch.setattr(post.outbox, "conclude", conclude)
    assert post.sender.send_due() == 0
    assert post.sent() == ["anna"]
    assert post.fates() == {"anna": Fate.SENT}


def test_what_was_sent_long_ago_is_forgotten(post):
    post.put("anna")
    post.sender.send_due()
    post.clock.passes(KEPT_FOR.total_seconds() + 1)
    post.put("bea")
    assert list(post.fates()) == ["bea"]


def test_what_cannot_be_read_stops_nobody(post):
    post.store.put("mail-waiting:broken", "{")
    post.put("anna")
    assert post.sender.send_due() == 1
