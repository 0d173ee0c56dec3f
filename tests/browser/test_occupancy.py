"""The people inside, in a browser."""

from dataclasses import replace

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is in requirements-dev.txt")

from playwright.sync_api import expect

from peoplecount.domain.figures import Figures
from peoplecount.domain.occupancy import Occupancy
from peoplecount.domain.occupancy_body import OccupancyNow, OccupancyReason, occupancy_event
from peoplecount.domain.occupancy_estimate import Estimate
from peoplecount.domain.threshold import Threshold
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


def test_the_colour_follows_the_thresholds_of_the_site(open_page, service):
    place = service.sites.index(STATION)
    service.sites[place] = replace(STATION, busy_from=Threshold(5, is_share=True), full_from=Threshold(80))
    page = open_page()
    day = SiteDay(STATION, service.clock.now()).occupancy_date
    for people, band in ((74, "calm"), (75, "busy"), (79, "busy"), (80, "full"), (10, "calm")):
        counted = Occupancy(day, people, counted_at=service.clock.now())
        tell(service, counted, None, OccupancyReason.HAND_COUNT)
        expect(page.locator('[data-site-band="station"]').first).to_have_attribute("data-band", band)


def inside_line(page, **fields):
    """What the curve of people inside is drawn from, in seconds: of four quarters of an hour, now in the last one."""
    curve = {
        "start": 0,
        "step": 900,
        "occupancySince": "1970-01-01T00:00:00Z",
        "occupancy": 50,
        "in": [10, 5, 6, 3],
        "out": [0, 1, 2, 1],
    }
    return page.evaluate(
        """async (curve) => (await import("/static/js/chart-curve.js")).insideLine(curve, 3000)""",
        curve | fields,
    )


@pytest.mark.parametrize(
    ("counted", "line"),
    [
        (None, [[0, 900, 1800, 2700, 3000], [30, 40, 44, 48, 50]]),
        ("1970-01-01T00:30:00Z", [[900, 1800, 2700, 3000], [None, 44, 48, 50]]),
        ("1970-01-01T00:37:30Z", [[1800, 2250, 2700, 3000], [None, 46, 48, 50]]),
        ("1970-01-01T00:45:00Z", [[1800, 2700, 3000], [None, 48, 50]]),
        ("1970-01-01T00:47:30Z", [[2700, 2850, 3000], [None, 49, 50]]),
        ("1970-01-01T00:50:00Z", [[2700, 3000], [None, 50]]),
    ],
)
def test_the_curve_begins_where_people_were_counted_by_hand(open_page, counted, line):
    assert inside_line(open_page(), countedByHandAt=counted) == line


def test_the_curve_is_not_drawn_through_what_is_not_known_before_a_count_by_hand(open_page):
    figures = {"in": [10, 5, None, 3], "out": [0, 1, None, 1]}
    line = inside_line(open_page(), countedByHandAt="1970-01-01T00:37:30Z", **figures)
    assert line == [[1800, 2700, 3000], [None, 48, 50]]
