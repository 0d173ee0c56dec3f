"""A door whose sensor is covered, on the real service: it is named while people come by the other one."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is in requirements-dev.txt")

from playwright.sync_api import expect

from tests.support.administration_pages import enter_administrator, signed_in_pages
from tests.support.earlier_people import EarlierPeople
from tests.support.known_days import known_days
from tests.support.living_service import living_service, where_it_is_noon
from tests.support.running import wait_until

DAYS = 23
"""Three more of today's weekday are in them: then it is known what is usual."""


@pytest.fixture(scope="module")
def living(tmp_path_factory):
    traffic = EarlierPeople(where_it_is_noon(), silent_today="south")
    with living_service(tmp_path_factory.mktemp("silent"), traffic, BACKFILL_DAYS=str(DAYS)) as living:
        enter_administrator(living)
        yield living


def has_a_past(living):
    """Whether the history has every day up to yesterday."""
    today = datetime.now(ZoneInfo(where_it_is_noon())).date()
    return known_days(living.url, today - timedelta(days=DAYS - 1), today) == DAYS - 1


def test_a_covered_door_is_named_while_people_come_by_the_other_in_the_hour_under_way(living, browser):
    wait_until(lambda: has_a_past(living), 120, "the cameras' own history", living.service.process)
    before = living.counts()
    living.walk("north", entered=3)
    wait_until(lambda: living.counts() != before, 20, "people of the hour under way", living.service.process)
    with signed_in_pages(browser, living) as open_page:
        page = open_page("/sites/test-site/audit")
        suspect, other = page.locator("main tbody tr").all()
        expect(suspect).to_contain_text("Silent since")
        expect(suspect).to_contain_text("people were expected, nobody was")
        expect(other).not_to_contain_text("Silent since")
