"""The dashboard in a browser."""

import re

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is in requirements-dev.txt")

from playwright.sync_api import expect

from peoplecount.domain.camera import CameraState
from peoplecount.eventlog.log import LogUnavailable
from peoplecount.storage.errors import DatabaseUnavailable
from tests.support.board_service import Gate
from tests.support.busy_day import GATES, LIBRARY, STATION
from tests.support.waiting import wait_until

SOUTH, FOYER = GATES[2], GATES[6]


def figure(page, key: str):
    return page.locator(f'.site [data-figure="{key}"]').first


def number(page, key: str) -> int:
    return int(figure(page, key).inner_text().replace(",", ""))


def shows(page, key: str, value: int) -> None:
    expect(figure(page, key)).to_have_text(f"{value:,}")


def test_numbers_change_in_place_when_people_cross(open_page, service):
    page = open_page()
    page.evaluate("window.untouched = true")
    inside, entered = number(page, "site/station/occupancy"), number(page, "site/station/in")
    at_door = number(page, "door/station-south-entrance/in")
    service.count(SOUTH, 3, 1)
    shows(page, "site/station/occupancy", inside + 2)
    shows(page, "site/station/in", entered + 3)
    shows(page, "door/station-south-entrance/in", at_door + 3)
    assert figure(page, "site/station/in").get_attribute("data-tick")
    assert page.evaluate("window.untouched")


def test_what_is_shown_after_many_changes_is_what_the_server_would_render(open_page, service):
    page = open_page()
    for step in range(200):
        service.count(GATES[step % len(GATES)], step % 3, step % 2)
    service.status(SOUTH, CameraState.DOWN, "timed out")
    expect(page.locator('[data-camera="south"] .words')).to_contain_text("not answering")
    wait_until(lambda: service.board.head == service.log.head())
    assert_shows(page, service, "/sites/station", 18)
    assert_shows(open_page("/"), service, "/", 9)


def assert_shows(page, service, address, least):
    rendered = dict(re.findall(r'data-figure="([^"]+)">([^<]*)<', service.app.test_client().get(address).text))
    assert len(rendered) >= least
    for key, text in rendered.items():
        expect(page.locator(f'[data-figure="{key}"]')).to_have_text(text)


def test_all_sites_at_a_glance_change_in_place(open_page, service):
    page = open_page("/")
    page.evaluate("window.untouched = true")
    tile = page.locator('.tile[data-site="station"]')
    inside = tile.locator('[data-figure="site/station/occupancy"]')
    before = int(inside.inner_text().replace(",", ""))
    service.count(SOUTH, 3, 1)
    expect(inside).to_have_text(f"{before + 2:,}")
    expect(tile.locator('[data-age="site/station"]')).to_have_text(re.compile(r"^\d+ s ago$"))
    service.count(FOYER, 170)
    library = page.locator('.tile[data-site="library"]')
    expect(library.locator(".band")).to_have_text("full")
    expect(library).to_have_attribute("data-stale", "yes")
    expect(library).to_contain_text("Cameras answering: 1 of 2")
    library.locator("a").click()
    page.wait_for_url("**/sites/library")
    expect(page.locator("h1")).to_have_text(LIBRARY.name)


def test_a_site_hears_nothing_of_others(open_page, service):
    page = open_page("/sites/library")
    page.evaluate("window.untouched = true")
    service.count(Gate(STATION, "Car park", "car-park"), 7)
    before = number(page, "site/library/in")
    service.count(FOYER, 2)
    shows(page, "site/library/in", before + 2)
    expect(page.locator("tr.door")).to_have_count(2)
    expect(page.locator("[data-camera]")).to_have_count(2)
    assert page.evaluate("window.untouched")


def test_a_lost_connection_is_told_and_so_is_its_return(open_page, service, server):
    page = open_page()
    before = number(page, "site/station/in")
    service.hub.nudge()
    stop_streams(service, server)
    banner = page.locator("#banner")
    expect(banner).to_contain_text("Live connection lost")
    expect(page.locator("#connection")).to_contain_text("Not live")
    expect(page.locator("#announcer")).to_contain_text("not current")
    service.count(SOUTH, 5)
    come_back(service, server)
    expect(banner).to_contain_text("Live again")
    shows(page, "site/station/in", before + 5)
    expect(page.locator("#connection")).to_contain_text("Live")
    expect(banner).to_be_hidden()


def test_a_page_that_is_connected_again_does_not_call_figures_current_that_are_not_renewed(
    open_page, service, server, monkeypatch
):
    page = open_page()
    stop_streams(service, server)
    banner = page.locator("#banner")
    expect(banner).to_contain_text("Live connection lost")
    with monkeypatch.context() as away:
        away.setattr(service.log, "read", _cannot_be_read)
        away.setattr(service.log, "seen", _cannot_be_read)
        service.clock.passes(60)
        wait_until(lambda: "not renewed" in service.board.snapshot(service.clock.now())["trouble"])
        come_back(service, server)
        expect(banner).to_have_text("Connected again, but the figures are not renewed.")
        expect(page.locator("#announcer")).to_have_text("Connected again, but the figures are not renewed.")
        expect(page.locator("[data-trouble]")).to_contain_text("not renewed")
    expect(banner).to_be_hidden()
    expect(page.locator("[data-trouble]")).to_be_hidden()


def _cannot_be_read(*_args, **_options):
    raise LogUnavailable("away")


def stop_streams(service, server) -> None:
    """The service goes away, as on a restart."""
    service.hub.close("restart")
    wait_until(lambda: service.hub.open_streams == 0)
    server.stop()


def come_back(service, server) -> None:
    service.hub._closed = ""
    server.start()


def test_a_page_whose_log_was_restored_repaints_itself(open_page, service):
    page = open_page()
    service.log.start_epoch()
    service.wake.set()
    before = number(page, "site/station/in")
    service.count(SOUTH, 4)
    shows(page, "site/station/in", before + 4)


def test_a_camera_that_fails_and_recovers_is_seen(open_page, service):
    page = open_page()
    row = page.locator('[data-row="door/station-south-entrance"]')
    summary = page.locator('[data-answering="station"]')
    expect(row).to_have_attribute("data-stale", "no")
    service.status(SOUTH, CameraState.DOWN, "no route to host")
    expect(row).to_have_attribute("data-stale", "yes")
    expect(row).to_contain_text("South is not answering")
    expect(summary).to_have_text("Cameras answering: 4 of 5")
    expect(page.locator('[data-camera="south"]')).to_contain_text("no route to host")
    service.status(SOUTH, CameraState.UP)
    expect(row).to_have_attribute("data-stale", "no")
    expect(summary).to_have_text("Cameras answering: 5 of 5")


def test_a_new_door_appears_by_itself_and_a_removed_camera_goes(open_page, service):
    page = open_page()
    page.evaluate("window.untouched = true")
    service.count(Gate(STATION, "Car park", "car-park"), 7)
    row = page.locator('[data-row="door/station-car-park"]')
    expect(row).to_contain_text("Car park")
    expect(row).to_contain_text("7")
    service.count(Gate(STATION, "Car park", "car-park"), 1)
    expect(row).to_contain_text("8")
    service.status(Gate(STATION, "Car park", "car-park"), CameraState.REMOVED)
    expect(row).to_have_count(0)
    assert page.evaluate("window.untouched")


def test_at_midnight_the_page_begins_anew(open_page, service):
    page = open_page()
    service.clock.passes(10 * 3600)
    service.wake.set()
    expect(figure(page, "site/station/in")).to_have_text("\N{EN DASH}")
    expect(page.locator('[data-why="in/station"]')).to_contain_text("not known")
    service.clock.passes(10)
    service.seen(*GATES)
    shows(page, "site/station/in", 0)
    shows(page, "site/station/occupancy", 0)


def test_ages_tick(open_page):
    page = open_page()
    age = page.locator('[data-age="door/station-south-entrance"]')
    first = age.inner_text()
    assert re.fullmatch(r"\d+ s ago", first)
    expect(age).not_to_have_text(first)


def test_a_reading_that_changed_nothing_still_makes_the_age_young(open_page, service):
    page = open_page()
    service.clock.passes(45)
    service.seen(SOUTH)
    service.follower.step()
    expect(page.locator('[data-age="door/station-south-entrance"]')).to_have_text(re.compile(r"^[0-3] s ago$"))
    expect(page.locator('[data-age="door/station-platform-3"]')).to_have_text(re.compile(r"^(49|5\d) s ago$"))


def test_the_chart_is_drawn_and_grows_with_the_stream(open_page, service):
    page = open_page()
    chart = page.locator('[data-chart="station"]')
    expect(chart.locator("canvas")).to_have_count(2)
    readout = chart.locator(".readout")
    expect(readout).to_have_text(re.compile(r"^14:00 to now: \d+ in, \d+ out$"))
    entered = int(re.search(r"(\d+) in", readout.inner_text())[1])
    service.count(SOUTH, 11)
    expect(readout).to_contain_text(f"{entered + 11} in")


def test_a_quarter_in_which_nobody_has_come_yet_is_known_and_leaves_the_curve_in_place(open_page, service):
    rows = service.history.rows
    newest = max(row.start for row in rows)
    rows[:] = [row for row in rows if row.start < newest]
    page = open_page()
    expect(page.locator('[data-chart="station"] .readout')).to_have_text("14:00 to now: 0 in, 0 out")


def test_a_fingerprint_is_not_cut_off_on_a_phone(open_page, service):
    page = open_page(viewport={"width": 390, "height": 844})
    service.status(SOUTH, CameraState.CERTIFICATE_UNKNOWN, "the certificate is not trusted: SHA-256 " + "AB:CD:" * 30)
    why = page.locator('[data-camera="south"] .why')
    expect(why).to_contain_text("SHA-256")
    box = why.bounding_box()
    assert box["x"] + box["width"] <= 390


def test_without_the_database_the_chart_says_so_and_the_numbers_go_on(open_page, service):
    service.history.error = DatabaseUnavailable("connection refused")
    page = open_page()
    expect(page.locator('[data-chart="station"] .chart-note')).to_contain_text("The database does not answer")
    before = number(page, "site/station/in")
    service.count(SOUTH, 2)
    shows(page, "site/station/in", before + 2)


def test_with_scripts_off_the_figures_are_there(open_page):
    page = open_page(live=False, java_script_enabled=False)
    expect(page.locator(".notice").first).to_contain_text("do not move by themselves")
    assert number(page, "site/station/in") > 1000
    expect(page.locator(".chart").first).to_be_hidden()
    expect(page.locator("#connection")).to_be_hidden()


@pytest.mark.parametrize("width", [360, 390, 768, 1024, 1440, 2560])
def test_no_width_needs_sideways_scrolling(open_page, width):
    page = open_page(viewport={"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_screen_that_is_turned_needs_no_sideways_scrolling_either(open_page):
    page = open_page()
    canvas = page.locator('[data-chart="station"] canvas').first
    wide = canvas.bounding_box()["width"]
    page.set_viewport_size({"width": 360, "height": 780})
    page.wait_for_function("document.documentElement.scrollWidth <= 360")
    wait_until(lambda: canvas.bounding_box()["width"] < 360 < wide)


def test_every_page_of_the_demo_says_so(open_page):
    page = open_page()
    expect(page.locator(".demo")).to_have_text("Demo: invented people")


def test_an_empty_installation_shows_its_first_camera_by_itself(open_page, service):
    for gate in GATES:
        service.status(gate, CameraState.REMOVED)
    wait_until(lambda: not service.board.camera_ids())
    page = open_page("/")
    expect(page.locator(".empty")).to_contain_text("python -m peoplecount camera add")
    service.count(FOYER, 3)
    shows(page, "site/library/in", service._totals[FOYER.key][0])
    expect(page.locator(".site h1")).to_have_text(LIBRARY.name)


@pytest.mark.flaky(reruns=2)  # of a browser on a machine that is busy with something else
def test_two_hundred_lines_that_change_each_second_leave_the_browser_idle(open_page, service):
    page = open_page()
    gates = [Gate(STATION, f"Gate {index}", f"gate-{index}") for index in range(200)]
    for gate in gates:
        service.count(gate, 1)
    expect(page.locator('[data-row="door/station-gate-199"]')).to_have_count(1)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    before = work_of(session)
    for round_ in range(5):
        for gate in gates:
            service.count(gate, 1)
        shows(page, "door/station-gate-199/in", round_ + 2)
    seconds = (work_of(session) - before) / 5
    assert seconds < 0.3, f"{seconds:.3f} s of work for what has to fit in a second"


def work_of(session) -> float:
    """Seconds the page has spent in scripts, styles and layout; a loaded machine makes them longer."""
    metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    return metrics["ScriptDuration"] + metrics["RecalcStyleDuration"] + metrics["LayoutDuration"]
