"""Events by the API: pages of the log, waiting for the next one, and the platform that polls for a flow."""

import threading

import pytest

from peoplecount.domain.event import EventKind
from peoplecount.domain.event_id import EventId
from peoplecount.domain.visitor import Scope
from peoplecount.stream import event_pages
from peoplecount.stream.event_pages import EventPages
from peoplecount.web.api import events as api_events
from peoplecount.web.app import create_app
from tests.support.api_shop import ApiShop
from tests.support.people import People
from tests.support.shop import BACK, FRONT, LEFT
from tests.support.waiting import wait_until

BASE = "https://counts.example/api/v1"


def ids(answer):
    return [event["id"] for event in answer.json["value"]]


def all_events(shop):
    return [str(entry.event_id) for entry in shop.log.read(0, 10_000)]


def test_a_page_follows_the_other_without_gap_or_repetition(shop):
    found, since = [], "earliest"
    while True:
        page = shop.get(f"/events?since={since}&limit=7")
        found += ids(page)
        since = page.json["cursor"]
        assert page.json["gap"] is None
        if not page.json["more"]:
            break
    assert found == all_events(shop)
    assert ids(shop.get(f"/events?since={since}")) == []


def test_without_a_place_it_begins_with_what_comes_from_now_on(own_shop):
    cursor = own_shop.get("/events").json["cursor"]
    assert ids(own_shop.get(f"/events?since={cursor}")) == []
    event = own_shop.count(FRONT, 1)
    assert ids(own_shop.get(f"/events?since={cursor}")) == [str(event)]


def test_only_what_is_chosen_comes_and_the_cursor_moves_on_all_the_same(shop):
    page = shop.get("/events?since=earliest&kind=CameraStatus&camera=back")
    assert [event["kind"] for event in page.json["value"]] == ["CameraStatus"]
    assert page.json["cursor"] == str(shop.log.head())


def test_the_newest_first_for_those_who_take_their_place_from_the_first(shop):
    page = shop.get("/events?since=earliest&order=desc&limit=5")
    assert ids(page) == all_events(shop)[:-6:-1]


def test_the_newest_first_are_the_newest_also_where_they_are_more_than_a_page(shop, monkeypatch):
    monkeypatch.setattr(event_pages, "MOST_BYTES", 2_000)
    monkeypatch.setattr(event_pages, "BATCH", 3)
    page = shop.get("/events?since=earliest&order=desc&limit=5")
    assert ids(page) == all_events(shop)[:-6:-1]
    assert page.json["cursor"] == str(shop.log.head())


def test_a_time_is_a_place_too(own_shop):
    own_shop.clock.passes(3600)
    moment = own_shop.clock.now().isoformat().replace("+00:00", "Z")
    event = own_shop.count(FRONT, 1)
    assert ids(own_shop.get(f"/events?since={moment}")) == [str(event)]


def test_what_is_not_there_any_more_is_told(own_shop):
    own_shop.log.trim(5, own_shop.clock.now())
    oldest = EventId(own_shop.log.head().epoch, 5)
    page = own_shop.get(f"/events?since={oldest.epoch}-2&limit=3").json
    assert page["gap"]["from"] == f"{oldest.epoch}-2"
    assert page["gap"]["reason"].startswith("no longer kept")
    assert page["gap"]["address"].startswith("/api/v1/records?after=")
    assert page["value"][0]["id"] == page["gap"]["to"] == f"{oldest.epoch}-6"
    assert "no longer kept" in own_shop.get(f"/events?since={oldest.epoch}-2&strict=true", 410).json["detail"]


def test_who_comes_with_an_id_of_a_log_that_was_lost_goes_on_at_the_head(shop):
    page = shop.get("/events?since=ffffffff-2").json
    assert page["gap"]["reason"].startswith("another epoch")
    assert (page["value"], page["cursor"]) == ([], str(shop.log.head()))


class Waits:
    """Time passes while somebody waits, and sometimes something happens in it."""

    def __init__(self, shop):
        self.now = 0.0
        self.waited = []
        self.happens = None
        self.pages = EventPages(shop.hub, shop.backlog, monotonic=lambda: self.now, wait=self._wait)

    def _wait(self, signal, seconds):
        self.now += seconds
        self.waited.append(seconds)
        if self.happens and self.now >= 40:
            self.happens()


@pytest.fixture
def waiting(own_shop):
    waits = Waits(own_shop)
    own_shop.client = create_app(own_shop.context(event_pages=waits.pages)).test_client()
    own_shop.waits = waits
    return own_shop


def test_a_question_waits_until_its_time_is_up_and_no_longer_than_a_hundred_seconds(waiting):
    page = waiting.get("/events?timeout=100").json
    assert (page["value"], waiting.waits.now) == ([], 100.0)
    assert "from 0 to 100" in waiting.get("/events?timeout=101", 400).json["detail"]


def test_a_question_that_waits_is_answered_with_what_comes(waiting):
    waiting.waits.happens = lambda: waiting.count(FRONT, 1)
    page = waiting.get("/events?timeout=90&camera=front").json
    assert [event["kind"] for event in page["value"]] == ["PeopleCountingUpdate"]
    assert 40 <= waiting.waits.now < 60


def test_a_question_that_waits_is_woken(own_shop):
    found = []
    with own_shop.following():
        asks = threading.Thread(target=lambda: found.append(own_shop.get("/events?timeout=60&camera=back").json))
        asks.start()
        wait_until(lambda: own_shop.hub.open_streams == 1)
        own_shop.count(FRONT, 1)
        own_shop.count(BACK, 1)
        asks.join(30)
    assert [event["cameraId"] for event in found[0]["value"]] == ["back"]


def test_as_a_stream_it_is_the_one_that_everybody_reads(shop):
    for answer in (
        shop.get("/events?timeout=0&since=earliest", headers={"Accept": "text/event-stream"}),
        shop.get("/events/stream?timeout=0&since=earliest"),
    ):
        assert answer.content_type == "text/event-stream; charset=utf-8"
        assert answer.text.count("event: PeopleCountingUpdate") == 12
        answer.close()
    assert shop.get("/events", headers={"Accept": "text/event-stream, application/json"}).is_json


class Platform:
    """Polls as Power Automate does: by the address it was given, without ``Accept``, and only 200 starts a run."""

    def __init__(self, shop, query="", **headers):
        self.shop = shop
        self.address = f"/api/v1/events/poll{query}"
        self.headers = headers
        self.runs = []
        self.waits = 0

    def polls(self):
        answer = self.shop.client.get(self.address, headers=self.headers)
        assert answer.status_code in {200, 202}, answer.text
        assert answer.headers["Location"].startswith(BASE)
        self.address = answer.headers["Location"].removeprefix("https://counts.example")
        self.waits = int(answer.headers["Retry-After"])
        if answer.status_code == 200:
            assert answer.content_type == "application/json"
            self.runs += answer.json
        else:
            assert answer.data == b""
        return answer.status_code


def test_the_first_poll_only_sets_the_place(own_shop):
    platform = Platform(own_shop)
    assert platform.polls() == 202
    assert platform.address == f"/api/v1/events/poll?triggerState={own_shop.log.head()}"
    assert platform.polls() == 202
    assert (platform.runs, platform.waits) == ([], api_events.POLL_AGAIN)


def corrections(shop, many):
    return [str(shop.correct(FRONT, (1, 0))) for _ in range(many)]


def test_what_comes_later_starts_runs_once_each_in_order(own_shop):
    platform = Platform(own_shop)
    platform.polls()
    expected = []
    for number in range(1, 6):
        expected += corrections(own_shop, number)
        assert platform.polls() == 200
        assert platform.polls() == 202
    assert [event["id"] for event in platform.runs] == expected


def test_a_flow_that_was_switched_off_catches_up_page_by_page(own_shop, monkeypatch):
    monkeypatch.setattr(api_events.queries, "MOST_EVENTS", 10)
    platform = Platform(own_shop)
    platform.polls()
    expected = corrections(own_shop, 35)
    waits = []
    while platform.polls() == 200:
        waits.append(platform.waits)
    assert [event["id"] for event in platform.runs] == expected
    assert waits == [1, 1, 1, 60], "the next page comes at once"


def test_of_single_counts_a_flow_is_told_the_newest_of_each_line(own_shop):
    platform = Platform(own_shop, "?kind=PeopleCountingUpdate&kind=CountCorrection&site=shop")
    platform.polls()
    expected = []
    for _ in range(3):
        own_shop.count(FRONT, 1)
        expected += corrections(own_shop, 2)
        own_shop.count(LEFT, 1)
        expected += [str(own_shop.count(gate, 1)) for gate in (FRONT, LEFT)]
        assert platform.polls() == 200
    assert [event["id"] for event in platform.runs] == expected


def test_only_what_is_rare_starts_flows_unless_somebody_says_otherwise(own_shop):
    platform = Platform(own_shop, "?scope=line&step=60")
    platform.polls()
    own_shop.passes_hours(1)
    while platform.polls() == 200:
        pass
    assert {event["kind"] for event in platform.runs} == {"IntervalClosed"}
    for_days = Platform(own_shop, f"?step=day&triggerState={own_shop.log.head().epoch}-0")
    for_days.polls()
    assert {event["kind"] for event in for_days.runs} == {"CameraStatus"}
    for kind in (EventKind.COUNT, EventKind.OCCUPANCY_CHANGED):
        detail = own_shop.get(f"/events/poll?kind={kind.value}", 400).json["detail"]
        assert "choose a camera, door or site" in detail


def test_a_cursor_that_is_none_is_refused(shop):
    assert "is none that was given out here" in shop.get("/events/poll?triggerState=yesterday", 400).json["detail"]


@pytest.mark.parametrize(
    ("prefix", "base"),
    [
        ("https://europe-001.azure-apim.net/apim/x/9a", "https://europe-001.azure-apim.net/apim/x/9a"),
        ("https://x.azure-apihub.net/apim/x/9a/", "https://x.azure-apihub.net/apim/x/9a"),
        ("http://x.azure-apim.net/apim/x", BASE),
        ("https://azure-apim.net.evil.example/x", BASE),
        ("https://evil.example/.azure-apim.net", BASE),
        ("https://evil.example#.azure-apim.net", BASE),
        ("https://user@x.azure-apim.net/x", BASE),
        ("https://x.azure-apim.net:8443/x", BASE),
        ("https://[x.azure-apim.net/x", BASE),
        ("", BASE),
    ],
)
def test_addresses_lead_back_to_the_connection_of_the_platform_and_to_nobody_else(tmp_path, prefix, base):
    people = People(tmp_path)
    shop = ApiShop(tmp_path, hours=1)
    client = people.app(shop, public_url="https://counts.example").test_client()
    headers = {**people.token(Scope.READ), "X-MS-APIM-Referrer-Prefix": prefix}
    answer = client.get("/api/v1/events/poll", headers=headers)
    assert answer.headers["Location"].startswith(f"{base}/events/poll?triggerState=")
    shop.end()
    people.close()


def test_while_the_service_starts_nobody_is_told_a_place(tmp_path):
    shop = ApiShop(tmp_path, hours=0)
    shop.hub.__init__()
    for address in ("/events", "/events/poll", "/sites"):
        assert shop.get(address, 503).headers["Retry-After"] == "2"
    shop.end()


def test_nobody_is_kept_waiting_by_a_service_that_stops(own_shop):
    own_shop.hub.close("the service is stopping")
    assert own_shop.get("/events?timeout=50", 503).headers["Retry-After"] == "5"
