"""People who sign in at the pages of a shop, and programs with tokens."""

from __future__ import annotations

import re
from pathlib import Path
from zoneinfo import ZoneInfo

from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient

from peoplecount.domain.offload import call_here
from peoplecount.domain.roster import Roster
from peoplecount.domain.site import DEFAULT_SITE_ID, Site
from peoplecount.domain.user import Role, User
from peoplecount.domain.visitor import Scope
from peoplecount.eventlog.local_store import LocalStore
from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.eventlog.webhook_book import WebhookBook
from peoplecount.services.accounts import Accounts
from peoplecount.services.administration import Administration
from peoplecount.services.audit_log import AuditLog
from peoplecount.services.passwords import Passwords
from peoplecount.services.people_desk import PeopleDesk
from peoplecount.services.screen_desk import ScreenDesk
from peoplecount.services.site_desk import SiteDesk
from peoplecount.services.stream_tickets import StreamTickets
from peoplecount.services.subscriptions import Subscriptions
from peoplecount.services.token_desk import TokenDesk
from peoplecount.storage.hand_count_table import HandCountTable
from peoplecount.storage.site_table import SiteTable
from peoplecount.web.access import KnownPeople
from peoplecount.web.app import create_app
from peoplecount.web.client_address import ClientAddresses
from tests.support.board_service import BoardService
from tests.support.camera_office import Office
from tests.support.fake_clock import FakeClock
from tests.support.fresh_database import FreshDatabase
from tests.support.toy_sealer import ToySealer
from tests.support.webhook_desk import FakeOutbox

PASSWORD = "correct horse battery"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""For tests: nothing is to be kept from anybody."""


class People:
    """Everybody who is known at a service."""

    def __init__(self, folder: Path, clock: FakeClock | None = None) -> None:
        self.store = LocalStore(folder / "store.sqlite")
        self.clock = clock or FakeClock()
        self.accounts = self.worker()
        self.audit_log = AuditLog(self.store, self.clock)
        self.database = FreshDatabase(folder / "counts.db")
        self.places = SiteTable(self.database)
        self.roster = Roster()
        """What the service knows of cameras, sites and doors, by its latest look at the database."""
        self.administration = self._administration()
        self.outbox = FakeOutbox()
        self.webhook_book = WebhookBook(folder / "webhooks.sqlite")
        self.webhooks = Subscriptions(
            self.webhook_book, MemoryEventLog(), self.outbox, ToySealer(), self.audit_log, self.clock
        )
        self.office = Office(folder, database=self.database, store=self.store)

    def worker(self) -> Accounts:
        """The accounts as another worker sees them."""
        return Accounts(self.store, self.clock, call_here, Passwords(hasher=QUICK))

    def _administration(self) -> Administration:
        sites = SiteDesk(
            self.places,
            HandCountTable(self.database),
            self.audit_log,
            default_site=Site(DEFAULT_SITE_ID, "Main site", "Europe/Zurich"),
            roster=lambda: self.roster,
            clock=self.clock,
        )
        people = PeopleDesk(self.accounts, self.audit_log, "https://counts.example/welcome#{}".format)
        tokens = TokenDesk(self.accounts, self.audit_log)
        screens = ScreenDesk(self.store, self.clock, self.audit_log)
        return Administration(self.audit_log, sites, people, tokens, screens, ZoneInfo("Europe/Zurich"))

    def enters(self, name: str, role: Role = Role.VIEWER, *sites: str, password: str = PASSWORD) -> User:
        hashed = QUICK.hash(password) if password else ""
        self.accounts.book.add(User(name, role, frozenset(sites) or None, hashed))
        user = self.accounts.book.find(name)
        assert user is not None
        return user

    def token(self, *scopes: Scope, sites: tuple[str, ...] = (), label: str = "") -> dict[str, str]:
        """The header of a new token."""
        words = label or f"program {len(self.accounts.tokens.tokens())}"
        return {"Authorization": f"Bearer {self.accounts.tokens.add(words, scopes, sites=sites or None)}"}

    def app(
        self,
        service: BoardService,
        accounts: Accounts | None = None,
        *,
        proxies: tuple[str, ...] = (),
        admin_token: str = "",
        anybody_may_look: bool = False,
        **changes,
    ) -> Flask:
        """The service's application, of which several are several workers."""
        known = accounts or self.accounts
        addresses = ClientAddresses(proxies)
        people = KnownPeople(known, addresses, admin_token=admin_token, anybody_may_look=anybody_may_look)
        parts = {
            "tickets": StreamTickets(self.store, self.clock, call_here),
            "addresses": addresses,
            "administration": self.administration,
            "cameras": self.office.pages,
            "webhooks": self.webhooks,
        }
        app = create_app(service.context(access=people, accounts=known, **(parts | changes)))
        app.secret_key = known.signing_key()
        return app

    def close(self) -> None:
        self.store.close()
        self.webhook_book.close()
        self.database.disconnect()


def form_token(client: FlaskClient, path: str = "/sign-in", **options) -> str:
    """What our own form at an address carries."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path, **options).text)
    assert found, f"no form at {path}"
    return found[1]


def sign_in(client: FlaskClient, name: str, password: str = PASSWORD, *, goes_on: str = "", **options):
    """Type name and password in; the answer."""
    form = {"name": name, "password": password, "next": goes_on, "csrf_token": form_token(client, **options)}
    return client.post("/sign-in", data=form, **options)


def signed_in(app: Flask, name: str, password: str = PASSWORD) -> FlaskClient:
    """A browser in which somebody is signed in."""
    client = app.test_client()
    answer = sign_in(client, name, password)
    assert answer.status_code == 303, answer.text
    return client
