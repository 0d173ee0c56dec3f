"""The views that reports are made from: their columns, what stands in them, and that they say what the history says."""

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Column, Date, DateTime, MetaData, Table, column, func, insert, select, table

from peoplecount.domain.event import Quality
from peoplecount.storage.column_types import UtcTime
from peoplecount.storage.dialects import SCHEMA, Product, schema_name
from peoplecount.storage.history import History
from peoplecount.storage.schema import cameras, doors, hour_counts, lines, sites

HOURLY = {
    "site_id": "text",
    "site_name": "text",
    "door_id": "text",
    "door_name": "text",
    "line_id": "text",
    "line_name": "text",
    "start_utc": "moment",
    "local_start": "wall clock",
    "local_date": "day",
    "local_hour": "number",
    "people_in": "large number",
    "people_out": "large number",
    "quality": "text",
    "coverage": "share",
}
DAILY = {name: kind for name, kind in HOURLY.items() if name not in {"local_start", "local_hour"}} | {
    "hours_known": "number"
}
VIEWS = {"report_hourly": HOURLY, "report_daily": DAILY}
"""Promised to people who have reports on them: columns may be added at the end, none may go or change."""

KINDS = {
    Product.POSTGRESQL: {
        "text": "character varying",
        "moment": "timestamp with time zone",
        "wall clock": "timestamp without time zone",
        "day": "date",
        "number": "integer",
        "large number": "bigint",
        "share": "double precision",
    },
    Product.SQL_SERVER: {
        "text": "nvarchar",
        "moment": "datetime2",
        "wall clock": "datetime2",
        "day": "date",
        "number": "int",
        "large number": "bigint",
        "share": "float",
    },
    Product.SQLITE: {
        "text": "text",
        "moment": "text",
        "wall clock": "text",
        "day": "text",
        "number": "integer",
        "large number": "integer",
        "share": "real",
    },
}

ZURICH = ZoneInfo("Europe/Zurich")
EIGHT = datetime(2026, 5, 4, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


def view(name):
    kinds = {"start_utc": UtcTime(), "local_date": Date(), "local_start": DateTime()}
    columns = (Column(one, kinds.get(one)) for one in VIEWS[name])
    return Table(name, MetaData(), *columns, schema=SCHEMA)  # a Table, so that our schema is translated


HOURS, DAYS = view("report_hourly"), view("report_daily")


def hour(start=EIGHT, people=(3, 1), quality="measured", coverage=1.0, line="cam-0-1-1", door="main", site="shop"):
    """A row of ``hour_counts``, in Zurich."""
    return {
        "line_id": line,
        "starts_at": start,
        "door_id": door,
        "site_id": site,
        "local_start": start.astimezone(ZURICH).replace(tzinfo=None),
        "in_count": people[0],
        "out_count": people[1],
        "quality": quality,
        "coverage": coverage,
    }


def missing(start, **place):
    return hour(start, (0, 0), "missing", 0.0, **place)


def enter(connection, *rows):
    connection.transaction(lambda transaction: transaction.change_each(insert(hour_counts), rows))


def rows_of(connection, one):
    return connection.execute(select(one).order_by(one.c.line_id, one.c.door_id, one.c.start_utc))


def kinds_of(connection, name):
    if connection.product is Product.SQLITE:  # which has none for columns of views: those of a row
        enter(connection, hour())
        types = [func.typeof(column(one)).label(one) for one in VIEWS[name]]
        (row,) = connection.execute(select(*types).select_from(view(name)))
        return dict(row._mapping)
    columns = table(
        "columns", *map(column, ("table_schema", "table_name", "column_name", "data_type")), schema="information_schema"
    )
    schema = schema_name(connection.product, connection.schema)
    found = connection.execute(
        select(columns.c.column_name, columns.c.data_type).where(
            columns.c.table_schema == schema, columns.c.table_name == name
        )
    )
    return {row.column_name: row.data_type for row in found}


@pytest.mark.parametrize("name", VIEWS)
def test_the_columns_are_those_that_were_promised_in_their_order(connection, name):
    everything = select(column("*", is_literal=True)).select_from(view(name))
    assert connection.run(lambda raw: list(raw.execute(everything).keys())) == list(VIEWS[name])


@pytest.mark.parametrize("name", VIEWS)
def test_the_columns_are_of_the_kinds_that_were_promised(connection, name):
    kinds = KINDS[connection.product]
    assert kinds_of(connection, name) == {one: kinds[kind] for one, kind in VIEWS[name].items()}


def test_an_hour_is_told_in_utc_and_by_the_wall_clock(connection):
    enter(connection, hour(coverage=0.75))
    (row,) = rows_of(connection, HOURS)
    assert row.start_utc == EIGHT
    assert row.local_start == datetime(2026, 5, 4, 10)
    assert (row.local_date, row.local_hour) == (date(2026, 5, 4), 10)
    assert (row.people_in, row.people_out, row.quality, row.coverage) == (3, 1, "measured", 0.75)


def test_the_hour_that_comes_twice_in_autumn_is_two_rows_of_one_local_hour(connection):
    first = datetime(2026, 10, 25, 0, tzinfo=UTC)
    enter(connection, hour(first), hour(first + HOUR))
    rows = rows_of(connection, HOURS)
    assert [(row.local_date, row.local_hour) for row in rows] == [(date(2026, 10, 25), 2)] * 2
    assert [row.start_utc for row in rows] == [first, first + HOUR]


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 6, 1), 24), (date(2026, 10, 25), 25)])
def test_a_day_has_the_hours_that_its_clock_had(connection, day, hours):
    start = datetime(day.year, day.month, day.day, tzinfo=ZURICH).astimezone(UTC)
    enter(connection, *(hour(start + number * HOUR, (1, 2)) for number in range(-1, hours + 1)))
    (row,) = [one for one in rows_of(connection, DAYS) if one.local_date == day]
    assert (row.people_in, row.people_out, row.hours_known) == (hours, 2 * hours, hours)
    assert row.start_utc == start


def test_what_is_unknown_is_empty_and_never_zero(connection):
    enter(connection, hour(people=(0, 0)), missing(EIGHT + HOUR))
    quiet, unknown = rows_of(connection, HOURS)
    assert (quiet.people_in, quiet.people_out, quiet.quality) == (0, 0, "measured")
    assert (unknown.people_in, unknown.people_out, unknown.quality) == (None, None, "missing")


def test_averages_and_sums_leave_out_what_is_unknown(connection):
    enter(connection, hour(people=(4, 0)), missing(EIGHT + HOUR), hour(EIGHT + 2 * HOUR, (2, 0)))
    question = select(func.sum(HOURS.c.people_in).label("people"), func.count(HOURS.c.people_in).label("hours"))
    (row,) = connection.execute(question)
    assert (row.people, row.hours) == (6, 2)


def test_a_day_is_as_good_as_its_worst_hour_and_the_sum_of_what_is_known(connection):
    enter(
        connection,
        hour(people=(4, 1), quality="estimated", coverage=0.5),
        hour(EIGHT + HOUR, (2, 2), coverage=None),
        missing(EIGHT + 2 * HOUR),
        hour(EIGHT, (1, 1), "back-filled", 0.0, line="other-0-1-1"),
        missing(EIGHT, line="third-0-1-1"),
    )
    mixed, other, third = rows_of(connection, DAYS)
    assert (mixed.people_in, mixed.people_out, mixed.quality, mixed.hours_known) == (6, 3, "missing", 2)
    assert mixed.coverage == pytest.approx(0.25)
    assert (other.people_in, other.quality, other.hours_known) == (1, "back-filled", 1)
    assert (third.people_in, third.people_out, third.quality, third.hours_known) == (None, None, "missing", 0)


@pytest.mark.parametrize("quality", Quality)
def test_every_quality_of_hours_is_one_of_days(connection, quality):
    enter(connection, hour(quality=quality.value, people=(0, 0)))
    assert [row.quality for row in rows_of(connection, DAYS)] == [quality.value]


@pytest.mark.parametrize("one", [HOURS, DAYS], ids=lambda one: one.name)
def test_places_have_the_names_they_were_given_and_else_their_ids(connection, one):
    connection.execute(insert(sites), {"site_id": "shop", "name": "Shöp", "time_zone": "UTC", "reset_time": "00:00"})
    connection.execute(insert(doors), {"door_id": "main", "site_id": "shop", "name": "Main door"})
    camera = ("camera_id", "name", "address", "username", "password", "site_id", "paused")
    row = ("cam", "Hall", "http://192.0.2.7", "", "", "shop", False)
    connection.execute(insert(cameras), dict(zip(camera, row, strict=True)))
    line = {"camera_id": "cam", "channel": 0, "rule": 1}
    for index, name, door in ((1, "Left", "main"), (2, "", "main"), (3, "Right", None)):
        names = {"line_id": f"cam-0-1-{index}", "line_index": index, "name": name, "door_id": door}
        connection.execute(insert(lines), line | names)
    enter(
        connection,
        hour(line="cam-0-1-1"),
        hour(line="cam-0-1-2"),
        hour(line="cam-0-1-3", door="cam-0-1-3"),
        hour(line="cam-0-1-4", door="cam-0-1-4", site="default"),
        hour(line="gone-0-1-1", door="closed", site="sold"),
    )
    named = [(row.site_name, row.door_name, row.line_name) for row in rows_of(connection, one)]
    assert named == [
        ("Shöp", "Main door", "Left"),
        ("Shöp", "Main door", "cam-0-1-2"),
        ("Shöp", "Right", "Right"),
        ("Main site", "cam-0-1-4", "cam-0-1-4"),
        ("sold", "closed", "gone-0-1-1"),
    ]


def test_ids_that_differ_in_case_only_are_two(connection):
    enter(connection, hour(line="A-0-1-1", door="I"), hour(line="a-0-1-1", door="i"), hour(line="a-0-1-1", door="ı"))
    assert len(rows_of(connection, DAYS)) == 3


def random_hours(seed):
    """Some lines over three days around the change of clocks, each hour by one or two doors, or not at all."""
    dice = random.Random(seed)
    start = datetime(2026, 10, 24, 0, tzinfo=UTC)
    for line in ("a-0-1-1", "a-0-1-2", "b-0-1-1"):
        for number in range(72):
            for door in dice.sample(["main", "side"], dice.choice([0, 1, 1, 1, 2])):
                quality = dice.choice([*Quality])
                people = (0, 0) if quality is Quality.MISSING else (dice.randrange(9), dice.randrange(9))
                coverage = dice.choice([None, 0.0, 0.5, 1.0])
                yield hour(start + number * HOUR, people, quality.value, coverage, line, door)


@pytest.mark.parametrize("seed", range(3))
def test_they_say_what_the_history_says(connection, seed):
    enter(connection, *random_hours(seed))
    history = History(connection)
    hours = {(one.line_id, one.door_id, one.starts_at): one for one in history.hours(EIGHT, EIGHT + 200 * 24 * HOUR)}
    rows = rows_of(connection, HOURS)
    assert len(rows) == len(hours) > 100
    for row in rows:
        one = hours[row.line_id, row.door_id, row.start_utc]
        figures = (None, None) if one.figures is None else (one.figures.entered, one.figures.left)
        assert (row.people_in, row.people_out) == figures
        assert (row.quality, row.coverage, row.local_start) == (one.quality.value, one.coverage, one.local_start)
    days = {(one.line_id, one.door_id, one.day): one for one in history.days(date(2026, 10, 1), date(2026, 11, 1))}
    rows = rows_of(connection, DAYS)
    assert len(rows) == len(days) > 10
    for row in rows:
        one = days[row.line_id, row.door_id, row.local_date]
        figures = (None, None) if one.figures is None else (one.figures.entered, one.figures.left)
        assert (row.people_in, row.people_out, row.quality) == (*figures, one.quality.value)
        assert row.coverage == (None if one.coverage is None else pytest.approx(one.coverage))
        assert row.hours_known == one.hours
