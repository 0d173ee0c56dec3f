"""What is usual beside today, in a browser."""

import re
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is in requirements-dev.txt")

from playwright.sync_api import expect

from peoplecount.domain.event import Quality
from peoplecount.domain.history_period import day_start
from peoplecount.domain.roll_up import HOUR, QUARTER
from tests.support.busy_day import STATION
from tests.support.waiting import wait_until

NOON = 12

KEEP_CHARTS = """() => {
  const construct = (target, some) => {
    const plot = new target(...some);
    if (plot.series.some((one) => one.label === "usual")) window.drawn = plot;
    return plot;
  };
  window.uPlot = new Proxy(uPlot, { construct });
}"""


def test_today_is_told_beside_what_is_usual(open_page, service):
    usual_weeks(service)
    page = open_page()
    words = page.locator('[data-usual="in/station"]')
    expect(words).to_have_text(re.compile(r"^\d+% below the usual [\d,]+ by now$"))
    expect(open_page("/").locator('[data-usual="in/station"]')).to_have_text(words.inner_text())
    client = service.app.test_client()
    wait_until(lambda: f'data-usual="in/station">{words.inner_text()}<' in client.get("/").text)
    row = next(one for one in client.get("/chart/usual").json["sites"] if one["siteId"] == "station")
    entered, left = (row["hours"][NOON][direction] for direction in ("in", "out"))
    assert drawn_at(page, NOON * HOUR) == [entered[2] / 4, entered[0] / 4, -left[0] / 4, -left[2] / 4]


def test_the_table_of_today_has_the_usual_and_the_people_inside_with_scripts_and_without(open_page, service):
    usual_weeks(service)
    for row in service.history.rows[9:12] + service.history.rows[18:27]:
        row.quality = Quality.MISSING
    page = open_page()
    page.locator(".day-table summary").click()
    expect(page.locator("[data-day-rows] tr")).to_have_count(57)
    last = page.locator("[data-day-rows] tr").last.locator("td")
    expect(last.nth(1)).to_have_text(re.compile(r"^\d+\D\d+$"))
    expect(last.nth(4)).to_have_text(page.locator('[data-figure="site/station/occupancy"]').inner_text())
    plain = open_page(live=False, java_script_enabled=False)
    wait_until(lambda: plain.reload() and rows_of(plain) == rows_of(page))
    assert marks_of(plain) == marks_of(page) == {"estimated", "part", "missing"}


def rows_of(page) -> list[str]:
    return [row.text_content() for row in page.locator("[data-day-rows] tr").all()]


def marks_of(page) -> set[str]:
    return {mark.get_attribute("data-quality") for mark in page.locator("[data-day-rows] .doubt").all()}


def drawn_at(page, after: timedelta) -> list[float]:
    """The edges of the band that is drawn of a quarter of the day: most and fewest in, fewest and most out."""
    page.evaluate(KEEP_CHARTS)
    page.emulate_media(color_scheme="dark")  # then they are made anew
    page.wait_for_function("() => window.drawn?.data[0].length === 96")
    return page.evaluate("(quarter) => window.drawn.data.slice(-4).map((edge) => edge[quarter])", after // QUARTER)


def usual_weeks(service, more: float = 1.3) -> None:
    """The weeks before were busier than today, and nobody came at night."""
    today = [replace(row) for row in service.history.rows]
    midnight = day_start(
        service.clock.now().astimezone(ZoneInfo(STATION.time_zone)).date(), ZoneInfo(STATION.time_zone)
    )
    told = {row.start.replace(minute=0) for row in today if row.site_id == STATION.site_id}
    nights = {midnight + number * HOUR for number in range(24)} - told
    today += [replace(today[0], site_id=STATION.site_id, start=one, in_count=0, out_count=0) for one in nights]
    for week in range(1, 5):
        service.history.rows += [
            replace(row, start=row.start - timedelta(weeks=week), in_count=int(row.in_count * (more + week / 10)))
            for row in today
        ]
