"""Who changed what is noted once, with what it was before, and without secrets."""

import logging
from datetime import timedelta

import pytest

from peoplecount.domain.change import Subject
from peoplecount.eventlog.local_store import LocalStore
from peoplecount.eventlog.log import LocalStoreUnavailable
from peoplecount.services import audit_log
from peoplecount.services.audit_log import AuditLog
from tests.support.fake_clock import FakeClock


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


def test_a_change_is_kept_with_who_did_it_when_and_what_is_different(log, clock):
    log.note(
        "anna", "changed", Subject.SITE, "shop", "Shop", sites=["shop"],
        before={"name": "Shop", "capacity": None}, after={"name": "Shop", "capacity": 80},
    )  # fmt: skip
    (change,) = log.page().changes
    assert (change.who, change.verb, change.subject, change.subject_id) == ("anna", "changed", Subject.SITE, "shop")
    assert change.moment == clock.now()
    assert (change.before, change.after) == ({"capacity": None}, {"capacity": 80})


def test_all_workers_share_it(log, store, clock):
    other = LocalStore(store._file.path)
    log.note("anna", "added", Subject.SITE, "shop")
    AuditLog(other, clock).note("ben", "removed", Subject.DOOR, "front")
    assert [change.who for change in log.page().changes] == ["ben", "anna"]
    other.close()


def test_of_a_secret_only_that_it_changed_is_kept(log, store):
    log.note(
        "anna", "changed", Subject.CAMERA, "front",
        before={"password": "old one", "user": "admin"}, after={"password": "new one", "user": "admin"},
    )  # fmt: skip
    (change,) = log.page().changes
    assert set(change.after) == {"password"}
    assert "one" not in f"{change.before} {change.after}"
    assert b"new one" not in b"".join(path.read_bytes() for path in store._file.path.parent.iterdir())


def test_a_long_value_is_cut(log):
    log.note("anna", "changed", Subject.CAMERA, "front", after={"name": "x" * 5000})
    (change,) = log.page().changes
    assert len(change.after["name"]) < 400


def test_pages_follow_one_another_without_a_gap(log):
    for number in range(120):
        log.note("anna", "added", Subject.DOOR, f"door-{number}")
    seen, below = [], None
    while True:
        page = log.page(below=below)
        seen += [change.subject_id for change in page.changes]
        if page.older is None:
            break
        below = page.older
    assert seen == [f"door-{number}" for number in reversed(range(120))]


def test_the_last_page_that_is_just_full_says_that_nothing_is_older(log):
    for number in range(audit_log.ON_A_PAGE):
        log.note("anna", "added", Subject.DOOR, str(number))
    assert log.page().older is None


def test_it_is_sifted_by_kind_and_person(log):
    log.note("anna", "added", Subject.SITE, "shop")
    log.note("ben", "added", Subject.DOOR, "front")
    assert [change.who for change in log.page(subject=Subject.DOOR).changes] == ["ben"]
    assert [change.subject_id for change in log.page(who="anna").changes] == ["shop"]
    assert log.page(who="anna", subject=Subject.DOOR).changes == ()
    assert log.authors() == ["anna", "ben"]


def test_who_sees_some_sites_is_told_of_what_concerns_these_alone(log):
    log.note("anna", "changed", Subject.SITE, "shop", sites=["shop"])
    log.note("anna", "changed", Subject.SITE, "museum", sites=["museum"])
    log.note("anna", "moved", Subject.DOOR, "front", sites=["shop", "museum"])
    log.note("anna", "added", Subject.PERSON, "ben")
    assert [change.subject_id for change in log.page(sites={"shop"}).changes] == ["shop"]
    assert len(log.page(sites={"shop", "museum"}).changes) == 3
    assert log.page(sites=set()).changes == ()
    assert len(log.page().changes) == 4


def test_what_is_too_old_or_too_much_goes(log, clock, monkeypatch):
    monkeypatch.setattr(audit_log, "TIDIED_EVERY", 2)
    monkeypatch.setattr(audit_log, "MOST_KEPT", 3)
    log.note("anna", "added", Subject.SITE, "old")
    clock.passes((audit_log.KEPT_FOR + timedelta(days=1)).total_seconds())
    log.note("anna", "added", Subject.SITE, "new")
    assert [change.subject_id for change in log.page().changes] == ["new"]
    for number in range(6):
        log.note("anna", "added", Subject.DOOR, str(number))
    assert len(log.page().changes) == 4


def test_a_change_that_cannot_be_noted_is_done_all_the_same_and_stands_in_the_service_log(clock, caplog):
    class Full:
        def note_change(self, change):
            raise LocalStoreUnavailable("the disk is full")

    with caplog.at_level(logging.INFO):
        AuditLog(Full(), clock).note("anna", "added", Subject.SITE, "shop")
    assert "anna added site shop" in caplog.text
    assert "the disk is full" in caplog.text
