"""People of whole sites by the hour."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import insert

from peoplecount.storage.schema import hour_counts
from peoplecount.storage.site_hours import SiteHour, site_hours

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def keep(connection, *rows):
    told = [
        {
            "line_id": line,
            "door_id": "door",
            "site_id": site,
            "starts_at": start,
            "local_start": start.replace(tzinfo=None),
            "in_count": entered,
            "out_count": left,
            "quality": quality,
        }
        for line, site, start, entered, left, quality in rows
    ]
    connection.transaction(lambda transaction: transaction.change_each(insert(hour_counts), told))


def test_lines_of_a_site_are_summed_up_by_site_and_hour(connection):
    keep(
        connection,
        ("a", "shop", NOON, 5, 2, "measured"),
        ("b", "shop", NOON, 1, 3, "estimated"),
        ("a", "shop", NOON + HOUR, 4, 0, "corrected"),
        ("c", "depot", NOON, 7, 7, "measured"),
        ("a", "shop", NOON + 9 * HOUR, 9, 9, "measured"),
    )
    assert site_hours(connection, NOON, NOON + 2 * HOUR) == [
        SiteHour("depot", NOON, 7, 7, is_known=True),
        SiteHour("shop", NOON, 6, 5, is_known=True),
        SiteHour("shop", NOON + HOUR, 4, 0, is_known=True),
    ]


def test_an_hour_in_which_a_line_was_not_counted_is_not_known(connection):
    keep(connection, ("a", "shop", NOON, 5, 2, "measured"), ("b", "shop", NOON, 0, 0, "missing"))
    assert [hour.is_known for hour in site_hours(connection, NOON, NOON + HOUR)] == [False]
