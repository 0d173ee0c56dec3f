"""Where a gap of the stream leads: the counts between two events."""

import pytest

from peoplecount.domain.event_id import EventId
from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.services.missed_counts import MissedCounts
from peoplecount.services.record_writer import RecordWriter
from peoplecount.storage.errors import DatabaseUnavailable
from peoplecount.storage.history import History
from peoplecount.storage.record_pages import RecordPages
from peoplecount.storage.sqlite import SQLiteConnection
from peoplecount.web.app import create_app
from tests.support.counting_line import EIGHT, CountingLine, append
from tests.support.own_tables import make_tables


class Kept:
    """A history that was written from a log."""

    def __init__(self, service, path) -> None:
        self.log = MemoryEventLog()
        self.db = SQLiteConnection(path)
        make_tables(self.db)
        missed = MissedCounts(RecordPages(self.db), History(self.db))
        self.client = create_app(service.context(records=missed)).test_client()

    def happens(self, *events) -> None:
        append(self.log, *events)
        while RecordWriter(self.log, self.db).run_once():
            pass

    def id(self, number: int) -> str:
        return str(EventId(self.log.head().epoch, number))

    def ask(self, query: str):
        return self.client.get(f"/api/v1/records?{query}")


@pytest.fixture
def kept(service, tmp_path):
    kept = Kept(service, tmp_path / "history.db")
    yield kept
    kept.db.disconnect()


def people(answer) -> list[int]:
    return [row["in"] for row in answer.json["records"]]


def test_the_counts_between_two_events_are_named_as_in_the_stream(kept):
    line = CountingLine()
    kept.happens(line.count(1), line.count(2, 5), line.count(4))
    answer = kept.ask(f"after={kept.id(1)}&until={kept.id(2)}")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json == {
        "records": [
            {
                "id": kept.id(2),
                "kind": "PeopleCountingUpdate",
                "siteId": "site",
                "doorId": "door",
                "cameraId": "cam",
                "lineId": "cam-0-1-1",
                "from": "2026-05-04T08:00:10.000Z",
                "to": "2026-05-04T08:00:20.000Z",
                "localTime": "2026-05-04T10:00:20",
                "in": 2,
                "out": 5,
                "cameraInTotal": 3,
                "cameraOutTotal": 5,
                "quality": "measured",
            }
        ],
        "next": None,
        "writtenUpTo": kept.id(3),
    }


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
def test_pages_follow_each_other_without_gap_or_repetition(kept, limit):
    line = CountingLine(door_id="old")
    kept.happens(line.count(2))
    line.door_id = "new"
    kept.happens(line.count(6), line.correct(EIGHT, 12), line.count(7))
    got, after = [], kept.id(0)
    while after:
        answer = kept.ask(f"after={after}&limit={limit}")
        got += people(answer)
        after = answer.json["next"]
    assert sorted(got) == [1, 2, 3, 6, 7]
    assert sum(got) == 12 + 7


def test_it_can_be_asked_of_some_places(kept):
    north, south = CountingLine("north"), CountingLine("south", door_id="d", site_id="s")
    kept.happens(north.count(1), south.count(2))
    assert people(kept.ask(f"after={kept.id(0)}&camera=north&camera=west")) == [1]
    assert people(kept.ask(f"after={kept.id(0)}&site=s&door=d")) == [2]


def test_a_log_in_which_nobody_came_is_an_answer_and_one_nobody_knows_is_404(kept):
    kept.happens(CountingLine().count(0))
    assert people(kept.ask(f"after={kept.id(0)}")) == []
    answer = kept.ask("after=feed-7")
    assert answer.status_code == 404
    assert "no record of feed-7" in answer.json["description"]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "after is missing"),
        ("after=x", "ids look like"),
        ("after=e-1&until=x", "ids look like"),
        ("after=e-1&after=e-2", "given twice"),
        ("after=e-1&limit=5001", "from 1 to 5000"),
        ("after=e-1&limit=0", "from 1 to 5000"),
        ("after=e-1&kind=x", "allowed are after, until, camera, door, site, limit"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_is_allowed(kept, query, words):
    answer = kept.ask(query)
    assert answer.status_code == 400
    assert words in answer.json["description"]


def test_a_database_that_is_away_is_503_without_its_secrets(service):
    class Away:
        def written_up_to(self):
            raise DatabaseUnavailable("server db7 refused user sa")

    client = create_app(service.context(records=MissedCounts(RecordPages(None), Away()))).test_client()
    answer = client.get("/api/v1/records?after=e-1")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert "db7" not in answer.text


def test_where_no_history_is_kept_there_are_no_records(client):
    assert client.get("/api/v1/records?after=e-1").status_code == 404
