"""How far figures can be trusted, in a browser."""

import re

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is in requirements-dev.txt")

from playwright.sync_api import expect

from peoplecount.domain.camera import CameraState
from peoplecount.domain.counter import BreakKind
from peoplecount.domain.event import Quality
from tests.support.busy_day import GATES
from tests.support.waiting import wait_until

SOUTH = GATES[2]
TRUST = '.site[data-site="station"] .trust'


def figure(page, key):
    return page.locator(f'.site [data-figure="{key}"]').first


def number(page, key):
    return int(figure(page, key).inner_text().replace(",", ""))


def rendered(service, pattern):
    return re.findall(pattern, service.app.test_client().get("/sites/station").text)


def test_a_correction_of_today_moves_the_figures_and_is_explained(open_page, service):
    page = open_page()
    page.evaluate("window.untouched = true")
    entered, at_door = number(page, "site/station/in"), number(page, "door/station-south-entrance/in")
    page.locator(f"{TRUST} summary").click()
    service.correct(SOUTH, (25, 3))
    expect(figure(page, "site/station/in")).to_have_text(f"{entered + 25:,}")
    expect(figure(page, "door/station-south-entrance/in")).to_have_text(f"{at_door + 25:,}")
    expect(page.locator(TRUST)).to_contain_text("25 more in and 3 more out than the camera shows.")
    expect(page.locator(f"{TRUST} details")).to_have_attribute("open", "")
    expect(page.locator('[data-trust="site/station"]')).to_have_text("Partly corrected by the camera's history.")
    assert page.evaluate("window.untouched")


def test_a_break_is_told_in_a_sentence_but_not_that_of_every_night(open_page, service):
    page = open_page()
    service.breaks(SOUTH, BreakKind.MIDNIGHT, "the in total went from 9 to 0 on a new day of the camera", "who crossed")
    unknown = "who crossed between the last reading and the reset"
    service.breaks(SOUTH, BreakKind.RESET, "the in total went from 812 to 3 within a day", unknown)
    service.breaks(SOUTH, BreakKind.RESET, "the out total went from 640 to 2 within a day", unknown)
    told = page.locator(f"{TRUST} .break")
    expect(told).to_have_count(1)
    expect(told).to_have_text(
        "South entrance, 14:07: The camera has reset its totals; the in total went from 812 to 3 within a day; "
        f"the out total went from 640 to 2 within a day. Not known: {unknown}."
    )


def test_what_scripts_write_of_trust_is_what_the_server_would_render(open_page, service):
    page = open_page()
    wait_until(lambda: service.board.head == service.log.head())
    for gate, quality, coverage in ((GATES[0], Quality.ESTIMATED, 0.29), (SOUTH, Quality.MISSING, 0.57)):
        service.close(gate, quality, coverage)
        service.count(gate, 2, 1)
    service.close(GATES[6], Quality.BACK_FILLED, 1.0)
    for summary in page.locator(".trust summary").all():
        summary.click()
    words = page.locator('[data-trust="site/station"]')
    expect(words).to_have_text("Partly not known; 43% of the day so far from live readings.")
    wait_until(lambda: service.board.head == service.log.head())
    for key, text in rendered(service, r'data-trust="([^"]+)">([^<]*)<'):
        expect(page.locator(f'[data-trust="{key}"]')).to_have_text(text.replace("&#39;", "'"))
    for key, text in rendered(service, r'data-text="([^"]+)">([^<]*)<'):
        expect(page.locator(f'[data-text="{key}"]')).to_have_text(text)


def test_the_chart_tells_in_words_what_it_draws(open_page, service):
    rows = [row for row in service.history.rows if row.site_id == "station"]
    starts = sorted({row.start for row in rows})
    history, missing = starts[4:6], starts[20:24]
    for row in rows:
        if row.start in history:
            row.quality = Quality.CORRECTED
        if row.start in missing:
            row.quality, row.coverage, row.in_count, row.out_count = Quality.MISSING, 0.0, 0, 0
    page = open_page()
    chart = page.locator('[data-chart="station"]')
    expect(chart.locator(".chart-doubts")).to_have_text(
        "Not known: 11:00 to 12:00. Estimated: 10:00 to 10:30. From the camera's history: 07:00 to 07:30."
    )
    expect(chart.locator(".marks")).to_contain_text("not known")
    with_gap = painted_above_the_bars(chart)
    for row in rows:
        row.quality = Quality.MEASURED
    without = painted_above_the_bars(open_page().locator('[data-chart="station"]'))
    assert with_gap > 1.5 * without, "a gap has a mark of its own, as high as the chart"


def test_a_quarter_of_which_some_lines_are_not_known_is_not_drawn_as_measured(open_page, service):
    rows = [row for row in service.history.rows if row.site_id == "station"]
    starts = sorted({row.start for row in rows})
    for row in rows:
        row.quality = Quality.IMPORTED if row.start == starts[2] else Quality.MEASURED
    known = painted_above_the_bars(open_page().locator('[data-chart="station"]'))
    for row in rows:
        if row.line_id == str(SOUTH.key) and row.start in starts[12:20]:
            row.quality, row.coverage, row.in_count, row.out_count = Quality.MISSING, 0.0, 0, 0
    page = open_page()
    chart = page.locator('[data-chart="station"]')
    assert painted_above_the_bars(chart) > 1.3 * known
    told = "Some lines not known: 09:00 to 11:00. Imported from other software: 06:30 to 06:45."
    expect(chart.locator(".chart-doubts")).to_have_text(told)
    chart.locator(".day-table summary").click()
    note = chart.locator("[data-day-rows] tr", has=page.get_by_role("rowheader", name="09:00")).locator("td").last
    expect(note).to_have_text("some lines not known")
    service.status(SOUTH, CameraState.DOWN, "no route to host")
    service.clock.passes(1800)
    service.seen(*(gate for gate in GATES if gate != SOUTH))
    expect(chart.locator(".readout")).to_contain_text("14:30 to now: 0 in, 0 out, some lines not known")


def painted_above_the_bars(chart) -> int:
    """Painted pixels in the upper rim of the lower chart, where no bar reaches."""
    expect(chart.locator(".readout")).to_contain_text("14:00 to now")
    return (
        chart.locator("canvas")
        .nth(1)
        .evaluate(
            """(canvas) => {
            const context = canvas.getContext("2d");
            const data = context.getImageData(60, 10, canvas.width - 90, canvas.height * 0.08).data;
            let painted = 0;
            for (let index = 3; index < data.length; index += 4) painted += data[index] > 0;
            return painted;
        }"""
        )
    )


def test_without_scripts_the_trust_is_there_as_well(open_page, service):
    service.breaks(SOUTH, BreakKind.RESET, "the in total went from 812 to 3 within a day", "who crossed meanwhile")
    wait_until(lambda: service.board.head == service.log.head())
    page = open_page(live=False, java_script_enabled=False)
    expect(page.locator(f"{TRUST} .break")).to_contain_text("Not known: who crossed meanwhile.")
    page.locator(f"{TRUST} summary").click()
    expect(page.locator(f"{TRUST} tbody tr")).to_have_count(6)
