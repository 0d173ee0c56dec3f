"""Holidays of sites: their country's, and days of their own."""

from datetime import date

import pytest

from peoplecount.services.holiday_calendar import HolidayCalendars
from peoplecount.settings import SettingsError, load_settings


def calendars(text):
    return HolidayCalendars(load_settings({"HOLIDAYS": text}, None).holidays)


def test_a_region_has_its_holidays_and_a_site_days_of_its_own():
    found = calendars("CH-ZH, 2026-12-24; airport: DE-BY")
    zurich, bavaria = found.calendar(found.of_site("shop")), found.calendar(found.of_site("airport"))
    assert zurich(date(2026, 8, 1))
    assert zurich(date(2026, 12, 24)) == "holiday"
    assert not zurich(date(2026, 8, 3))
    assert bavaria(date(2026, 1, 6))
    assert not bavaria(date(2026, 8, 1))


def test_nothing_is_celebrated_where_nobody_has_said_so():
    found = calendars("")
    assert found.of_site("shop") == ""
    assert not found.calendar("")(date(2026, 12, 25))


@pytest.mark.parametrize("text", ["Zurich", "CH-QQ", "2026-02-30", "CH; CH", "shop:", ": CH", "shop: CH; shop: DE"])
def test_nonsense_is_refused_at_the_start(text):
    with pytest.raises(SettingsError, match="HOLIDAYS"):
        load_settings({"HOLIDAYS": text}, None)
