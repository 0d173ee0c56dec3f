"""What the tab of a page says that stays open all day."""

import re

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is in requirements-dev.txt")

from playwright.sync_api import expect

from tests.browser.test_dashboard import number, stop_streams
from tests.support.busy_day import GATES, STATION

SOUTH = GATES[2]


def icon(page) -> str:
    return page.get_attribute("link[rel=icon]", "href")


def test_it_begins_with_the_people_inside_and_goes_on_with_them(open_page, service):
    page = open_page()
    inside = number(page, "site/station/occupancy")
    expect(page).to_have_title(re.compile(rf"(?:^|· ){inside:,} · {STATION.name} – Peoplecount$"))
    service.count(SOUTH, 6, 1)
    expect(page).to_have_title(re.compile(rf"(?:^|· ){inside + 5:,} · {STATION.name} – Peoplecount$"))


@pytest.mark.parametrize("path", ["/", "/sites/station", "/sites/library"])
def test_the_service_renders_the_same_title(open_page, service, path):
    rendered = re.search(r"<title>\s*(.*?)\s*</title>", service.app.test_client().get(path).text)[1]
    page = open_page(path)
    page.evaluate("document.title = 'none'")
    expect(page).to_have_title(rendered)


def test_all_sites_are_called_so(open_page):
    expect(open_page("/")).to_have_title("All sites – Peoplecount")


def test_a_site_that_is_full_is_seen_in_its_tab(open_page, service):
    page = open_page()
    usual = icon(page)
    service.count(SOUTH, 10_000)
    expect(page).to_have_title(re.compile(r"^full · "))
    assert icon(page) != usual


def test_figures_that_are_not_current_are_left_out(open_page, service, server):
    page = open_page()
    usual = icon(page)
    stop_streams(service, server)
    expect(page).to_have_title(f"Not live · {STATION.name} – Peoplecount")
    assert icon(page) != usual
