"""Streams that end: after so many events, after a time, after a life; and what they say until then."""

from datetime import timedelta

import pytest

from peoplecount.domain.event_id import EventId
from peoplecount.stream.answer import MAX_BYTES, Answer
from peoplecount.stream.client import SSEClient
from peoplecount.stream.endings import LIFE_IS_OVER, LIMIT_REACHED, TIME_IS_UP
from peoplecount.stream.hub import MAX_SLICE, Hub
from peoplecount.stream.order import Order
from peoplecount.stream.reader import PATIENCE, Reader
from peoplecount.stream.selection import Selection
from tests.support.stream_events import NOON, FakeBacklog, heard

START = EventId("e", 0)
NEVER = 1e9
A = Selection(cameras=frozenset("a"))


class Moments:
    """Real waiting takes no time: each look at it is a second later."""

    def __init__(self, step: float = 1.0) -> None:
        self.now = 0.0
        self.step = step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


class Town:
    def __init__(self, **limits) -> None:
        self.log = FakeBacklog()
        self.hub = Hub(**limits)
        self.hub.reset(self.log.head())

    def happen(self, *cameras: str) -> None:
        self.hub.publish(self.log.grow(*cameras))

    def client(self, **parts) -> SSEClient:
        order = Order(**{name: parts.pop(name) for name in list(parts) if name in Order.__slots__})
        return SSEClient(self.hub, self.log, self.log.snapshot, order, **({"heartbeat": NEVER} | parts))


@pytest.fixture
def town() -> Town:
    return Town()


def names(events) -> list[str]:
    return [one.name for one in events if one.name]


def numbers(events) -> list[int]:
    return [one.number for one in events if one.name == "PeopleCountingUpdate"]


@pytest.mark.parametrize("max_frames", [100, 3], ids=["from the ring", "from the log"])
def test_a_limit_ends_the_stream_after_exactly_so_many_events(max_frames):
    town = Town(max_frames=max_frames)
    town.happen(*"abababab")
    client = town.client(start=START, limit=3)
    events = heard(client.open_stream())
    assert numbers(events) == [1, 2, 3]
    assert (events[-1].name, events[-1].last_id, client.ending) == ("goodbye", "e-3", LIMIT_REACHED)
    rest = heard(town.client(start=EventId.parse(events[-1].last_id), limit=5).open_stream())
    assert numbers(rest) == [4, 5, 6, 7, 8]


@pytest.mark.parametrize("max_frames", [100, 3], ids=["from the ring", "from the log"])
def test_a_limit_counts_what_was_chosen_and_the_last_id_is_where_it_stopped_looking(max_frames):
    town = Town(max_frames=max_frames)
    town.happen(*"bababbbb")
    events = heard(town.client(start=START, limit=2, selection=A).open_stream())
    assert numbers(events) == [2, 4]
    rest = heard(town.client(start=EventId.parse(events[-1].last_id), timeout=0, selection=A).open_stream())
    assert (names(rest), rest[-1].last_id) == (["goodbye"], "e-8")


def test_behind_the_ring_nothing_is_read_but_what_was_chosen():
    town = Town(max_frames=3)
    town.log.looked_through = 40
    town.happen(*"b" * 190, "a", *"b" * 90, "a", *"b" * 10)
    events = heard(town.client(start=START, timeout=0, selection=A).open_stream())
    assert (numbers(events), events[-1].last_id) == ([191, 282], "e-292")
    assert town.log.reads < 15


def test_a_snapshot_counts_and_readings_do_not(town):
    town.hub.publish_readings(NOON, {"a": NOON})
    assert names(heard(town.client(limit=1).open_stream())) == ["snapshot", "goodbye"]
    town.happen("a")
    events = heard(town.client(start=START, limit=1).open_stream())
    assert names(events) == ["readings", "PeopleCountingUpdate", "goodbye"]


def test_a_timeout_ends_a_quiet_stream(town):
    client = town.client(timeout=0.01)
    assert names(heard(client.open_stream())) == ["snapshot", "goodbye"]
    assert client.ending == TIME_IS_UP


def test_a_timeout_ends_a_stream_in_which_something_always_happens(town):
    client = town.client(start=START, timeout=20, monotonic=Moments())
    got = []
    for frame in client.open_stream():
        got.append(frame)
        town.happen("a")
    assert len(numbers(heard(got))) < 30
    assert client.ending == TIME_IS_UP


def test_who_asks_for_no_time_gets_what_is_there(town):
    town.happen("a", "b")
    assert numbers(heard(town.client(start=START, timeout=0).open_stream())) == [1, 2]


@pytest.mark.parametrize("max_frames", [1000, 3], ids=["from the ring", "from the log"])
def test_who_asks_for_no_time_gets_all_that_is_there_and_nothing_that_comes_meanwhile(max_frames):
    town = Town(max_frames=max_frames)
    town.happen(*"a" * 950)
    client = town.client(start=START, timeout=0)
    got = []
    for frame in client.open_stream():
        got.append(frame)
        town.happen(*"a" * 100)
    assert numbers(heard(got))[:950] == list(range(1, 951))
    assert len(numbers(heard(got))) < 1700
    assert client.ending == TIME_IS_UP


def test_who_asks_for_no_time_may_take_what_is_there_as_slowly_as_a_stream_lasts(town):
    town.happen(*"a" * 2000)
    moments = Moments(0.0)
    client = town.client(start=START, timeout=0, life=3600, monotonic=moments)
    frames = client.open_stream()
    next(frames)
    moments.now += 100
    next(frames)
    assert client.overdue < 0
    assert numbers(heard(frames))[-1] == 2000
    moments.now += 100
    assert client.overdue > 0


def test_before_the_hub_is_ready_a_timeout_ends_the_waiting():
    town = Town()
    town.hub = Hub()
    client = town.client(timeout=0.01)
    assert names(heard(client.open_stream())) == ["goodbye"]
    assert client.cursor is None


def test_a_life_ends_with_a_goodbye_that_says_where_to_go_on(town):
    town.happen("a")
    client = town.client(life=10, monotonic=Moments())
    *_, goodbye = heard(client.open_stream())
    assert (goodbye.name, goodbye.data["reason"], goodbye.last_id) == ("goodbye", LIFE_IS_OVER, "e-1")


def test_a_life_does_not_wait_for_a_heartbeat(town):
    client = town.client(life=0.05, heartbeat=NEVER)
    assert heard(client.open_stream())[-1].data["reason"] == LIFE_IS_OVER


def test_readings_do_not_stand_in_for_heartbeats_where_the_place_is_not_told(town):
    """They have no id: a client that hears nothing else would fall behind what the log still holds."""
    moments = Moments(0.0)
    frames = town.client(start=START, selection=A, heartbeat=15.0, monotonic=moments).open_stream()
    next(frames)
    got = []
    for _ in range(4):
        town.happen("b")
        town.hub.publish_readings(NOON, {"a": NOON})
        got.append(next(frames))
        moments.now += 5.0
    town.hub.publish_readings(NOON, {"a": NOON})
    got.append(next(frames))
    assert b":\nid: e-4\n\n" in got


def test_a_stream_of_which_nothing_is_chosen_has_heartbeats_however_much_happens(town):
    frames = town.client(start=START, selection=A, heartbeat=0.5, monotonic=Moments(0.2)).open_stream()
    next(frames)
    beats = []
    for _ in range(3):
        town.happen(*"bbbb")
        beats.append(next(frames))
    assert beats[-1].startswith(b":\nid: e-")
    assert EventId.parse(heard(beats)[-1].last_id).number >= 8


def test_a_client_that_is_gone_is_noticed_at_the_next_heartbeat(town):
    gone = []
    client = town.client(heartbeat=0.0, is_gone=lambda: bool(gone))
    frames = client.open_stream()
    for _ in range(3):
        next(frames)
    gone.append(True)
    assert list(frames) == []
    assert town.hub.open_streams == 0


def test_a_stream_from_a_moment_on_brings_what_was_appended_then_or_later(town):
    town.happen(*"abcd")
    assert numbers(heard(town.client(start=NOON + timedelta(seconds=2), timeout=0).open_stream())) == [3, 4]


def test_a_moment_that_the_log_does_not_reach_back_to_is_told_as_a_gap(town):
    town.happen(*"abcd")
    town.log.trim(3)
    gap, snapshot = heard(town.client(start=NOON, limit=1).open_stream())[1:3]
    assert (gap.name, gap.data["from"], gap.data["to"]) == ("gap", "2026-05-04T12:00:00.000Z", "e-4")
    assert snapshot.name == "snapshot"


@pytest.mark.parametrize(("trimmed", "seconds", "numbers_heard"), [(3, 3, [4]), (3, 3.5, []), (4, 4, []), (4, 60, [])])
def test_a_moment_after_all_that_was_trimmed_is_no_gap(town, trimmed, seconds, numbers_heard):
    """The fourth entry was appended three seconds after noon."""
    town.happen(*"abcd")
    town.log.trim(trimmed)
    events = heard(town.client(start=NOON + timedelta(seconds=seconds), timeout=0).open_stream())
    assert (numbers(events), "gap" in names(events)) == (numbers_heard, False)


def test_a_gap_says_where_the_missing_counts_are(town):
    town.happen(*"abcd")
    town.log.trim(3)
    asked = []

    def whereto(after, until, selection):
        asked.append((str(after), str(until), selection))
        return "/somewhere"

    town.hub = Hub()
    town.hub.reset(town.log.head())
    gap = heard(town.client(start=EventId("e", 1), limit=1, selection=A, whereto=whereto).open_stream())[1]
    assert gap.data["address"] == "/somewhere"
    assert asked == [("e-1", "e-4", A)]


def reader_behind(town: Town, moments: Moments) -> Reader:
    """Has fallen out of the ring, and is a long way behind."""
    reader = Reader(town.hub, town.log, town.log.snapshot, monotonic=moments)
    list(reader.resume(START))
    town.happen(*"a" * 300)
    return reader


def test_a_reader_that_comes_nearer_is_given_all_the_time_it_takes():
    town, moments = Town(max_frames=2), Moments(0.0)
    reader = reader_behind(town, moments)
    got = b""
    for _ in range(10):
        moments.now += PATIENCE / 2
        town.happen(*"a" * 40)
        piece = reader.next()
        got += piece.data if piece else b""
    assert numbers(heard([got])) == list(range(1, len(numbers(heard([got]))) + 1))
    assert b"event: gap" not in got
    assert len(town.log.entries) - reader.cursor.number < 300


def test_a_reader_that_falls_ever_further_behind_gets_the_newest_state_and_is_told():
    town, moments = Town(max_frames=2), Moments(0.0)
    reader = reader_behind(town, moments)
    pieces = []
    while not any(b"event: gap" in piece for piece in pieces):
        moments.now += PATIENCE / 2
        town.happen(*"a" * 400)
        pieces.append(reader.next().data)
    assert len(pieces) <= 4
    told = [one for one in heard(pieces) if one.name in {"gap", "snapshot"}]
    assert [one.name for one in told] == ["gap", "snapshot"]
    assert told[0].data["reason"].startswith("too slow")
    assert told[0].data["from"] == f"e-{numbers(heard(pieces))[-1]}"
    assert reader.cursor == town.log.head()
    town.happen("b")
    assert numbers(heard([reader.next().data])) == [town.log.head().number]


def test_an_answer_holds_the_events_of_the_stream_and_where_to_go_on(town):
    town.happen("a", "b")
    town.hub.publish_readings(NOON, {"a": NOON})
    answer = Answer.of(town.client(start=EventId("e", 1), limit=10, timeout=5, lingers=False))
    assert [b'"cameraId": "b"' in one for one in answer.events] == [False, True, False]
    assert (str(answer.next), answer.is_readable) == ("e-2", True)
    assert not any(b"goodbye" in one for one in answer.events)


@pytest.mark.parametrize("max_frames", [100_000, 3], ids=["from the ring", "from the log"])
def test_an_answer_holds_so_much_and_the_next_one_goes_on_there(max_frames):
    town = Town(max_frames=max_frames, max_bytes=1 << 30)
    town.happen(*"a" * 9000)
    answers, after = [], START
    while not answers or after.number < 9000:
        answers.append(Answer.of(town.client(start=after, limit=10_000, timeout=100, lingers=False)))
        after = answers[-1].next
        assert sum(map(len, answers[-1].events)) < MAX_BYTES + MAX_SLICE
    assert sum(len(one.events) for one in answers) == 9000
    assert len(answers) > 1
    assert town.hub.open_streams == 0


def test_an_answer_tells_that_the_log_cannot_be_read(town):
    town.log.broken = True
    answer = Answer.of(town.client(start=EventId("x", 1), timeout=0))
    assert (answer.events, answer.is_readable) == ((), False)
