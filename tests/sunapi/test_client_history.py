"""Searches in a camera's history over real HTTP, however the camera takes them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import date

import pytest

from peoplecount.domain.camera import Camera
from peoplecount.domain.day_history import DayHours
from peoplecount.domain.line import LineKey
from peoplecount.sunapi import queries
from peoplecount.sunapi.client import SunapiClient
from peoplecount.sunapi.errors import (
    CameraBusy,
    CameraUnreachable,
    CountingUnavailable,
    CredentialsRejected,
    UnexpectedAnswer,
)
from tests.support.camera_pages import APPS, CHECK, LIMIT, VIEW, check_of, view_of
from tests.support.digest_camera import PASSWORD, USERNAME, DigestCamera
from tests.support.fake_clock import FakeClock

ClientFor = Callable[..., SunapiClient]

DAY = date(2026, 5, 4)
EAST, WEST = LineKey("front", 0, 1, 1), LineKey("front", 0, 1, 2)
MASTER = "PeopleCount-Master"
TOKEN = "PeopleCount-2026-05-04T14:00:01-204"
NAMED = queries.classic_search(0, DAY, MASTER, ("East", "West")).target
UNNAMED = queries.classic_search(0, DAY, MASTER, ()).target
STATUS = queries.classic_search_status(TOKEN).target
RESULTS = queries.classic_search_results(TOKEN).target
CANCEL = queries.classic_search_cancel(TOKEN).target

REFUSED = '{"Response":"Fail","Error":{"Code":%d,"Details":"no "}}'


def results_of(*lines: str) -> str:
    rows = [
        {"Line": name, "DirectionResults": [{"Direction": one, "Result": "1,2,3"} for one in ("In", "Out")]}
        for name in lines
    ]
    return json.dumps(
        {"ResultInterval": "Hourly", "PeopleCountSearchResults": [{"Camera": MASTER, "LineResults": rows}]}
    )


HOURS = DayHours(DAY, (1, 2, 3), (1, 2, 3))


@pytest.fixture
def searched(classic: DigestCamera) -> DigestCamera:
    """The classic camera, whose searches are done at once."""
    classic.says(NAMED, json.dumps({"SearchToken": f" {TOKEN}"}))
    classic.says(STATUS, '{"Status":"Completed"}')
    classic.says(RESULTS, results_of("East", "West"))
    classic.says(CANCEL, '{"Response":"Success"}')
    return classic


def asked(camera: DigestCamera) -> list[str]:
    """What was asked of the history."""
    return [target for target in camera.targets() if "peoplecountsearch" in target]


def completes_after(camera: DigestCamera, times: int) -> None:
    answers = iter([b"Status=NotCompleted\r\n"] * times + [b"Status=Completed\r\n"])
    camera.says(STATUS, lambda: next(answers))


def test_a_search_is_started_waited_for_and_fetched(searched: DigestCamera, client: SunapiClient) -> None:
    history = client.history(DAY)

    assert (history.day, history.hours, history.missing) == (DAY, {EAST: HOURS, WEST: HOURS}, {})
    assert asked(searched) == [NAMED, STATUS, RESULTS]


def test_tokens_go_back_without_their_blanks_and_percent_encoded(searched: DigestCamera, client: SunapiClient) -> None:
    client.history(DAY)

    assert f"SearchToken={TOKEN.replace(':', '%3A')}" in asked(searched)[1]


def test_a_text_only_camera_is_searched_the_same_way(searched: DigestCamera, client: SunapiClient) -> None:
    searched.says(NAMED, f"SearchToken={TOKEN}\r\n")
    searched.says(STATUS, "Status=Completed\r\n")
    lines = [
        f"Camera.{MASTER}.Line.{name}.Direction.{one}.Result = 1,2,3"
        for name in ("East", "West")
        for one in ("In", "Out")
    ]
    searched.says(RESULTS, "\r\n".join(["ResultInterval = Hourly", *lines]))

    assert client.history(DAY).hours == {EAST: HOURS, WEST: HOURS}


def test_only_the_lines_asked_for_are_searched_for(searched: DigestCamera, client: SunapiClient) -> None:
    start = queries.classic_search(0, DAY, MASTER, ("West",)).target
    searched.says(start, json.dumps({"SearchToken": TOKEN}))
    gone = LineKey("front", 0, 1, 7)
    history = client.history(DAY, [WEST, gone])

    assert asked(searched)[0] == start
    assert history.hours == {WEST: HOURS}
    assert history.missing == {gone: "the line is switched off, or the camera does not have it"}


def test_a_line_that_is_switched_off_is_not_searched_for(searched: DigestCamera, client: SunapiClient) -> None:
    searched.says(VIEW, view_of((1, "East", True), (2, "West", False)))
    start = queries.classic_search(0, DAY, MASTER, ("East",)).target
    searched.says(start, json.dumps({"SearchToken": TOKEN}))
    history = client.history(DAY, [EAST, WEST])

    assert list(history.hours) == [EAST]
    assert "switched off" in history.missing[WEST]


def test_names_in_counts_serve_where_the_camera_lists_no_lines(searched: DigestCamera, client: SunapiClient) -> None:
    searched.says(VIEW, '{"PeopleCount":[{"Channel":0,"Enable":true}]}')
    rows = [{"LineIndex": 1, "Name": "East", "InCount": 6, "OutCount": 6}]
    searched.says(CHECK, json.dumps({"PeopleCount": [{"Lines": rows}]}))
    searched.says(queries.classic_search(0, DAY, MASTER, ("East",)).target, json.dumps({"SearchToken": TOKEN}))
    client.read()

    assert client.history(DAY).hours == {EAST: HOURS}


@pytest.mark.parametrize("code", [602, 603, 604])
def test_a_camera_that_takes_no_names_is_asked_without(searched: DigestCamera, client: SunapiClient, code: int) -> None:
    searched.says(NAMED, REFUSED % code)
    searched.says(UNNAMED, json.dumps({"SearchToken": TOKEN}))

    assert client.history(DAY).hours == {EAST: HOURS, WEST: HOURS}
    assert asked(searched) == [NAMED, UNNAMED, STATUS, RESULTS]


def test_lines_without_a_usable_name_are_not_asked_for_and_told(searched: DigestCamera, client: SunapiClient) -> None:
    searched.says(VIEW, view_of((1, "", True), (2, "A.B", True)))
    searched.says(CHECK, check_of((1, 1, 1), (2, 2, 2)))
    history = client.history(DAY)

    assert asked(searched) == []
    assert "no name" in history.missing[EAST]
    assert "cannot be searched for" in history.missing[WEST]


def test_waiting_grows_from_half_a_second_to_two(
    searched: DigestCamera, client_for: ClientFor, clock: FakeClock
) -> None:
    completes_after(searched, 5)
    before = clock.monotonic()

    assert client_for(searched).history(DAY).missing == {}
    assert clock.monotonic() - before == 0.5 + 1 + 2 + 2 + 2
    assert asked(searched) == [NAMED, *[STATUS] * 6, RESULTS]


def test_a_search_that_never_ends_is_taken_back_within_half_a_minute(
    searched: DigestCamera, client: SunapiClient, clock: FakeClock
) -> None:
    searched.says(STATUS, '{"Status":"NotCompleted"}')
    before = clock.monotonic()

    with pytest.raises(CameraBusy, match="did not finish the search"):
        client.history(DAY)
    assert 28 <= clock.monotonic() - before <= 30
    assert asked(searched)[-1] == CANCEL
    assert RESULTS not in asked(searched)


@pytest.mark.parametrize(
    ("target", "body", "kind", "words"),
    [
        (STATUS, '{"Status":"Failed","errorDescription":"disk"}', UnexpectedAnswer, "'Failed' disk"),
        (STATUS, "nonsense", UnexpectedAnswer, "history"),
        (STATUS, REFUSED % 604, UnexpectedAnswer, "604"),
        (STATUS, REFUSED % 607, CameraBusy, "607"),
        (RESULTS, REFUSED % 612, CountingUnavailable, "612"),
        (RESULTS, "<html>", UnexpectedAnswer, "a page came"),
    ],
)
def test_a_search_that_fails_is_taken_back(
    searched: DigestCamera, client: SunapiClient, target: str, body: str, kind: type[Exception], words: str
) -> None:
    searched.says(target, body)

    with pytest.raises(kind, match=words):
        client.history(DAY)
    assert asked(searched)[-1] == CANCEL


def test_a_cancellation_that_is_refused_changes_nothing(searched: DigestCamera, client: SunapiClient) -> None:
    searched.says(STATUS, REFUSED % 604)
    searched.forgets(CANCEL)

    with pytest.raises(UnexpectedAnswer, match="604"):
        client.history(DAY)


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (REFUSED % 600, 200, CountingUnavailable),
        (REFUSED % 608, 200, CountingUnavailable),
        (REFUSED % 609, 200, CredentialsRejected),
        (REFUSED % 610, 200, CameraBusy),
        ("", 404, CountingUnavailable),
        ("", 503, CameraBusy),
        ("", 403, CredentialsRejected),
        ('{"SearchToken":""}', 200, UnexpectedAnswer),
        ('{"SearchToken":".."}', 200, UnexpectedAnswer),
        ('{"SearchToken":["a"]}', 200, UnexpectedAnswer),
        ('{"SearchToken":"%s"}' % ("x" * 300), 200, UnexpectedAnswer),
        ("OK", 200, UnexpectedAnswer),
    ],
)
def test_a_camera_that_will_not_search_says_so_and_can_be_polled_on(
    searched: DigestCamera, client: SunapiClient, body: str, status: int, kind: type[Exception]
) -> None:
    searched.says(NAMED, body, status)

    with pytest.raises(kind):
        client.history(DAY)
    assert asked(searched) == [NAMED]
    assert len(client.read().lines) == 2


def test_a_camera_that_goes_away_in_the_middle_is_not_troubled_with_a_cancellation(
    searched: DigestCamera, client: SunapiClient
) -> None:
    def hangs_up(handler: object) -> None:
        searched.hangs_up()

    searched.does(STATUS, hangs_up)

    with pytest.raises(CameraUnreachable):
        client.history(DAY)
    assert CANCEL not in asked(searched)


def test_closing_the_client_ends_the_wait_and_takes_the_search_back(searched: DigestCamera, clock: FakeClock) -> None:
    waits = threading.Event()
    searched.says(STATUS, lambda: waits.set() or b'{"Status":"NotCompleted"}')
    camera = Camera("front", "Front", searched.address, USERNAME, PASSWORD)
    client = SunapiClient(camera, clock=clock, read_timeout=10)
    failures: list[Exception] = []

    def search() -> None:
        try:
            client.history(DAY)
        except CameraBusy as error:
            failures.append(error)

    thread = threading.Thread(target=search)
    thread.start()
    assert waits.wait(10)
    client.close()
    thread.join(10)

    assert [str(error) for error in failures] == ["the search in the camera's history was given up"]
    assert asked(searched)[-1] == CANCEL


class TestSeveralChannels:
    @pytest.fixture
    def two(self, searched: DigestCamera) -> DigestCamera:
        searched.says(LIMIT, '<attribute name="MaxChannel" value="2" type="int"/>')
        views = [json.loads(view_of((1, name, True), channel=number)) for number, name in enumerate(("East", "East"))]
        searched.says(VIEW, json.dumps({"PeopleCount": [view["PeopleCount"][0] for view in views]}))
        for channel in (0, 1):
            start = queries.classic_search(channel, DAY, MASTER, ("East",)).target
            searched.says(start, json.dumps({"SearchToken": f"token-{channel}"}))
            searched.says(queries.classic_search_status(f"token-{channel}").target, '{"Status":"Completed"}')
            page = results_of("East").replace("1,2,3", f"{channel},7")
            searched.says(queries.classic_search_results(f"token-{channel}").target, page)
        return searched

    def test_each_channel_is_searched_by_itself(self, two: DigestCamera, client: SunapiClient) -> None:
        assert {key.channel: hours.entered for key, hours in client.history(DAY).hours.items()} == {
            0: (0, 7),
            1: (1, 7),
        }

    def test_a_channel_that_fails_does_not_lose_the_other(self, two: DigestCamera, client: SunapiClient) -> None:
        two.says(queries.classic_search_status("token-0").target, REFUSED % 614)
        history = client.history(DAY)

        assert {key.channel for key in history.hours} == {1}
        assert "614" in history.missing[LineKey("front", 0, 1, 1)]


class TestWiseAi:
    START = queries.wiseai_search(0, 2, DAY).target
    RULES = (
        '{"objectCountingConfiguration":[{"channel":0,"countingRules":[{"index":2,"objectType":"Person","lines":%s}]}]}'
    )
    KEY = LineKey("front", 0, 2, 1)

    @pytest.fixture
    def ai(self, classic: DigestCamera) -> DigestCamera:
        classic.says(APPS, '{"Apps":[{"AppID":"WiseAI","Status":"Running"}]}')
        classic.says(queries.wiseai_capability().target, '{"capabilities":[{"channel":0,"objectcounting":true}]}')
        classic.says(queries.wiseai_configuration(0).target, self.RULES % '[{"index":1},{"index":2}]')
        classic.says(self.START, '{"searchToken":"a:7 b_c"}')
        self.follow(classic, "a%3A7%20b_c")
        return classic

    @staticmethod
    def follow(camera: DigestCamera, token: str) -> None:
        path = f"/opensdk/WiseAI/search/objectcounting/{token}"
        camera.says(path, '{"status":"Completed"}')
        directions = [{"direction": one, "result": [1, 2, 3]} for one in ("IN", "OUT")]
        lines = [{"index": 1, "directionBasedResult": directions}]
        rules = [{"index": 2, "lineBasedResults": lines}]
        camera.says(f"{path}/results", json.dumps({"resultInterval": "Hourly", "countingRules": rules}))
        camera.says(f"{path}/cancel", '{"response":"Success"}')

    def test_lines_are_found_by_number(self, ai: DigestCamera, client: SunapiClient) -> None:
        history = client.history(DAY)

        assert history.hours == {self.KEY: HOURS}
        assert history.missing == {LineKey("front", 0, 2, 2): "the camera's history does not have the line"}
        assert ai.targets()[-3:] == [
            "/opensdk/WiseAI/search/objectcounting?channel=0&index=2"
            "&fromDate=2026-05-04T00:00:00&toDate=2026-05-04T23:59:59",
            "/opensdk/WiseAI/search/objectcounting/a%3A7%20b_c",
            "/opensdk/WiseAI/search/objectcounting/a%3A7%20b_c/results",
        ]

    @pytest.mark.parametrize(
        "status", ['{"status":"Failed","errorDescription":"no data"}', '{"status":"NotCompleted"}']
    )
    def test_a_search_that_fails_or_never_ends_is_taken_back_by_the_one_put(
        self, ai: DigestCamera, client: SunapiClient, status: str
    ) -> None:
        ai.says("/opensdk/WiseAI/search/objectcounting/a%3A7%20b_c", status)

        with pytest.raises((UnexpectedAnswer, CameraBusy)):
            client.history(DAY)
        assert [(seen.method, seen.verdict) for seen in ai.seen if seen.method != "GET"] == [("PUT", "let in")]
        assert ai.targets()[-1].endswith("/cancel")

    def test_an_error_with_http_400_is_told(self, ai: DigestCamera, client: SunapiClient) -> None:
        ai.says(self.START, '{"response":"Fail","error":{"code":612,"details":"Configuration Not Found"}}', 400)

        with pytest.raises(CountingUnavailable, match="612"):
            client.history(DAY)

    def test_a_number_is_a_token_too(self, ai: DigestCamera, client: SunapiClient) -> None:
        ai.says(self.START, '{"searchToken":17}')
        self.follow(ai, "17")

        assert client.history(DAY).hours == {self.KEY: HOURS}

    @pytest.mark.parametrize("token", ["a/b", "7/../../configuration/objectcounting/data", "a?b", "100%", "a#b"])
    def test_a_token_that_may_lead_elsewhere_is_not_sent_back(
        self, ai: DigestCamera, client: SunapiClient, token: str
    ) -> None:
        ai.says(self.START, json.dumps({"searchToken": token}))

        with pytest.raises(UnexpectedAnswer, match="cannot be sent back"):
            client.history(DAY)
        assert ai.targets()[-1].startswith("/opensdk/WiseAI/search/objectcounting?channel=0")
