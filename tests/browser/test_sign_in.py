"""The first start, signing in and out, and one's own account, in a real browser at the real service."""

import os
import pty
import re
import subprocess
import sys
import threading

import pytest

pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is in requirements-dev.txt")

from peoplecount.domain.group_rights import read_group_rights
from peoplecount.domain.user import Role
from peoplecount.services.outside_people import OutsidePeople
from peoplecount.web.client_address import ClientAddresses
from peoplecount.web.outside import OidcSettings, OutsideSignIn
from peoplecount.web.proxy_identity import ProxyIdentities
from tests.support.axe import axe_finds
from tests.support.board_service import Server
from tests.support.busy_day import busy_afternoon
from tests.support.commands import run_command
from tests.support.people import PASSWORD, People
from tests.support.processes import free_port, status_of
from tests.support.running import plain_environment
from tests.support.waiting import wait_until

CHOSEN = "a horse of another colour"


class Terminal:
    """A terminal at which the service was started; what stands on it."""

    def __init__(self, folder, port):
        self.folder = folder
        ours, theirs = pty.openpty()
        settings = {"DATA_DIR": str(folder / "var"), "PORT": str(port), "WEB_WORKERS": "2"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "peoplecount", "serve"],
            env=plain_environment(**settings),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self._read = b""
        self._thread = threading.Thread(target=self._follow, args=(ours,), daemon=True)
        self._thread.start()

    def _follow(self, descriptor):
        try:
            while piece := os.read(descriptor, 4096):
                self._read += piece
        except OSError:  # its other end is closed
            pass
        finally:
            os.close(descriptor)

    def said(self) -> str:
        return self._read.decode(errors="replace").replace("\r\n", "\n")

    def end(self):
        self.process.terminate()
        self.process.wait(20)
        self._thread.join(5)


@pytest.fixture
def terminal(tmp_path):
    terminal = Terminal(tmp_path, free_port())
    yield terminal
    terminal.end()


def type_in(page, **fields):
    for name, text in fields.items():
        page.fill(f"#{name}", text)
    page.click("main button[type=submit]")


def test_the_first_start_makes_an_administrator_by_the_link_on_the_terminal(terminal, visit):
    wait_until(lambda: "/welcome#" in terminal.said(), seconds=60)
    (link,) = re.findall(r"http://127\.0\.0\.1:\d+/welcome#[\w-]+", terminal.said())
    assert terminal.said().count("/welcome#") == 1, "one of the two workers says it"
    page = visit(link)
    page.wait_for_function("document.getElementById('code').value.length === 32")
    assert "#" not in page.url, "the code stays in no history"
    assert axe_finds(page) == []
    type_in(page, name="anna", password=CHOSEN, again=CHOSEN)
    page.wait_for_selector('#connection[data-state="live"]')
    assert page.text_content('.who a[href="/account"]') == "anna"
    page.click("text=Sign out")
    page.wait_for_selector("h1:has-text('Sign in')")
    page.goto(link.partition("/welcome")[0] + "/account")
    type_in(page, name="anna", password=CHOSEN)
    page.wait_for_selector("h1:has-text('anna')")
    again = visit(link)
    again.wait_for_function("document.getElementById('code').value.length === 32")
    type_in(again, name="eve", password=CHOSEN, again=CHOSEN)
    assert "used already" in again.text_content(".fault")
    port = int(link.split(":")[2].partition("/")[0])
    assert status_of(port, "/") == 303
    assert status_of(port, "/events") == 401


@pytest.fixture
def shop(tmp_path):
    """A busy afternoon, at which people sign in; what serves it."""
    people = People(tmp_path)
    people.enters("anna", Role.ADMINISTRATOR)
    people.enters("ben")
    service = busy_afternoon()
    server = Server(people.app(service))
    with service.following():
        server.start()
        try:
            yield people, server
        finally:
            service.hub.close("the test is over")
            server.stop()
            people.close()


def test_who_follows_a_link_signs_in_and_comes_to_where_it_leads(shop, visit):
    _, server = shop
    page = visit(f"{server.url}/account")
    type_in(page, name="ben", password="wrong wrong wrong")
    assert "do not belong together" in page.text_content(".fault")
    assert page.input_value("#name") == "ben"
    assert axe_finds(page) == []
    type_in(page, password=PASSWORD)
    page.wait_for_url(f"{server.url}/account")
    assert "Role: viewer. Sites: all sites." in page.text_content("main")


def test_a_session_is_ended_from_another_browser(shop, visit):
    _, server = shop
    here, there = (visit(f"{server.url}/sign-in?next=/account") for _ in range(2))
    for page in (here, there):
        type_in(page, name="anna", password=PASSWORD)
        page.wait_for_url(f"{server.url}/account")
    here.reload()
    here.click("text=End all others")
    here.wait_for_function("document.querySelectorAll('.sessions li').length === 1")
    there.reload()
    there.wait_for_selector("h1:has-text('Sign in')")


def test_a_new_password_is_chosen(shop, visit):
    _, server = shop
    page = visit(f"{server.url}/sign-in?next=/account")
    type_in(page, name="ben", password=PASSWORD)
    page.wait_for_selector("#current")
    for name, text in {"current": PASSWORD, "new": CHOSEN, "again": CHOSEN}.items():
        page.fill(f"#{name}", text)
    page.click('main button:has-text("Change the password")')
    page.wait_for_selector(".done")
    page.click("text=Sign out")
    page.wait_for_selector("h1:has-text('Sign in')")
    type_in(page, name="ben", password=CHOSEN)
    page.wait_for_selector('#connection[data-state="live"]')


def test_a_page_whose_session_was_ended_says_so_and_where_to_go(terminal_signed_in):
    page, end_session = terminal_signed_in
    end_session()
    page.wait_for_selector('#connection[data-state="out"]', timeout=40_000)
    assert "You are signed out" in page.text_content("#banner")
    assert page.get_attribute("#banner a", "href") == "/sign-in?next=%2F"
    page.click("text=Sign in again")
    page.wait_for_selector("h1:has-text('Sign in')")


def test_a_screen_that_is_revoked_comes_to_a_new_code_by_itself(terminal_signed_in, visit):
    page, _ = terminal_signed_in
    address = page.evaluate("location.origin")
    display = visit(f"{address}/wall/pair")
    code = display.inner_text(".pair-code")
    page.goto(f"{address}/admin/screens")
    page.fill("#code", code)
    page.click("button:has-text('Find the screen')")
    page.fill("#name", "Entrance hall")
    page.check("input[name=reach][value=all]")
    page.click("button:has-text('Confirm this screen')")
    display.wait_for_url("**/wall")
    display.wait_for_selector('#connection[data-state="live"]')
    page.click("summary:has-text('Revoke…')")
    page.click("button:has-text('Revoke it for good')")
    display.wait_for_url("**/wall/pair", timeout=40_000)
    assert display.inner_text(".pair-code") != code


@pytest.fixture
def terminal_signed_in(terminal, visit):
    """A page of the real service, live; and what ends its session by the command line."""
    wait_until(lambda: "/welcome#" in terminal.said(), seconds=60)
    (link,) = re.findall(r"http://127\.0\.0\.1:\d+/welcome#[\w-]+", terminal.said())
    page = visit(link)
    page.wait_for_function("document.getElementById('code').value.length === 32")
    type_in(page, name="anna", password=CHOSEN, again=CHOSEN)
    page.wait_for_selector('#connection[data-state="live"]')

    def end_session():
        environment = plain_environment(DATA_DIR=str(terminal.folder / "var"))
        reset = ("user", "reset", "anna", "--password-stdin")
        done = run_command(*reset, environment=environment, folder=terminal.folder, said=PASSWORD)
        assert done.returncode == 0, done.stderr

    return page, end_session


@pytest.fixture
def elsewhere(tmp_path):
    """A service whose people are signed in by a provider; the provider, and what serves it."""
    pytest.importorskip("authlib", reason="Authlib is not installed")
    from tests.support.oidc_provider import CLIENT_ID, CLIENT_SECRET, running_provider  # noqa: PLC0415  it needs Authlib

    people, service = People(tmp_path), busy_afternoon()
    port = free_port()
    with running_provider() as provider:
        back = f"http://127.0.0.1:{port}/sign-in/oidc/back"
        oidc = OidcSettings(provider.issuer, CLIENT_ID, CLIENT_SECRET, "Entra ID", back)
        rights = read_group_rights("admins=administrator")
        outside = OutsideSignIn(
            OutsidePeople(people.accounts, rights, people.audit_log), ProxyIdentities(ClientAddresses()), oidc
        )
        server = Server(people.app(service, outside=outside))
        server.port = port
        with service.following():
            server.start()
            try:
                yield provider, server
            finally:
                service.hub.close("the test is over")
                server.stop()
                people.close()


def test_the_button_leads_to_the_provider_and_back_to_where_one_was_going(elsewhere, visit):
    provider, server = elsewhere
    provider.signs_in("0001", "stranger", "chess club")
    page = visit(f"{server.url}/account")
    page.click("text=Sign in with Entra ID")
    page.wait_for_selector("text=in no group that may come in here")
    provider.signs_in("0002", "anna@firm.example", "admins")
    page.goto(f"{server.url}/admin/log")
    page.click("text=Sign in with Entra ID")
    page.wait_for_url(f"{server.url}/admin/log")
    assert page.text_content('.who a[href="/account"]') == "anna@firm.example"
    assert f"groups at {provider.issuer}" in page.text_content(".changes")
    page.click("text=Sign out")
    page.wait_for_selector("text=Sign in with Entra ID")
