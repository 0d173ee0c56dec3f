"""Replay files: what is written is read again, and what makes no sense is refused with its line."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from peoplecount.domain.event import Quality
from peoplecount.domain.event_body import Place
from peoplecount.domain.figures import Figures
from peoplecount.domain.line import LineKey
from peoplecount.domain.recording import RecordedCount, Recording
from peoplecount.domain.recording_file import BadRecording, read_recording, write_recording
from peoplecount.domain.site import Site
from peoplecount.web.counts import COLUMNS

pytest.importorskip("hypothesis", reason="hypothesis is in requirements-dev.txt")

from hypothesis import given, strategies

SITE = Site("hall", 'Hall "A", east', "Europe/Zurich", capacity=120)


def placed(camera: str) -> Place:
    return Place(SITE.site_id, SITE.name, camera, f"{camera}'s name", f"{camera}-door", "Tür, Süd", "Line\nof two")


CAMERAS = strategies.sampled_from(["north", "south-2"])
MOMENTS = strategies.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=strategies.just(UTC)).map(
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
)
PEOPLE = strategies.none() | strategies.builds(Figures, strategies.integers(0, 999), strategies.integers(0, 999))
KNOWN = strategies.sampled_from([one for one in Quality if one is not Quality.MISSING])


@strategies.composite
def counts(draw):
    camera, begin, people = draw(CAMERAS), draw(MOMENTS), draw(PEOPLE)
    length = timedelta(milliseconds=draw(strategies.integers(0, 86_400_000)))
    quality = Quality.MISSING if people is None else draw(KNOWN)
    key = LineKey(camera, 0, 1, draw(strategies.integers(1, 3)))
    return RecordedCount(placed(camera), key, begin, begin + length, people, quality)


@given(strategies.lists(counts(), min_size=1, max_size=20))
def test_what_is_written_is_read_again(recorded):
    ordered = sorted(recorded, key=lambda one: one.started_at)
    recording = Recording(ordered, {SITE.site_id: SITE})
    text = "".join(write_recording(recording))
    found = read_recording(text.splitlines(keepends=True))
    by_id = [one.place.camera_name for one in found.counts]
    assert by_id == [one.place.camera_name for one in ordered]
    assert list(found.counts) == ordered
    assert found.sites == recording.sites


def test_the_least_that_a_file_needs():
    rows = ["time,camera,line,in,out", "2026-03-03T10:00:10,North,East door,2,0", "2026-03-03T10:00:20,North,West,1,3"]
    found = read_recording(rows, "Europe/Zurich")
    assert [str(one.key) for one in found.counts] == ["north-0-1-1", "north-0-1-2"]
    assert found.counts[0].ended_at == datetime(2026, 3, 3, 9, 0, 10, tzinfo=UTC)
    assert [one.people for one in found.counts] == [Figures(2, 0), Figures(1, 3)]
    assert [one.place.door_name for one in found.counts] == ["East door", "West"]
    assert found.sites["replay"].time_zone == "Europe/Zurich"


def test_a_row_with_one_time_is_of_the_time_since_the_row_before_and_of_a_minute_at_most():
    times = ("10:00:00", "10:00:20", "10:30:00")
    rows = ["time,line,in,out", *(f"2026-03-03T{time}Z,Door,1,0" for time in times)]
    lengths = [(one.ended_at - one.started_at).total_seconds() for one in read_recording(rows).counts]
    assert lengths == [0, 20, 60]


def test_an_export_of_counts_can_be_replayed():
    row = dict.fromkeys(COLUMNS, "") | {
        "from_utc": "2026-03-03T10:00:00.000Z",
        "to_utc": "2026-03-03T10:15:00.000Z",
        "time_zone": "Europe/Zurich",
        "site_id": "hall",
        "site": "Hall",
        "door_id": "d",
        "door": "Door",
        "line_id": "cam-1-0-1-2",
        "line": "Line",
        "in": "5",
        "out": "6",
        "quality": "back-filled",
    }
    found = read_recording([",".join(COLUMNS), ",".join(row.values())])
    (one,) = found.counts
    assert one.key == LineKey("cam-1", 0, 1, 2)
    assert (one.people, one.quality) == (Figures(5, 6), Quality.BACK_FILLED)


def test_an_empty_cell_is_what_is_not_known_and_no_zero():
    rows = ["from_utc,to_utc,line,in,out", "2026-03-03T10:00Z,2026-03-03T10:15Z,Door,,"]
    (one,) = read_recording(rows).counts
    assert one.people is None
    assert one.quality is Quality.MISSING


HEAD = "time,line,in,out"


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "no column in"),
        (["time,line,out", "x,y,1"], "no column in"),
        (["line,in,out", "y,1,1"], "no column to_utc or time"),
        (["to_utc,line,in,out", "2026-03-03T10:00Z,y,1,1"], "none from_utc"),
        (["time,line,in,in,out", "x,y,1,1,1"], "there twice"),
        ([HEAD], "no counts"),
        ([HEAD, "2026-03-03T10:00,Door,many,0"], "line 2: in is 'many'"),
        ([HEAD, "2026-03-03T10:00,Door,-1,0"], "line 2: in is '-1'"),
        ([HEAD, "2026-03-03T10:00,Door,1,9999999999999999999999"], "line 2: out is"),
        ([HEAD, "", "yesterday,Door,1,0"], "line 3: time is 'yesterday'"),
        ([HEAD, "2026-03-03T10:00,,1,0"], "names no line"),
        ([f"{HEAD},time_zone", "2026-03-03T10:00,Door,1,0,Mars/Base"], "no time zone 'Mars/Base'"),
        ([f"{HEAD},quality", "2026-03-03T10:00,Door,1,0,guessed"], "quality is 'guessed'"),
        ([f"{HEAD},line_id", "2026-03-03T10:00,Door,1,0,north"], "not a line id"),
        (["from_utc,to_utc,line,in,out", "2026-03-03T10:00Z,2026-03-03T09:00Z,Door,1,1"], "must end after it begins"),
        ([HEAD, f"2026-03-03T10:00,{'x' * 200_000},1,0"], "after line 1: field larger"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(rows, words):
    with pytest.raises(BadRecording, match=words):
        read_recording(rows)


@given(strategies.text(max_size=400))
def test_any_text_is_read_or_refused(text):
    with suppress(BadRecording):
        assert read_recording([HEAD, *text.splitlines(keepends=True)]).counts
