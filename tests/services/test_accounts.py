"""Accounts on a local store that several workers share, and that may be away."""

import threading

import pytest

from peoplecount.domain.attempts import MOST_OF_ACCOUNT
from peoplecount.domain.user import Role
from peoplecount.domain.visitor import Scope
from peoplecount.eventlog.local_store import LocalStore
from peoplecount.eventlog.log import LocalStoreUnavailable
from peoplecount.services.accounts import Accounts
from peoplecount.services.passwords import MOST_WAITING, Passwords, TooManyAtOnce
from peoplecount.services.sign_in_throttle import TriedTooOften
from peoplecount.services.signed_in import AccountsUnavailable, SignInRefused
from peoplecount.services.user_sessions import MOST_OF_USER
from tests.support.fake_clock import FakeClock
from tests.support.people import PASSWORD, QUICK, People
from tests.support.waiting import wait_until


@pytest.fixture
def people(tmp_path):
    people = People(tmp_path)
    people.enters("anna", Role.ADMINISTRATOR)
    yield people
    people.close()


class CountingHasher:
    """How many passwords were looked at."""

    def __init__(self):
        self.looks = 0
        self._lock = threading.Lock()

    def hash(self, password):
        return QUICK.hash(password)

    def verify(self, kept, password):
        with self._lock:
            self.looks += 1
        return QUICK.verify(kept, password)

    def check_needs_rehash(self, kept):
        return QUICK.check_needs_rehash(kept)


def test_of_many_guesses_at_once_no_more_are_looked_at_than_may_fail(people):
    hasher = CountingHasher()
    outcomes = []

    def guess(number):
        accounts = Accounts(people.store, people.clock, passwords=Passwords(hasher=hasher))  # a worker of its own
        try:
            accounts.sign_in("anna", f"guess {number}", f"192.0.2.{number}", "")
        except (SignInRefused, TriedTooOften) as error:
            outcomes.append(type(error))

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(3 * MOST_OF_ACCOUNT)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert hasher.looks == outcomes.count(SignInRefused) == MOST_OF_ACCOUNT
    assert outcomes.count(TriedTooOften) == 2 * MOST_OF_ACCOUNT


def test_guesses_are_counted_across_a_restart(tmp_path):
    before = People(tmp_path)
    before.enters("anna")
    for number in range(MOST_OF_ACCOUNT):
        with pytest.raises(SignInRefused):
            before.accounts.sign_in("anna", "guess", f"192.0.2.{number}", "")
    before.close()
    after = People(tmp_path, before.clock)
    with pytest.raises(TriedTooOften):
        after.accounts.sign_in("anna", PASSWORD, "198.51.100.1", "")
    after.close()


def test_only_so_many_passwords_wait_to_be_looked_at():
    may_go_on, waiting = threading.Event(), []

    def slow(function, /, *args):
        waiting.append(1)
        assert may_go_on.wait(20)
        return function(*args)

    passwords = Passwords(slow, QUICK)
    threads = [threading.Thread(target=passwords.hash_again, args=(PASSWORD,)) for _ in range(MOST_WAITING)]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(waiting) == MOST_WAITING)
    with pytest.raises(TooManyAtOnce):
        passwords.hash_again(PASSWORD)
    may_go_on.set()
    for thread in threads:
        thread.join()


def test_a_name_that_nobody_has_costs_a_look_too(people):
    hasher = CountingHasher()
    accounts = Accounts(people.store, people.clock, passwords=Passwords(hasher=hasher))
    for name in ("nobody", "no name at all!"):
        with pytest.raises(SignInRefused):
            accounts.sign_in(name, PASSWORD, "192.0.2.7", "")
    assert hasher.looks == 2


def test_a_hash_of_weaker_parameters_is_made_anew_at_the_sign_in_and_ends_no_session(people):
    secret, _ = people.accounts.sign_in("anna", PASSWORD, "192.0.2.7", "")
    before = people.accounts.book.demand("anna").password_hash
    stronger = Accounts(people.store, people.clock)
    assert stronger.passwords.is_outdated(before)
    stronger.sign_in("anna", PASSWORD, "192.0.2.7", "")
    after = people.accounts.book.demand("anna").password_hash
    assert after.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert people.accounts.of_session(secret, "192.0.2.7")
    assert stronger.sign_in("anna", PASSWORD, "192.0.2.7", "")


def test_sessions_of_somebody_do_not_grow_for_ever(people):
    secrets = []
    for _ in range(MOST_OF_USER + 5):
        secrets.append(people.accounts.sign_in("anna", PASSWORD, "192.0.2.7", "")[0])
        people.clock.passes(1)
    assert len(people.store.under("session:")) == MOST_OF_USER
    assert people.accounts.of_session(secrets[0], "") is None
    assert people.accounts.of_session(secrets[-1], "")


def test_that_a_session_is_used_brings_none_back_that_was_ended_meanwhile(people):
    secret, _ = people.accounts.sign_in("anna", PASSWORD, "192.0.2.7", "")
    session = people.accounts.sessions.of_secret(secret)
    people.accounts.sessions.end(session.key)
    people.clock.passes(120)
    people.accounts.sessions.note_used(session, "192.0.2.7")
    assert people.accounts.sessions.of_secret(secret) is None


def test_a_token_ends_and_tells_when_it_was_used(people):
    token = people.accounts.tokens.add("wall", [Scope.READ], days=1)
    assert people.accounts.of_token(token).scopes == {Scope.READ}
    (kept,) = people.accounts.tokens.tokens()
    assert kept.used == people.clock.now()
    people.clock.passes(86_401)
    assert people.accounts.of_token(token) is None
    assert people.accounts.of_holders({f"token:{kept.token_id}"}) == {}


@pytest.mark.parametrize(
    "shown", ["", "pc_", "pc_00000000_" + "x" * 43, "pc_zz", "Bearer x", "\N{SNOWMAN}", "x" * 9999]
)
def test_what_is_no_token_is_nobodys(people, shown):
    people.accounts.tokens.add("wall", [Scope.READ])
    assert people.accounts.of_token(shown) is None


def test_half_a_token_is_none(people):
    token = people.accounts.tokens.add("wall", [Scope.READ])
    other = people.accounts.tokens.add("other", [Scope.READ])
    assert people.accounts.of_token(token[:-1]) is None
    assert people.accounts.of_token(token[:12] + other[12:]) is None


def test_all_workers_sign_cookies_with_the_same_key(people):
    assert people.accounts.signing_key() == people.worker().signing_key()


class Away(LocalStore):
    """A store that cannot be read."""

    def get(self, key):
        raise LocalStoreUnavailable("the disk is gone")

    change = put = under = lambda self, *_: Away.get(self, "")


def test_a_store_that_is_away_lets_nobody_in_and_is_told_as_such(tmp_path):
    accounts = Accounts(Away(tmp_path / "store.sqlite"), FakeClock(), passwords=Passwords(hasher=QUICK))
    for ask in (
        lambda: accounts.sign_in("anna", PASSWORD, "", ""),
        lambda: accounts.of_session("secret", ""),
        lambda: accounts.of_token("pc_00000000_" + "x" * 43),
        lambda: accounts.of_holders({"session:x"}),
        lambda: accounts.first_link("start"),
    ):
        with pytest.raises(AccountsUnavailable, match="the disk is gone"):
            ask()
