"""The people inside, in a browser."""

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is in requirements-dev.txt")

from playwright.sync_api import expect

from peoplecount.domain.figures import Figures
from peoplecount.domain.occupancy import Occupancy
from peoplecount.domain.occupancy_body import OccupancyNow, OccupancyReason, occupancy_event
from peoplecount.domain.occupancy_estimate import Estimate
from peoplecount.services.site_day import SiteDay
from tests.support.busy_day import STATION


def tell(service, occupancy, estimate, reason=OccupancyReason.CROSSINGS):
    service.append(occupancy_event(STATION, OccupancyNow(occupancy, estimate), service.clock.now(), reason))


def test_the_estimate_and_what_the_floor_hides_appear_in_place(open_page, service):
    page = open_page()
    day = SiteDay(STATION, service.clock.now()).occupancy_date
    beside = page.locator('.site [data-why="estimate/station"]').first
    expect(beside).to_have_text("")
    tell(service, Occupancy(day, crossed=Figures(1200, 1100)), Estimate(1041, 1035, 1048))
    expect(beside).to_have_text("about 1,041, 1,035 to 1,048")
    tell(service, Occupancy(day, crossed=Figures(10, 22)), Estimate(0, 0, 9))
    expect(beside).to_have_text("about 0, 0 to 9; 12 more were seen to leave than to come")


def test_a_count_by_hand_appears_in_place(open_page, service):
    page = open_page()
    day = SiteDay(STATION, service.clock.now()).occupancy_date
    counted = Occupancy(day, 77, counted_at=service.clock.now())
    tell(service, counted, Estimate(77, 77, 77), OccupancyReason.HAND_COUNT)
    expect(page.locator('.site [data-figure="site/station/occupancy"]').first).to_have_text("77")
    expect(page.locator('.site [data-why="estimate/station"]').first).to_have_text("")
