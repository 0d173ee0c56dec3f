"""Screens on walls: codes, confirming, revoking."""

import hashlib
import json
from datetime import timedelta

import pytest

from peoplecount.domain.change import Subject
from peoplecount.eventlog.local_store import LocalStore
from peoplecount.services.accounts import Accounts
from peoplecount.services.audit_log import AuditLog
from peoplecount.services.screen_desk import ScreenDesk
from peoplecount.services.screens import (
    CODE_LETTERS,
    MOST_WAITING,
    MOST_WAITING_OF_ADDRESS,
    ScreenRefused,
    Screens,
    tidy_code,
)
from tests.support.fake_clock import FakeClock

HERE, THERE = "192.0.2.7", "192.0.2.8"


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def store(tmp_path):
    store = LocalStore(tmp_path / "store.sqlite")
    yield store
    store.close()


@pytest.fixture
def log(store, clock):
    return AuditLog(store, clock)


@pytest.fixture
def desk(store, clock, log):
    return ScreenDesk(store, clock, log)


@pytest.fixture
def accounts(store, clock):
    return Accounts(store, clock)


def confirmed(desk, name="Entrance hall", sites=None):
    secret, waiting = desk.ask(HERE, "Chrome")
    screen = desk.confirm("anna", THERE, waiting.code, name, sites)
    return desk.claim(secret), screen


def test_a_code_has_six_letters_and_digits_that_look_like_no_others(desk):
    codes = {desk.ask(f"192.0.2.{number}", "")[1].code for number in range(50)}
    assert len(codes) == 50
    assert all(len(code) == 6 and set(code) <= set(CODE_LETTERS) for code in codes)
    assert not set(CODE_LETTERS) & set("IO01")


def test_a_screen_is_confirmed_and_known_by_its_secret_as_long_as_it_is_used(desk, accounts, clock):
    secret, screen = confirmed(desk, sites={"shop"})
    for _ in range(3):
        clock.passes(timedelta(days=29).total_seconds())
        visitor = accounts.of_screen(secret, HERE)
    visitor = accounts.of_screen(secret, HERE)
    assert (visitor.name, visitor.sites, visitor.role) == ("Entrance hall", {"shop"}, None)
    assert accounts.of_holders([visitor.holder]) == {visitor.holder: visitor}
    assert accounts.of_screen("another", HERE) is None
    assert desk.screens() == [accounts.screens.of_key(screen.key)]


def test_unused_for_a_month_it_is_none_any_more_and_its_name_is_free(desk, accounts, store, clock):
    secret, screen = confirmed(desk)
    clock.passes(timedelta(days=30).total_seconds())
    assert accounts.of_screen(secret, HERE) is None
    assert accounts.of_holders([f"screen:{screen.key}"]) == {}
    assert desk.screens() == []
    _, again = confirmed(desk)
    assert list(store.under("screen:")) == [f"screen:{again.key}"]


def test_what_a_browser_had_while_it_waited_opens_nothing(desk, accounts):
    waited, waiting = desk.ask(HERE, "Chrome")
    screen = desk.confirm("anna", THERE, waiting.code, "Entrance hall", None)
    assert desk.is_confirmed(waited)
    assert accounts.of_screen(waited, HERE) is None
    secret = desk.claim(waited)
    assert accounts.of_screen(secret, HERE).holder == f"screen:{screen.key}"
    assert accounts.of_screen(waited, HERE) is None
    assert desk.claim(waited) is None, "once"
    assert not desk.is_confirmed(waited)
    assert accounts.of_screen(f"{screen.key}.guessed", HERE) is None


def test_screens_of_an_earlier_version_are_known_by_the_secret_they_have(desk, accounts, store):
    secret, screen = confirmed(desk)
    fields = json.loads(store.get(f"screen:{screen.key}").body)
    del fields["proof"]
    key = hashlib.sha256(b"of earlier").hexdigest()
    store.put(f"screen:{key}", json.dumps(fields))
    assert accounts.of_screen("of earlier", HERE).name == "Entrance hall"
    assert accounts.of_screen(secret, HERE)


def test_it_survives_the_end_of_the_process(desk, store, tmp_path, clock):
    secret, _ = confirmed(desk)
    again = LocalStore(tmp_path / "store.sqlite")
    assert Screens(again, clock).of_secret(secret).name == "Entrance hall"
    again.close()


def test_a_screen_that_waits_is_none_yet(desk, accounts):
    secret, waiting = desk.ask(HERE, "Chrome")
    assert accounts.of_screen(secret, HERE) is None
    assert desk.waiting(secret) == waiting


def test_a_code_is_good_once_and_for_ten_minutes(desk, clock):
    secret, waiting = desk.ask(HERE, "Chrome")
    desk.confirm("anna", THERE, waiting.code, "One", None)
    with pytest.raises(ScreenRefused, match="No screen shows this code"):
        desk.confirm("anna", THERE, waiting.code, "Two", None)
    secret, waiting = desk.ask(HERE, "Chrome")
    clock.passes(600)
    assert desk.waiting(secret) is None
    with pytest.raises(ScreenRefused):
        desk.find("anna", THERE, waiting.code)


def test_a_code_may_be_typed_in_as_people_do(desk):
    _, waiting = desk.ask(HERE, "Chrome")
    typed = f" {waiting.code[:3].lower()}-{waiting.code[3:]} "
    assert desk.find("anna", THERE, typed) == waiting
    assert tidy_code("ÄÖ") == ""


def test_whoever_guesses_codes_must_wait_and_others_need_not(desk, clock):
    _, waiting = desk.ask(HERE, "Chrome")
    for _ in range(10):
        with pytest.raises(ScreenRefused, match="No screen shows"):
            desk.find("mallory", "203.0.113.9", "AAAAAA")
    with pytest.raises(ScreenRefused, match="Too many wrong codes"):
        desk.find("mallory", "203.0.113.9", waiting.code)
    assert desk.find("anna", THERE, waiting.code) == waiting
    clock.passes(900)
    _, waiting = desk.ask(HERE, "Chrome")
    assert desk.find("mallory", "203.0.113.9", waiting.code) == waiting


def test_nobody_fills_the_list_of_those_who_wait(desk):
    for _ in range(MOST_WAITING_OF_ADDRESS):
        desk.ask(HERE, "")
    with pytest.raises(ScreenRefused, match="Too many screens wait"):
        desk.ask(HERE, "")
    desk.ask(THERE, "")


def test_who_takes_all_places_keeps_nobody_else_out(desk, clock):
    waiting = {}
    for number in range(MOST_WAITING):
        secret, _ = desk.ask(f"192.0.2.{100 + number // MOST_WAITING_OF_ADDRESS}", "")
        waiting[number] = secret
        clock.passes(1)
    secret, _ = desk.ask(HERE, "")
    again, _ = desk.ask(HERE, "")
    assert desk.waiting(secret)
    assert desk.waiting(again)
    assert [number for number, one in waiting.items() if desk.waiting(one) is None] == [0, MOST_WAITING_OF_ADDRESS]


def test_what_is_revoked_shows_nothing_and_does_not_come_back(desk, accounts):
    secret, screen = confirmed(desk)
    before = accounts.screens.of_secret(secret)
    desk.revoke("anna", screen.key)
    accounts.screens.note_used(before, THERE)
    assert accounts.of_screen(secret, HERE) is None
    assert accounts.of_holders([f"screen:{screen.key}"]) == {}
    with pytest.raises(ScreenRefused, match="no such screen"):
        desk.revoke("anna", screen.key)


@pytest.mark.parametrize("name", ["", "  ", "entrance  HALL"])
def test_a_screen_has_a_name_of_its_own(desk, name):
    confirmed(desk)
    _, waiting = desk.ask(THERE, "Chrome")
    with pytest.raises(ScreenRefused):
        desk.confirm("anna", THERE, waiting.code, name, None)
    assert len(desk.screens()) == 1


def test_both_are_in_the_audit_log_and_no_secret_is(desk, log):
    secret, screen = confirmed(desk)
    desk.revoke("ben", screen.key)
    newest, first = log.page(subject=Subject.SCREEN).changes
    assert (first.who, first.verb, first.name) == ("anna", "confirmed", "Entrance hall")
    assert (newest.who, newest.verb) == ("ben", "revoked")
    assert secret not in repr((newest, first))


def test_when_it_was_seen_last_is_noted_once_a_minute(desk, accounts, clock):
    secret, screen = confirmed(desk)
    clock.passes(30)
    accounts.of_screen(secret, HERE)
    assert accounts.screens.of_key(screen.key).used == screen.used
    clock.passes(31)
    accounts.of_screen(secret, HERE)
    assert accounts.screens.of_key(screen.key).used == clock.now()


@pytest.mark.parametrize("body", ["", "no json", "{}", '{"name": "x"}', "[]"])
def test_what_cannot_be_read_is_no_screen(desk, store, body):
    store.put("screen:abc", body)
    store.put("screens-waiting", body)
    assert desk.screens() == []
    assert desk.of_secret("abc") is None
    assert confirmed(desk)[1].name == "Entrance hall"
