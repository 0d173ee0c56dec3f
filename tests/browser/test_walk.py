"""The walk test on a phone: from the site to the report, at a camera before which somebody really walks."""

from __future__ import annotations

import pytest

from tests.support.administration_pages import PHONE, enter_administrator, signed_in_pages
from tests.support.living_service import living_service

DOOR = "test-site.east-door"


@pytest.fixture
def living(tmp_path):
    with living_service(tmp_path) as living:
        enter_administrator(living)
        yield living


@pytest.fixture
def open_page(browser, living):
    with signed_in_pages(browser, living) as open_page:
        yield open_page


def shows(page, way, figure):
    page.wait_for_function(
        "([way, figure]) => document.querySelector(`[data-walked=${way}]`)?.textContent === figure", arg=[way, figure]
    )


def test_somebody_walks_through_and_the_report_has_it(living, open_page):
    page = open_page(f"/admin/walk/{DOOR}", **PHONE)
    page.click("button:has-text('Begin')")
    shows(page, "in", "0")
    living.walk("north", entered=3)
    living.walk("south", entered=1, left=2)
    shows(page, "in", "4")
    shows(page, "out", "2")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["viewport"]["width"]
    size = page.evaluate("parseFloat(getComputedStyle(document.querySelector('[data-walked=in]')).fontSize)")
    assert size >= 72, "to be read at arm's length"
    page.reload()
    shows(page, "in", "4")
    page.fill("#in", "4")
    page.fill("#out", "2")
    page.click("button:has-text('That is what I saw')")
    page.wait_for_selector("text=100% right")
    assert "of 6: too few to tell" in page.text_content("main")
    page.goto("/admin/sites/test-site/commissioning")
    assert "East door was tested with 6 crossings" in page.text_content(".open-points")


def test_a_line_drawn_backwards_is_exchanged_on_the_spot(living, open_page):
    page = open_page(f"/admin/walk/{DOOR}", **PHONE)
    page.click("button:has-text('Begin')")
    living.walk("north", entered=1, left=5)
    shows(page, "out", "5")
    page.fill("#in", "5")
    page.fill("#out", "0")
    page.click("button:has-text('That is what I saw')")
    page.wait_for_selector("text=in and out look swapped")
    page.click("button:has-text('north-0-1-1')")
    page.wait_for_selector("text=Test once more")
    page.click("button:has-text('Begin')")
    shows(page, "in", "0")
    living.walk("north", entered=1, left=5)
    shows(page, "in", "5")
