"""People and tokens as administrators change them, by whatever way."""

import pytest

from peoplecount.domain.change import Subject
from peoplecount.domain.user import Role, UnfitName
from peoplecount.domain.visitor import Scope
from peoplecount.services.api_tokens import TokenRefused
from peoplecount.services.passwords import UnfitPassword
from peoplecount.services.user_book import UserRefused
from peoplecount.storage.errors import ChangedMeanwhile
from tests.support.people import PASSWORD, People

OTHER = "another horse battery"


@pytest.fixture
def people(tmp_path):
    people = People(tmp_path)
    yield people
    people.close()


@pytest.fixture
def desk(people):
    people.enters("anna", Role.ADMINISTRATOR)
    return people.administration.people


@pytest.fixture
def tokens(people):
    return people.administration.tokens


def newest(people):
    return people.audit_log.page().changes[0]


def everything_noted(people):
    return repr(people.audit_log.page().changes)


def sign_in(people, name, password=PASSWORD):
    return people.accounts.sign_in(name, password, "192.0.2.7", "Firefox")


def test_somebody_is_let_in_with_a_password_and_noted_without_it(people, desk):
    let_in = desk.add("anna", " Ben ", Role.OPERATOR, ["shop"], PASSWORD)
    assert let_in.link == ""
    assert sign_in(people, "ben")[1].sites == {"shop"}
    change = newest(people)
    assert (change.verb, change.subject, change.subject_id) == ("added", Subject.PERSON, "ben")
    assert change.after == {"role": "operator", "sites": "shop"}
    assert PASSWORD not in everything_noted(people)
    assert "argon2" not in everything_noted(people)


def test_somebody_is_let_in_by_a_link_that_is_noted_nowhere(people, desk):
    let_in = desk.add("anna", "ben", Role.VIEWER, None)
    code = let_in.link.rpartition("#")[2]
    assert let_in.link == f"https://counts.example/welcome#{code}"
    assert code not in everything_noted(people)
    assert people.accounts.welcome(code, "", OTHER).name == "ben"
    assert sign_in(people, "ben", OTHER)


@pytest.mark.parametrize(
    ("name", "password", "error"),
    [("anna", PASSWORD, UserRefused), ("x y", PASSWORD, UnfitName), ("ben", "short", UnfitPassword),
     ("ben", "", UnfitPassword)],
)  # fmt: skip
def test_who_cannot_be_let_in_is_not(people, desk, name, password, error):
    with pytest.raises(error):
        desk.add("anna", name, Role.VIEWER, None, password)
    assert [person.user.name for person in desk.people()] == ["anna"]
    assert people.audit_log.page().changes == ()


def test_rights_are_changed_once_and_noted_with_what_they_were(people, desk):
    desk.add("anna", "ben", Role.VIEWER, ["shop"], PASSWORD)
    seen = desk.person("ben").version
    desk.change("anna", "ben", Role.OPERATOR, None, seen)
    change = newest(people)
    assert (change.before, change.after) == ({"role": "viewer", "sites": "shop"}, {"role": "operator", "sites": "all"})
    with pytest.raises(ChangedMeanwhile):
        desk.change("dora", "ben", Role.VIEWER, None, seen)
    assert desk.person("ben").user.role is Role.OPERATOR
    noted = len(people.audit_log.page().changes)
    desk.change("anna", "ben", Role.OPERATOR, None)
    assert len(people.audit_log.page().changes) == noted


def test_who_was_overtaken_between_look_and_write_is_told(people, desk):
    before = people.enters("ben")
    desk.change("anna", "ben", Role.OPERATOR, None)
    with pytest.raises(ChangedMeanwhile):
        people.accounts.book.change_rights("ben", Role.VIEWER, ["shop"], unless_other_than=before)
    assert desk.person("ben").user.role is Role.OPERATOR


@pytest.mark.parametrize(
    "act",
    [
        lambda desk: desk.remove("anna", "anna"),
        lambda desk: desk.change("anna", "anna", Role.OPERATOR, None),
        lambda desk: desk.change("anna", "anna", Role.ADMINISTRATOR, ["shop"]),
        lambda desk: desk.reset("anna", "anna"),
    ],
)
@pytest.mark.parametrize("other", ["nobody else", "one of a site", "one without a password"])
def test_the_last_administrator_who_can_sign_in_is_never_locked_out(people, desk, act, other):
    if other == "one of a site":
        people.enters("ben", Role.ADMINISTRATOR, "shop")
    if other == "one without a password":
        people.enters("ben", Role.ADMINISTRATOR, password="")
    secret, _ = sign_in(people, "anna")
    with pytest.raises(UserRefused, match="last administrator"):
        act(desk)
    assert people.accounts.of_session(secret, "192.0.2.7").user.is_ruling
    people.enters("dora", Role.ADMINISTRATOR)
    act(desk)


def test_another_password_is_fine_for_the_last_administrator_and_a_command_may_all(people, desk):
    desk.reset("anna", "anna", OTHER)
    assert sign_in(people, "anna", OTHER)
    assert desk.reset("command line", "anna", in_any_case=True).link


def test_a_new_password_ends_every_session_and_the_throttle(people, desk):
    people.enters("ben")
    secret, _ = sign_in(people, "ben")
    let_in = desk.reset("anna", "ben")
    assert people.accounts.of_session(secret, "192.0.2.7") is None
    assert let_in.link.startswith("https://counts.example/welcome#")
    assert newest(people).verb == "gave a one-time link to"
    desk.reset("anna", "ben", OTHER)
    assert sign_in(people, "ben", OTHER)
    assert OTHER not in everything_noted(people)


def test_who_has_signed_everybody_out_is_noted(people, desk):
    sign_in(people, "anna", PASSWORD)
    assert desk.end_all_access("anna").sessions == 1
    change = people.audit_log.page().changes[0]
    assert (change.who, change.verb, change.after["sessions ended"]) == ("anna", "signed out", 1)


def test_sessions_are_seen_and_ended(people, desk):
    people.enters("ben")
    secrets = [sign_in(people, "ben")[0] for _ in range(3)]
    assert len(desk.person("ben").sessions) == 3
    assert [(person.user.name, len(person.sessions)) for person in desk.people()] == [("anna", 0), ("ben", 3)]
    assert desk.end_sessions("anna", "ben") == 3
    assert [people.accounts.of_session(secret, "") for secret in secrets] == [None] * 3
    assert sign_in(people, "ben")
    assert newest(people).after == {"sessions": 3}


def test_who_is_removed_is_out_at_once(people, desk):
    people.enters("ben")
    secret, _ = sign_in(people, "ben")
    assert desk.remove("anna", "ben").name == "ben"
    assert people.accounts.of_session(secret, "") is None
    with pytest.raises(UserRefused, match="no user ben"):
        desk.person("ben")


def test_who_is_signed_in_elsewhere_gets_no_password_here(people, desk):
    people.accounts.admit("olga", "oidc 123", Role.ADMINISTRATOR, None)
    with pytest.raises(UserRefused, match="no password here"):
        desk.reset("anna", "olga")
    with pytest.raises(UserRefused, match="last administrator"):  # who signs olga in may be away
        desk.remove("olga", "anna")


def test_a_link_for_an_administrator_is_noted_without_its_code(people, desk):
    link = desk.administrator_link("command line (root)")
    assert newest(people).who == "command line (root)"
    assert link.rpartition("#")[2] not in everything_noted(people)


def test_a_token_is_told_once_and_noted_without_itself(people, tokens):
    token = tokens.add("anna", "Power BI", [Scope.READ], sites=["shop"], days=30)
    assert people.accounts.of_token(token).sites == {"shop"}
    change = newest(people)
    assert (change.subject, change.name, change.after["may"]) == (Subject.TOKEN, "Power BI", "read")
    assert token not in everything_noted(people)
    ((kept, is_good),) = tokens.in_hand()
    assert (kept.label, is_good) == ("Power BI", True)
    people.clock.passes(31 * 86_400)
    assert [is_good for _, is_good in tokens.in_hand()] == [False]


def test_a_token_is_revoked_by_id_or_words(people, tokens):
    token = tokens.add("anna", "Power BI", [Scope.READ])
    tokens.revoke("ben", "Power BI")
    assert people.accounts.of_token(token) is None
    assert (newest(people).who, newest(people).verb) == ("ben", "revoked")
    with pytest.raises(TokenRefused):
        tokens.revoke("ben", "Power BI")


@pytest.mark.parametrize("days", [0, -1, 3651])
def test_a_token_is_good_for_a_day_to_ten_years(people, tokens, days):
    with pytest.raises(TokenRefused, match="1 to 3650"):
        tokens.add("anna", "Power BI", [Scope.READ], days=days)
    assert people.audit_log.page().changes == ()
