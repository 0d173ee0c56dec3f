"""However the past is looked through, the answer is the one that a look at everything at once would give."""

import random
from datetime import UTC, datetime, timedelta
from itertools import groupby

import pytest
from sqlalchemy import insert

from peoplecount.domain.event import Quality
from peoplecount.domain.interval import Scope, Step
from peoplecount.services import count_rows, counts, stretch_looks
from peoplecount.services.count_rows import LineStretch, Names, rows_of, without_gaps
from peoplecount.services.counts import Counts
from peoplecount.services.look import start_of_day
from peoplecount.services.owed_history import OwedLines
from peoplecount.storage.history import History
from peoplecount.storage.schema import hour_counts, positions, quarter_hours
from tests.support.databases import *  # noqa: F403 - fixtures
from tests.support.fake_clock import FakeClock

MAY = datetime(2026, 5, 1, tzinfo=UTC)
HOUR, QUARTER, DAY = timedelta(hours=1), timedelta(minutes=15), timedelta(days=1)
TABLES = {Step.HOUR: hour_counts, Step.QUARTER: quarter_hours}
PLACES = [("a-0-1-1", "d1", "s1"), ("a-0-1-2", "d1", "s1"), ("b-0-1-1", "d2", "s1"), ("c-0-1-1", "d3", "s2")]
PLACES += [(f"{name}-0-1-1", f"d{name}", "s3") for name in "efg"]
BOARD = {
    "sites": [{"siteId": f"s{number}", "siteName": f"Site {number}", "timeZone": "UTC"} for number in (1, 2, 3)],
    "doors": [{"doorId": place[1], "doorName": place[1]} for place in PLACES],
    "lines": [{"lineId": line, "siteId": site, "lineName": line} for line, _, site in PLACES],
}


def row(table, line, door, site, start, dice):
    quality = dice.choice([Quality.MEASURED, Quality.MEASURED, Quality.ESTIMATED, Quality.MISSING])
    known = quality is not Quality.MISSING
    values = {
        "line_id": line,
        "starts_at": start,
        "door_id": door,
        "site_id": site,
        "in_count": dice.randrange(9) if known else 0,
        "out_count": dice.randrange(9) if known else 0,
        "quality": quality.value,
        "coverage": dice.choice([None, 1.0, 1.0, 0.5]) if known else 0.0,
    }
    return values | ({"local_start": start.replace(tzinfo=None)} if table is hour_counts else {})


def holey_history(db, dice, days=3):
    """Lines with rows missing here and there, whole stretches of them, and one that moved to another door."""
    for step, table in TABLES.items():
        rows = []
        for line, door, site in PLACES:
            begin = MAY + dice.randrange(30) * HOUR
            shift = QUARTER * dice.choice([0, 0, 2]) if step is Step.HOUR else timedelta(0)
            out = MAY + dice.randrange(days * 24) * HOUR
            moment = begin
            while moment < MAY + days * DAY:
                if dice.random() > 0.1 and not out <= moment < out + 20 * HOUR:
                    rows.append(row(table, line, door, site, moment + shift, dice))
                    if dice.random() < 0.05:
                        rows.append(row(table, line, "moved", "s2", moment + shift, dice))
                moment += step.length
        db.transaction(lambda transaction, table=table, rows=rows: transaction.change_each(insert(table), rows))
    known = [
        {"line_id": line, "camera_id": line[0], "channel": 0, "rule": 1, "line_index": int(line[-1])}
        | {"in_generation": "2026-05-01.0", "in_total": 0, "out_generation": "2026-05-01.0", "out_total": 0}
        | {"ended_at": MAY}
        for line, _, _ in PLACES
    ]
    db.transaction(lambda transaction: transaction.change_each(insert(positions), known))


def all_at_once(history, query):
    """The rows of an answer, from all rows of whole days."""
    first, last = start_of_day(query.begin), start_of_day(query.end) + DAY
    found = []
    if query.step is Step.HOUR:
        found = [stretch_looks._hour(one) for one in history.hours(first, last)]
    else:
        found = [stretch_looks._quarter(one) for one in history.quarter_hours(first, last)]
    wanted = [one for one in found if fits(one, query)]
    days = groupby(wanted, key=lambda one: start_of_day(one.begin))
    told: list[LineStretch] = [one for _, of_day in days for one in without_gaps(of_day, query.step.length)]
    return list(rows_of(told, query.scope, Names.of(BOARD), query.wants, OwedLines((), query.scope)))


def fits(one, query):
    chosen = ((query.line_id, one.line_id), (query.door_id, one.door_id), (query.site_id, one.site_id))
    return all(wanted in {None, there} for wanted, there in chosen)


def questions(dice):
    for _ in range(6):
        begin = MAY + dice.randrange(-10, 45) * HOUR
        end = begin + dice.randrange(1, 60) * HOUR
        scope = dice.choice(list(Scope))
        asked = {"from": begin.isoformat(), "to": end.isoformat(), "scope": scope, "step": dice.choice(["15", "60"])}
        line, door, site = dice.choice([*PLACES, ("a-0-1-1", "moved", "s2")])
        asked |= dice.choice([{}, {}, {"site": site}, {"site": "gone"}])
        asked |= {"door": door} if scope is not Scope.SITE and dice.random() < 0.3 else {}
        asked |= {"line": line} if scope is Scope.LINE and dice.random() < 0.3 else {}
        yield asked


def in_pages(service, asked, limit):
    found, cursor, pages = [], None, 0
    while cursor or not pages:
        more = {"cursor": str(cursor)} if cursor else {}
        rows, cursor = service.page(service.ask(asked | more | {"limit": str(limit)}))
        assert len(rows) <= limit
        assert rows or cursor is None
        found += rows
        pages += 1
    return found


@pytest.mark.parametrize("seed", range(4))
def test_looks_tell_what_a_look_at_everything_tells(embedded, monkeypatch, seed):
    dice = random.Random(seed)
    holey_history(embedded, dice)
    monkeypatch.setattr(stretch_looks, "SUMMED_AT_ONCE", dice.choice([20, 150, 24_000]))
    monkeypatch.setattr(counts, "MOST_LOOKED_THROUGH", dice.choice([40, 300, 24_000]))
    monkeypatch.setattr(counts, "ROWS_A_LOOK", dice.choice([20, 100, 5_000]))
    history = History(embedded)
    service = Counts(history, lambda: BOARD, FakeClock(MAY + 30 * DAY))
    answered = 0
    for asked in questions(dice):
        query = service.ask(asked)
        expected = [comparable(row) for row in all_at_once(history, query)]
        assert [comparable(row) for row in service.rows(query)] == expected, asked
        paged = in_pages(service, asked, dice.choice([3, 7, 1000]) if len(expected) < 60 else 1000)
        assert [comparable(row) for row in paged] == expected, asked
        answered += bool(expected)
    assert answered >= 1


def comparable(row: count_rows.CountRow):
    """A door that moved in the middle of a stretch is of either site."""
    fields = row.fields() | ({"siteId": "", "siteName": ""} if row.door_id == "moved" else {})
    return fields | {"localStart": "", "coverage": None if row.coverage is None else round(row.coverage, 3)}
