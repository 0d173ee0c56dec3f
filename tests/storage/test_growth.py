"""How much a fleet writes in a year, and whether the figures for it are true."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, text

from peoplecount.storage.dialects import Product
from peoplecount.storage.growth import ASSUMED_RECORDS, BYTES_A_ROW, Fleet, growth, read_fleet
from peoplecount.storage.schema import hour_counts, positions, quarter_hours, records
from tests.support.counting_line import EIGHT

A_DAY = timedelta(days=1)


def line_row(number):
    return {"line_id": f"entrance-{number}-0-1-1", "camera_id": f"entrance-{number}", "channel": 0, "rule": 1} | {
        "line_index": 1
    }


TOTALS = {"in_generation": "2026-05-04.0", "in_total": 123, "out_generation": "2026-05-04.0", "out_total": 119}


def record_row(number, ended_at, event_number=1):
    return (
        line_row(number)
        | TOTALS
        | {"event_epoch": "0123456789abcdef", "event_number": event_number, "door_id": "main-door", "site_id": "shop-1"}
        | {"started_at": ended_at - timedelta(seconds=10), "ended_at": ended_at}
        | {"local_time": ended_at.replace(tzinfo=None), "in_count": 1, "out_count": 0, "quality": "measured"}
    )


def add(connection, table, rows):
    connection.transaction(lambda transaction: transaction.change_each(insert(table), rows))


def test_without_a_history_records_are_assumed(connection):
    assert read_fleet(connection) == Fleet(0, 0, ASSUMED_RECORDS, observed=False)
    add(connection, positions, [line_row(number) | TOTALS | {"ended_at": EIGHT} for number in range(3)])
    assert read_fleet(connection).lines == 3
    assert read_fleet(connection).cameras == 3, "of an installation's own view, none of which is entered here"


def test_with_a_history_records_are_as_they_were_lately(connection):
    rows = [record_row(line, EIGHT + A_DAY * day / 10, day) for day in range(41) for line in range(2)]
    add(connection, records, rows)
    fleet = read_fleet(connection)
    assert fleet.observed
    assert fleet.records_a_day == pytest.approx(41 / 4)


def test_of_less_than_a_day_nothing_is_concluded(connection):
    add(connection, records, [record_row(1, EIGHT), record_row(1, EIGHT + A_DAY / 2)])
    assert not read_fleet(connection).observed


def test_a_year_has_all_its_hours_and_quarters():
    year = growth(Fleet(2, 4, 100.0, observed=True), Product.SQL_SERVER)
    assert year.rows == {"records": 146_000, "quarter_hours": 140_160, "hour_counts": 35_040}
    assert year.total_rows == 321_200
    assert year.bytes == sum(BYTES_A_ROW[Product.SQL_SERVER][name] * rows for name, rows in year.rows.items())


def test_a_coarser_grain_bounds_the_records():
    fleet = Fleet(1, 1, 5000.0, observed=True)
    assert growth(fleet, Product.SQLITE, seconds_a_record=900).rows["records"] == 365 * 96
    assert growth(Fleet(1, 1, 50.0, observed=True), Product.SQLITE, seconds_a_record=900).rows["records"] == 365 * 50


def size(connection, name):
    if connection.product is Product.POSTGRESQL:
        asked = f"SELECT pg_total_relation_size('{connection.schema}.{name}')"
    else:
        asked = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
    return connection.execute(text(asked))[0][0]


@pytest.mark.parametrize("blank", ["postgresql", "sqlite"], indirect=True)
def test_the_bytes_of_a_row_are_what_rows_take(connection):
    """Within a third: they are for a plan, and ids are of any length."""
    count = 6000
    hours = [
        line_row(line)
        | {"starts_at": EIGHT + timedelta(hours=hour), "door_id": "main-door", "site_id": "shop-1", "in_count": 12}
        | {"out_count": 11, "quality": "measured", "coverage": 1.0}
        for hour in range(count // 20)
        for line in range(20)
    ]
    rows = {
        records: [record_row(number % 20, EIGHT + number * A_DAY / 500, number) for number in range(count)],
        quarter_hours: hours,
        hour_counts: [row | {"local_start": row["starts_at"].replace(tzinfo=None)} for row in hours],
    }
    for table, some in rows.items():
        before = size(connection, table.name)
        add(connection, table, some)
        found = (size(connection, table.name) - before) / count
        assert found == pytest.approx(BYTES_A_ROW[connection.product][table.name], rel=1 / 3), table.name
