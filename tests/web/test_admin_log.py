"""The audit log on its page."""

import pytest

from peoplecount.domain.change import Subject
from peoplecount.domain.user import Role
from peoplecount.eventlog.log import LocalStoreUnavailable
from peoplecount.services.audit_log import ON_A_PAGE
from tests.support.board_service import BoardService
from tests.support.people import People, form_token, signed_in
from tests.support.shop import SHOP


@pytest.fixture
def people(tmp_path):
    people = People(tmp_path)
    people.enters("anna", Role.ADMINISTRATOR)
    people.enters("ben", Role.ADMINISTRATOR, "shop")
    yield people
    people.close()


@pytest.fixture
def app(people):
    return people.app(BoardService([SHOP]))


def test_it_says_who_changed_what_and_from_what_to_what(people, app):
    note = people.audit_log.note
    note("ben", "changed", Subject.SITE, "shop", "Shop", before={"capacity": 80}, after={"capacity": 120})
    page = signed_in(app, "anna").get("/admin/log").text
    for words in (
        '<span class="name">ben</span> changed <span class="name">Shop</span> <span class="tag">site</span>',
        "80</del>",
        "120</ins>",
    ):
        assert words in page
    assert "4 May 2026, 14:00:00" in page
    assert "Europe/Zurich" in page


def test_what_others_entered_is_never_markup(people, app):
    people.audit_log.note("anna", "added", Subject.SITE, "shop", "<b>Shop</b>", after={"name": "<i>x</i>"})
    page = signed_in(app, "anna").get("/admin/log").text
    assert "<b>Shop" not in page
    assert "<i>x" not in page


def test_one_leafs_through_it_and_the_sieve_stays(people, app):
    for number in range(ON_A_PAGE + 5):
        people.audit_log.note("anna", "added", Subject.DOOR, f"door-{number}")
        people.audit_log.note("anna", "added", Subject.SITE, f"site-{number}")
    client = signed_in(app, "anna")
    first = client.get("/admin/log?of=door")
    assert first.text.count('<li>\n      <p class="when">') == ON_A_PAGE
    assert "site-" not in first.text
    older = first.text.partition('">Older')[0].rpartition('href="')[2].replace("&amp;", "&")
    second = client.get(older).text
    assert second.count('<p class="when">') == 5
    assert "door-4<" in second
    assert "Newest" in second


@pytest.mark.parametrize("query", ["of=nonsense", "below=nonsense", "below=-1", "below=9999999999999999999", "who=zoe"])
def test_nonsense_in_the_address_does_no_harm(app, query):
    assert signed_in(app, "anna").get(f"/admin/log?{query}").status_code == 200


def test_who_sees_one_site_reads_of_no_other_and_of_nobody_else(people, app):
    people.audit_log.note("anna", "changed", Subject.SITE, "museum", "Secret museum", sites=["museum"])
    people.audit_log.note("carla", "changed", Subject.SITE, "shop", "Shop", sites=["shop"])
    people.audit_log.note("dora", "added", Subject.PERSON, "emil")
    page = signed_in(app, "ben").get("/admin/log?who=").text
    assert "Shop" in page
    for secret in ("museum", "Secret", "dora", "emil", "anna"):
        assert secret not in page
    assert "Secret" not in signed_in(app, "ben").get("/admin/log?of=site&who=anna").text


def test_only_parts_that_are_there_are_led_to_and_only_for_administrators(people, app):
    client = signed_in(app, "anna")
    assert client.get("/admin").headers["Location"].startswith("/admin/")
    page = client.get("/admin/log").text
    assert 'href="/admin/log" aria-current="page"' in page
    assert 'href="/admin">Administration' in client.get("/").text
    people.enters("vera", Role.VIEWER)
    assert "/admin" not in signed_in(app, "vera").get("/").text


def test_who_may_look_without_signing_in_is_led_to_sign_in_and_changes_nothing(people):
    app = people.app(BoardService([SHOP]), anybody_may_look=True)
    client = app.test_client()
    assert client.get("/").status_code == 200
    assert "Administration" not in client.get("/").text
    for path in ("/admin", "/admin/log", "/admin/sites", "/admin/people"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/sign-in?next={path}")
    token = form_token(client)
    answer = client.post("/admin/new-person", data={"csrf_token": token, "name": "eve", "role": "administrator"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in?unsent=yes")
    assert set(people.accounts.book.users()) == {"anna", "ben"}


def test_pages_of_administration_are_kept_by_no_cache(app):
    assert signed_in(app, "anna").get("/admin/log").headers["Cache-Control"] == "no-store"


def test_the_store_away_is_said(people, app, monkeypatch):
    client = signed_in(app, "anna")
    monkeypatch.setattr(people.administration.log, "page", _fails)
    answer = client.get("/admin/log")
    assert answer.status_code == 503
    assert "the store is locked" in answer.text


def _fails(**_):
    raise LocalStoreUnavailable("the store is locked")
