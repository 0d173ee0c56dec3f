"""Users and tokens from the command line, without a browser and beside a running service."""

import io
import re

import pytest

from peoplecount.__main__ import main
from peoplecount.domain.visitor import Scope
from peoplecount.eventlog.data_folder import open_data_folder
from peoplecount.people import accounts_in, trusted_hosts, welcome_first_administrator
from peoplecount.services.passwords import Passwords
from peoplecount.settings import load_settings
from tests.support.people import QUICK

PASSWORD = "correct horse battery"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("PUBLIC_URL", "https://counts.example/")
    monkeypatch.setattr("peoplecount.people.Passwords", lambda _: Passwords(hasher=QUICK))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "var"


@pytest.fixture
def run(folder, monkeypatch, capsys):
    """Runs a command; its exit code and what it said."""

    def run(*arguments: str, typed: str = ""):
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        code = main(arguments)
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


@pytest.fixture
def accounts(folder):
    opened = open_data_folder(folder)
    yield accounts_in(opened)
    opened.close()


def test_somebody_is_added_listed_changed_and_removed(run, accounts):
    assert run("user", "add", "Anna", "--role", "administrator", "--password-stdin", typed=PASSWORD + "\n")[0] == 0
    assert run("user", "add", "ben", "--site", "shop", "--site", "mall", "--password-stdin", typed=PASSWORD)[0] == 0
    _, said = run("user", "list")
    assert re.search(r"anna +administrator +all +yes +0\n", said)
    assert re.search(r"ben +viewer +mall, shop +yes +0\n", said)
    assert run("user", "set", "ben", "--role", "operator", "--all-sites")[0] == 0
    assert re.search(r"ben +operator +all", run("user", "list")[1])
    assert accounts.sign_in("ANNA", PASSWORD, "192.0.2.7", "")[1].name == "anna"
    assert run("user", "remove", "ben")[0] == 0
    assert "ben" not in run("user", "list")[1]


def test_a_password_is_reset_and_ends_all_sessions(run, accounts):
    run("user", "add", "anna", "--password-stdin", typed=PASSWORD)
    secret, _ = accounts.sign_in("anna", PASSWORD, "192.0.2.7", "")
    assert run("user", "reset", "anna", "--password-stdin", typed="a horse of another colour")[0] == 0
    assert accounts.of_session(secret, "192.0.2.7") is None
    assert accounts.sign_in("anna", "a horse of another colour", "192.0.2.7", "")


def test_who_was_locked_out_by_guesses_gets_in_again_after_a_reset(run, accounts):
    run("user", "add", "anna", "--password-stdin", typed=PASSWORD)
    for address in range(10):
        with pytest.raises(Exception, match="do not belong together"):
            accounts.sign_in("anna", "guess", f"192.0.2.{address}", "")
    with pytest.raises(Exception, match="Too many"):
        accounts.sign_in("anna", PASSWORD, "198.51.100.1", "")
    run("user", "reset", "anna", "--password-stdin", typed=PASSWORD)
    assert accounts.sign_in("anna", PASSWORD, "198.51.100.1", "")


def test_the_last_administrator_stays_and_is_made_anew_where_lost(run, accounts):
    run("user", "add", "anna", "--role", "administrator", "--password-stdin", typed=PASSWORD)
    for refused in (("remove", "anna"), ("set", "anna", "--role", "viewer"), ("set", "anna", "--site", "shop")):
        code, said = run("user", *refused)
        assert (code, "last administrator" in said) == (1, True)
    _, said = run("user", "link")
    code = re.search(r"https://counts\.example/welcome#([\w-]{32})\n", said)[1]
    assert accounts.welcome(code, "anna", "a horse of another colour").name == "anna", "their old password is forgotten"


def test_a_link_lets_somebody_choose_the_password_themselves(run, accounts):
    _, said = run("user", "add", "ben", "--link")
    code = re.search(r"#([\w-]{32})\n", said)[1]
    assert re.search(r"ben +viewer +all +not yet", run("user", "list")[1])
    with pytest.raises(Exception, match="do not belong together"):
        accounts.sign_in("ben", "", "192.0.2.7", "")
    assert accounts.welcome(code, "ignored", PASSWORD).name == "ben"


@pytest.mark.parametrize(
    ("arguments", "typed", "words"),
    [
        (("add", "x y", "--password-stdin"), PASSWORD, "nobody's name"),
        (("add", "ben", "--password-stdin"), "short", "12 to 256 characters"),
        (("add", "ben", "--password-stdin"), "ababababababab", "over and over"),
        (("add", "benbenson", "--password-stdin"), "benbenson1234", "little more than the user's name"),
        (("add", "ben"), "", "no terminal"),
        (("reset", "ben", "--link"), "", "no user ben; there are none yet"),
        (("set", "ben", "--role", "viewer"), "", "no user ben"),
    ],
)
def test_nonsense_is_refused_in_words(run, arguments, typed, words):
    code, said = run("user", *arguments, typed=typed)
    assert code == 1
    assert words in said
    assert "Traceback" not in said


def test_somebody_or_everybody_with_all_screens_and_links_is_signed_out(run, accounts):
    for name in ("anna", "ben"):
        run("user", "add", name, "--password-stdin", typed=PASSWORD)
        accounts.sign_in(name, PASSWORD, "192.0.2.7", "")
    secret, anna = accounts.sign_in("anna", PASSWORD, "192.0.2.7", "")
    assert "anna is signed out, at 2 places" in run("user", "sign-out", "Anna")[1]
    assert accounts.sessions.of_secret(secret) is None
    assert re.search(r"ben .* 1\n", run("user", "list")[1])
    screen, shown = accounts.screens.ask("192.0.2.8", "a wall")
    accounts.screens.confirm(shown.code, "Hall", None, "anna")
    screen, code = accounts.screens.claim(screen), accounts.link_for("anna")
    code_, said = run("user", "sign-out", "--everybody")
    assert (code_, "1 sessions, 1 screens on walls and 1 one-time links" in said) == (0, True), said
    assert re.search(r"ben .* 0\n", run("user", "list")[1])
    assert accounts.screens.of_secret(screen) is None
    assert accounts.links.purpose(code) is None
    assert accounts.sign_in("anna", PASSWORD, "192.0.2.7", "")[1] == anna, "who may sign in stays"


def test_a_token_is_shown_once_listed_and_revoked(run, accounts):
    code, said = run("token", "add", "Power BI", "--scope", "read", "--site", "shop", "--days", "30")
    assert code == 0
    token = re.search(r"^pc_[0-9a-f]{8}_[\w-]{43}$", said, re.MULTILINE)[0]
    visitor = accounts.of_token(token)
    assert (visitor.scopes, visitor.sites) == ({Scope.READ}, {"shop"})
    _, listed = run("token", "list")
    assert "Power BI" in listed
    assert token not in listed
    assert run("token", "add", "Power BI")[0] == 1
    assert run("token", "revoke", "Power BI")[0] == 0
    assert accounts.of_token(token) is None
    assert run("token", "revoke", "Power BI")[0] == 1


def test_the_first_administrators_link_is_shown_on_a_terminal_and_in_no_log(accounts, monkeypatch, capsys, caplog):
    settings = load_settings()
    welcome_first_administrator(accounts, settings, "start 1")
    said = capsys.readouterr()
    assert "welcome#" not in said.out + said.err + caplog.text
    assert "user link" in caplog.text
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    welcome_first_administrator(accounts, settings, "start 2")
    welcome_first_administrator(accounts, settings, "start 2")
    assert capsys.readouterr().err.count("https://counts.example/welcome#") == 1
    assert "welcome#" not in caplog.text


@pytest.mark.parametrize(
    ("texts", "names"),
    [
        ({}, ("127.0.0.1", "localhost", "[::1]")),
        ({"PUBLIC_URL": "https://counts.example"}, ("127.0.0.1", "localhost", "[::1]", "counts.example")),
        ({"PUBLIC_URL": "https://counts.example:8443"}, ("127.0.0.1", "localhost", "[::1]", "counts.example")),
        ({"PUBLIC_URL": "https://[2001:db8::7]"}, ("127.0.0.1", "localhost", "[::1]", "[2001:db8::7]")),
        ({"HOST": "0.0.0.0"}, ()),
        ({"HOST": "0.0.0.0", "TRUSTED_HOSTS": "counts.example"}, ("counts.example",)),
    ],
)
def test_the_service_answers_under_its_public_name_too(texts, names):
    assert trusted_hosts(load_settings(texts, env_file=None)) == names
