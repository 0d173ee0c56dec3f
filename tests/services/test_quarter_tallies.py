"""Quick counts added up before they reach the roll-ups: the same as one by one."""

from datetime import UTC, datetime, timedelta

import pytest

from peoplecount.domain.count_book import CountBook
from peoplecount.domain.event import Quality
from peoplecount.domain.event_id import EventId
from peoplecount.domain.line import LineKey
from peoplecount.services.quarter_tallies import QuarterTallies
from peoplecount.services.record_batch import crossings_of
from peoplecount.storage.records import Record

hypothesis = pytest.importorskip("hypothesis")
st = pytest.importorskip("hypothesis.strategies")

EIGHT = datetime(2026, 5, 4, 8, tzinfo=UTC)
QUARTER = timedelta(minutes=15)

OFFSETS = (timedelta(0), timedelta(hours=2), timedelta(hours=5, minutes=45), timedelta(hours=-9, minutes=-30))
QUALITIES = (Quality.MEASURED, Quality.BACK_FILLED, Quality.ESTIMATED)


def record(line, ended_at, lasted, offset, error, told, people, quality, door="door"):
    key = LineKey("cam", 0, 1, line)
    return Record(
        event_id=EventId("e", 1),
        key=key,
        line_id=str(key),
        door_id=door,
        site_id="site",
        started_at=ended_at - lasted,
        ended_at=ended_at,
        local_time=(ended_at + offset + error).replace(tzinfo=None),
        entered=people[0],
        left=people[1],
        position=None,
        quality=quality,
        utc_offset=offset if told else None,
    )


def times(longest):
    return st.one_of(
        st.sampled_from([timedelta(0), QUARTER, QUARTER - timedelta(milliseconds=1)]),
        st.integers(0, longest).map(lambda milliseconds: timedelta(milliseconds=milliseconds)),
    )


RECORDS = st.builds(
    record,
    st.integers(1, 2),
    st.one_of(times(2 * 3_600_000), times(1_800_000)).map(EIGHT.__add__),
    times(900_000),
    st.sampled_from(OFFSETS),
    st.integers(-1_500, 1_500).map(lambda seconds: timedelta(seconds=seconds)),
    st.booleans(),
    st.tuples(st.integers(0, 9), st.integers(0, 9)),
    st.sampled_from(QUALITIES),
    st.sampled_from(["door", "other"]),
)


def content(book):
    return [
        {stretch: (cell.figures, cell.quality, cell.coverage, cell.local_start) for stretch, cell in of.items()}
        for of in ({one: roll_up[one] for one in roll_up} for roll_up in (book.hours, book.quarters))
    ]


@hypothesis.given(st.lists(RECORDS, max_size=12))
def test_added_up_first_they_make_the_same_roll_ups_as_one_by_one(records):
    one_by_one, at_once, tallies = CountBook(), CountBook(), QuarterTallies()
    for one in records:
        one_by_one.add(crossings_of(one))
        tallies.add(tallies.tally_of(one), one)
    tallies.pour(at_once)
    assert content(at_once) == content(one_by_one)


@hypothesis.given(RECORDS)
def test_the_hour_of_a_bucket_is_the_one_that_its_people_are_counted_into(one):
    tallies = QuarterTallies()
    tallies.tally_of(one)
    assert {share.hour for share in crossings_of(one).shares} == {bucket.hour for bucket in tallies.buckets()}


@pytest.mark.parametrize("offset", OFFSETS)
def test_a_quarter_of_an_hour_holds_its_end_and_not_its_beginning(offset):
    tallies = QuarterTallies()
    moments = (timedelta(seconds=1), QUARTER, QUARTER + timedelta(milliseconds=1), timedelta(0), timedelta(minutes=7))
    found = [
        tallies.tally_of(record(1, EIGHT + at, timedelta(0), offset, timedelta(0), True, (1, 0), QUALITIES[0]))
        for at in moments
    ]
    assert [one.bucket.quarter - EIGHT for one in found] == [QUARTER * number for number in (0, 0, 1, -1, 0)]
    assert found[0] is found[1] is found[4]


@pytest.mark.parametrize("change", [{"door_id": "other"}, {"site_id": "other"}, {"utc_offset": timedelta(hours=1)}])
def test_who_is_counted_for_another_door_site_or_zone_is_not_added_up_with_the_others(change):
    one = record(1, EIGHT, timedelta(seconds=5), OFFSETS[1], timedelta(0), True, (1, 0), QUALITIES[0])
    tallies = QuarterTallies()
    assert tallies.tally_of(one) is tallies.tally_of(one)
    assert tallies.tally_of(one._replace(**change)) is not tallies.tally_of(one)


def test_what_took_longer_than_a_quarter_of_an_hour_is_not_added_up():
    long = record(1, EIGHT, QUARTER + timedelta(milliseconds=1), OFFSETS[1], timedelta(0), True, (1, 0), QUALITIES[0])
    assert QuarterTallies().tally_of(long) is None


def test_what_was_poured_out_is_not_poured_out_again():
    one = record(1, EIGHT, timedelta(seconds=5), OFFSETS[1], timedelta(0), True, (3, 1), QUALITIES[0])
    tallies, book = QuarterTallies(), CountBook()
    tallies.add(tallies.tally_of(one), one)
    tallies.pour(book)
    tallies.pour(book)
    assert [cell.figures.entered for cell in book.hours.cells()] == [3]
