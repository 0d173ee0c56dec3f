"""Who is limited to some sites sees nothing of others, by whatever address."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from peoplecount.domain.camera import CameraState
from peoplecount.domain.event import Quality
from peoplecount.domain.event_id import EventId
from peoplecount.domain.figures import Figures
from peoplecount.domain.site import Site
from peoplecount.domain.user import Role
from peoplecount.domain.visitor import Scope
from peoplecount.services.count_rows import CountRow
from peoplecount.services.counts import Counts
from peoplecount.services.missed_counts import MissedPage
from peoplecount.services.stream_holders import StreamHolders
from peoplecount.services.today_chart import TodayChart
from peoplecount.stream.open_streams import OpenStreams
from peoplecount.web.access import KnownPeople
from peoplecount.web.client_address import ClientAddresses
from tests.support.board_service import BoardService, Gate
from tests.support.people import People, signed_in
from tests.support.shop import FRONT, SHOP

MUSEUM = Site("museum", "Secret museum", "Europe/Zurich")
VAULT = Gate(MUSEUM, "Vault", "vault-camera")

OF_THE_MUSEUM = ("museum", "Secret museum", "vault")
EIGHT = datetime(2026, 5, 4, 8, tzinfo=UTC)


class TwoSites(Counts):
    """Counts of both sites."""

    def __init__(self, service):
        super().__init__(None, lambda: service.snapshots().fields, service.clock)

    def rows(self, query, *, with_today=False):
        for gate in (FRONT, VAULT):
            if query.site_id not in {None, gate.site.site_id} or query.door_id not in {None, gate.place.door_id}:
                continue
            place = gate.place
            names = (place.site_id, place.site_name, place.door_id, place.door_name, str(gate.key), place.line_name)
            end = EIGHT + timedelta(hours=1)
            figures = Figures(7, 3)
            yield CountRow(*names, EIGHT, end, EIGHT, ZoneInfo("UTC").key, figures, Quality.MEASURED, 1.0, True)

    def page(self, query):
        return list(self.rows(query)), None

    def version(self, query):
        return ""

    def as_of(self):
        return None


class NotedRecords:
    """Notes what was asked of it."""

    def __init__(self):
        self.asked = []

    def page(self, query):
        self.asked.append(query.places)
        return MissedPage([], None, EventId("3f9a61c2", 1))


class Audits:
    def read(self, site_id):
        raise AssertionError(f"asked for {site_id}")


@pytest.fixture
def people(tmp_path):
    people = People(tmp_path)
    people.enters("ben", Role.OPERATOR, "shop")
    people.enters("anna", Role.ADMINISTRATOR)
    yield people
    people.close()


@pytest.fixture
def service():
    service = BoardService([SHOP, MUSEUM])
    for gate in (FRONT, VAULT):
        service.status(gate, CameraState.UP)
        service.count(gate, 12, 5)
    service.catch_up()
    return service


@pytest.fixture
def records():
    return NotedRecords()


@pytest.fixture
def streams():
    return OpenStreams()


@pytest.fixture
def app(people, service, records, streams):
    return people.app(
        service,
        counts=TwoSites(service),
        records=records,
        audit=Audits(),
        chart=TodayChart(service.history, service.board, service.clock),
        status=lambda: {"degraded": ["Secret museum: vault-camera is not in the list"]},
        streams=streams,
    )


@pytest.fixture(params=["session", "token", "ticket"])
def ask(request, people, app):
    """Asks as somebody who may see the shop: in a browser, by a token, and where that goes by a ticket."""
    client = signed_in(app, "ben") if request.param == "session" else app.test_client()
    headers = {} if request.param == "session" else people.token(Scope.READ, sites=("shop",))

    def ask(address):
        if request.param == "ticket" and address.startswith(("/events", "/stream-data")):
            ticket = client.post("/events/ticket", headers=headers).json["ticket"]
            return app.test_client().get(f"{address}&ticket={ticket}")
        return client.get(address, headers=headers)

    return ask


ADDRESSES = (
    "/events?timeout=0&since=earliest",
    "/stream-data?timeout=0",
    "/events?timeout=0",
    "/events?timeout=0&site=shop",
    "/events?timeout=0&kind=CameraStatus&since=earliest",
    "/chart/today",
    "/api/v1/counts?from=2026-05-04",
    "/api/v1/counts.csv?from=2026-05-04",
    "/api/v1/sites",
    "/api/v1/doors",
    "/api/v1/cameras",
    "/api/v1/lines",
    "/api/v1/counts/latest?scope=line",
    "/api/v1/events?since=earliest",
    "/api/v1/events/stream?timeout=0&since=earliest",
    "/api/v1/counts?from=2026-05-04&scope=site",
    "/export/counts.csv?from=2026-05-04",
    "/health/ready",
    *("/", "/board", "/account"),
)


@pytest.mark.parametrize("address", ADDRESSES)
def test_nothing_of_another_site_is_shown(ask, app, address):
    answer = ask(address)
    if answer.status_code == 403:  # pages are for people
        assert address in {"/", "/board", "/account"}
        return
    assert answer.status_code == 200
    if address == "/health/ready":
        return  # who sits at this machine may see it; the table of roles has the others
    for word in OF_THE_MUSEUM:
        assert word not in answer.text
    anna = signed_in(app, "anna").get(address)
    assert address in {"/account", "/events?timeout=0&site=shop"} or "museum" in anna.text, "there is something to hide"


@pytest.mark.parametrize(
    "address",
    ["/events?timeout=0&site=museum", "/events?timeout=0&site=shop&site=museum",
     "/events?timeout=0&door=museum-vault", "/events?timeout=0&camera=vault-camera",
     "/api/v1/doors?site=museum", "/api/v1/counts/latest?camera=vault-camera", "/api/v1/events?door=museum-vault",
     "/api/v1/events/poll?site=museum", "/api/v1/counts?from=2026-05-04&camera=vault-camera",
     "/api/v1/counts?from=2026-05-04&site=museum", "/api/v1/counts?from=2026-05-04&door=museum-vault",
     "/api/v1/counts?from=2026-05-04&site=shop&door=museum-vault",
     f"/api/v1/counts?from=2026-05-04&line={VAULT.key}", "/export/counts.csv?from=2026-05-04&site=museum",
     "/api/v1/records?after=3f9a61c2-1&site=museum", "/api/v1/records?after=3f9a61c2-1&site=shop&site=museum"],
)  # fmt: skip
def test_another_site_is_not_there_nor_anything_in_it(ask, address):
    answer = ask(address)
    assert answer.status_code == 404
    said = {word for word in OF_THE_MUSEUM if word in answer.json["detail"]}
    assert all(word in address for word in said), "nothing is named but what was asked for"


def test_another_site_looks_like_one_that_never_was(app):
    client = signed_in(app, "ben")
    pages = [client.get(f"/sites/{site}/audit") for site in ("museum", "nowhere")]
    assert [page.status_code for page in pages] == [404, 404]
    assert pages[0].text.replace("museum", "nowhere") == pages[1].text  # the page names its own address
    for name in ("site", "door", "camera"):
        there, never = (client.get(f"/events?{name}={one}").json["detail"] for one in (_ID[name], "never"))
        assert there.replace(_ID[name], "") == never.replace("never", "")


_ID = {"site": "museum", "door": "museum-vault", "camera": "vault-camera"}


def test_records_are_asked_for_where_they_are_theirs_only(ask, records):
    assert ask("/api/v1/records?after=3f9a61c2-1").status_code == 200
    assert ask("/api/v1/records?after=3f9a61c2-1&site=shop&camera=vault-camera").status_code == 200
    assert [set(places.site_ids) for places in records.asked] == [{"shop"}, {"shop"}]


def test_the_address_of_what_is_missing_names_ones_own_sites(app):
    answer = signed_in(app, "ben").get("/events?timeout=0&lastEventId=ffffffff-1")
    gap = next(line for line in answer.text.splitlines() if '"kind":"gap"' in line)
    assert "site=shop" in json.loads(gap.removeprefix("data: "))["address"]


def test_troubles_that_may_name_other_sites_are_told_in_general(app):
    page = signed_in(app, "ben").get("/").text
    assert "Something does not work as it should" in page
    assert "vault" not in page


@pytest.fixture
def watched(people, streams, app):
    """Streams are looked after; open ones, and how a stream of a client ends."""
    holders = StreamHolders(streams, KnownPeople(people.accounts, ClientAddresses()).of_holders)

    def open_stream(client, **headers):
        answer = client.get("/events", headers=headers, buffered=False)
        frames = answer.iter_encoded()
        next(frames)
        return answer, frames

    return holders, open_stream


def test_a_stream_ends_when_its_session_does_and_others_go_on(people, app, watched):
    holders, open_stream = watched
    ben, anna = signed_in(app, "ben"), signed_in(app, "anna")
    of_ben, frames = open_stream(ben)
    of_anna, _ = open_stream(anna)
    assert holders.look() == 0
    (session,) = people.accounts.sessions.of_user(people.accounts.book.demand("ben"))
    people.accounts.sessions.end(session.key)
    assert holders.look() == 1
    assert b"signed out" in b"".join(frames)
    of_ben.close()
    of_anna.close()


@pytest.mark.parametrize(
    "change",
    [
        lambda book: book.change_rights("ben", Role.OPERATOR, ["museum"]),
        lambda book: book.change_password("ben", "another"),
        lambda book: book.remove("ben"),
    ],
)
def test_a_stream_ends_when_its_user_may_see_something_else(people, app, watched, change):
    holders, open_stream = watched
    answer, frames = open_stream(signed_in(app, "ben"))
    change(people.accounts.book)
    assert holders.look() == 1
    assert b"goodbye" in b"".join(frames)
    answer.close()


def test_a_stream_ends_when_its_token_is_revoked(people, app, watched):
    holders, open_stream = watched
    answer, _ = open_stream(app.test_client(), **people.token(Scope.READ, label="wall"))
    assert holders.look() == 0
    people.accounts.tokens.revoke("wall")
    assert holders.look() == 1
    answer.close()
