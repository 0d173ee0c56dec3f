"""Every address of the service, asked by visitors of every kind with requests that are spoiled in all their parts."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from urllib.parse import unquote_to_bytes
from zoneinfo import ZoneInfo

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import EnvironBuilder, run_wsgi_app
from werkzeug.wrappers import Response

from peoplecount.domain.camera import CameraState
from peoplecount.domain.site import Site
from peoplecount.domain.user import Role
from peoplecount.domain.visitor import Scope
from peoplecount.services.history_places import HistoryPlaces
from peoplecount.services.history_report import HistoryDesk
from peoplecount.services.place_sums import DirectSums
from peoplecount.services.replay_clock import ReplayClock
from peoplecount.services.replay_desk import ReplayDesk
from peoplecount.services.request_rates import RequestRates
from peoplecount.storage.place_history import PlaceHistory
from tests.fuzz.known_forms import forms_of, parameters_of
from tests.fuzz.odd_texts import INJECTED, MARK
from tests.fuzz.spoiled_requests import Spoiled, Spoiler
from tests.support.alerting import FakeMail, alerting_of
from tests.support.api_shop import ApiShop
from tests.support.board_service import Gate
from tests.support.camera_office import PASSWORD as OF_CAMERAS
from tests.support.fleet import WatchedFleet
from tests.support.people import PASSWORD, People, form_token, signed_in
from tests.support.shop import FRONT
from tests.support.webhook_desk import FLOW

LONGEST = 5.0
"""Seconds that an answer may take."""

LIFE = 400
"""Requests after which a new service takes the place of the one so far: many of them change something."""

SITES = ("shop",)
LIMITED = ("nobody", "administrator of one site", "every scope, one site")
"""Who may not see more than these."""

ELSEWHERE = Site("vault", "Vault of the north", "Europe/Zurich", capacity=7)
"""A site that they may not see."""

OF_ELSEWHERE = (ELSEWHERE.name.lower(), "vault-camera")

BEGIN = ("/", "/admin", "/account", "/sign-in", "/welcome", "/wall/pair", "/history", "/integrations", "/alerts")
"""Where it is begun to look for pages."""


class Installation:
    """A shop with people, programs, cameras, alerts, reports and webhooks."""

    def __init__(self, folder: Path) -> None:
        (folder / "people").mkdir()
        self.people = People(folder / "people")
        self.shop = ApiShop(folder, hours=1)
        self._has_a_site_elsewhere()
        self.app = self._app()
        self.secrets = {PASSWORD, OF_CAMERAS, "secret-password", FLOW, "sig=SECRET"}
        self.visitors = dict(self._visitors())
        browser = signed_in(self.app, str(Role.ADMINISTRATOR))
        self.forms = forms_of((self.app.test_client(), browser), self.app.url_map, BEGIN)
        self.parameters = parameters_of(browser.get("/api/openapi.json").json)

    def _has_a_site_elsewhere(self) -> None:
        shop, gate = self.shop, Gate(ELSEWHERE, ELSEWHERE.name, "vault-camera", name=ELSEWHERE.name)
        shop.sites.append(ELSEWHERE)
        self.people.places.put_site(ELSEWHERE)
        self.people.office.has(gate.camera, site_id=ELSEWHERE.site_id)
        shop.count(gate, 3, 1)
        shop.status(gate, CameraState.UP)
        shop.write()

    def _app(self) -> Flask:
        shop, people = self.shop, self.people
        places = HistoryPlaces(
            lambda: shop.snapshots().fields, lambda: {site.site_id: site for site in shop.sites}, shop.clock
        )
        alerting = alerting_of(people, FakeMail())
        fleet = WatchedFleet(shop, people.store)
        fleet.has(FRONT)
        replay = ReplayDesk(
            ReplayClock(shop.clock.now(), shop.clock.now() + timedelta(days=1), 1.0), ZoneInfo("UTC"), lambda: None
        )
        app = people.app(
            shop,
            counts=shop.counts,
            history=HistoryDesk(DirectSums(PlaceHistory(shop.database)), places, shop.clock),
            fleet=fleet.desk,
            alerts=alerting.desk,
            reports=alerting.reports,
            replay=replay,
            poll_camera=shop.polled.append,
            rates=RequestRates(10**9, shop.clock.monotonic),
        )
        app.config["SERVER_NAME"] = None
        return app

    def _visitors(self) -> Iterator[tuple[str, Mapping[str, str]]]:
        yield "nobody", _of_browser(self.app.test_client())
        for role in Role:
            self.people.enters(str(role), role)
            yield str(role), _of_browser(signed_in(self.app, str(role)))
        self.people.enters("local", Role.ADMINISTRATOR, *SITES)
        yield "administrator of one site", _of_browser(signed_in(self.app, "local"))
        for name, header in (
            *((str(scope), self.people.token(scope)) for scope in Scope),
            ("every scope", self.people.token(*Scope)),
            ("every scope, one site", self.people.token(*Scope, sites=SITES)),
        ):
            self.secrets.add(header["Authorization"].removeprefix("Bearer "))
            yield name, header

    def close(self) -> None:
        self.people.close()
        self.shop.end()


def _of_browser(client: FlaskClient) -> Mapping[str, str]:
    """The headers of its forms: its cookie, and the token that they carry."""
    token = form_token(client, "/welcome")
    cookie = client.get_cookie("peoplecount")
    assert cookie is not None
    return {"Cookie": f"peoplecount={cookie.value}", "X-CSRFToken": token}


OFTEN = ("administrator", "administrator", "administrator", "every scope", "administrator of one site")
"""Whom most is open to."""


@contextmanager
def installation() -> Iterator[Installation]:
    """A new one, which goes again."""
    with TemporaryDirectory() as folder:
        made = Installation(Path(folder))
        try:
            yield made
        finally:
            made.close()


@dataclass
class Answers:
    """What came of it."""

    asked: Counter[str] = field(default_factory=Counter)
    """By endpoint."""

    statuses: Counter[int] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


def ask(requests: int, seed: int, answers: Answers | None = None) -> Answers:
    """Send so many requests. The same seed sends the same ones."""
    answers = answers or Answers()
    chance = Random(f"{seed}/requests")
    while requests > 0:
        with installation() as service:
            ask_one_service(service, min(requests, LIFE), chance, answers)
        requests -= LIFE
    return answers


def ask_one_service(service: Installation, requests: int, chance: Random, answers: Answers, *, only: str = "") -> None:
    """Send so many requests to one service; ``only`` to the address with this in the name of its endpoint."""
    spoiler = Spoiler(service.app.url_map, chance, service.forms, service.parameters)
    rules = (rule for rule in spoiler.rules() if only in rule.endpoint)
    for rule, _ in zip(rules, range(requests), strict=False):
        made = spoiler.make(rule)
        name = chance.choice(OFTEN if chance.random() < 0.6 else sorted(service.visitors))
        own = service.visitors[name]
        made.headers = [*((one, own[one]) for one in own if chance.random() < 0.97), *made.headers]
        answers.asked[rule.endpoint] += 1
        for fault in _faults(service, name, made, answers):
            answers.failures.append(f"{name}: {fault}\n  {made}")


class _Errors(logging.Handler):
    """What the service says went wrong in it."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        self.said.append(f"{record.getMessage()[:200]}: {type(error).__name__}: {error}"[:400])


def _faults(service: Installation, name: str, made: Spoiled, answers: Answers) -> Iterator[str]:
    errors = _Errors()
    logging.getLogger("peoplecount").addHandler(errors)
    begun = time.monotonic()
    try:
        answer = _sent(service.app, made)
        body = _read(answer)
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        yield f"crashes: {type(error).__name__}: {error}"[:300]
        return
    finally:
        logging.getLogger("peoplecount").removeHandler(errors)
    answers.statuses[answer.status_code] += 1
    yield from errors.said
    if answer.status_code >= 500 and not (answer.status_code == 503 and made.path.startswith("/health/")):
        yield f"{answer.status_code}"
    if (seconds := time.monotonic() - begun) > LONGEST:
        yield f"takes {seconds:.1f} s"
    told = body + str(answer.headers)
    yield from (f"tells a secret: {one}" for one in service.secrets if one in told)
    if name in LIMITED and any(word in told.lower() and word not in str(made).lower() for word in OF_ELSEWHERE):
        yield "tells of a site that they may not see"
    if INJECTED in answer.headers:
        yield "takes a header from what was sent"
    if answer.mimetype == "text/html" and MARK in body:
        yield "takes a script from what was sent"


def _sent(app: Flask, made: Spoiled) -> Response:
    """As a server gives it to the application: the path unpacked, everything in Latin 1."""
    builder = EnvironBuilder(method=made.method, data=made.body, content_type=made.kind or None)
    environ = builder.get_environ()
    builder.close()
    environ["PATH_INFO"] = unquote_to_bytes(made.path.encode("utf-8", "replace")).decode("latin-1")
    environ["QUERY_STRING"] = made.query.encode("utf-8", "replace").decode("latin-1")
    for name, value in made.headers:
        key = name.upper().replace("-", "_")
        key = key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"
        joint = "; " if key == "HTTP_COOKIE" else ", "
        environ[key] = joint.join(filter(None, (environ.get(key) if joint == "; " else "", value)))
    return Response(*run_wsgi_app(app, environ, buffered=False))


def _read(answer: Response) -> str:
    """All of it; of a stream that goes on, the beginning."""
    try:
        pieces: list[bytes] = []
        for piece in answer.iter_encoded():
            pieces.append(piece)
            if answer.mimetype == "text/event-stream" and len(pieces) > 1:
                break
        return b"".join(pieces).decode("utf-8", "replace")
    finally:
        answer.close()
