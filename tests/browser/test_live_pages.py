"""The live pages beside the dashboard: the last minutes, a screen on a wall, an upgrade."""

import re

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is in requirements-dev.txt")
pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is in requirements-dev.txt")

from playwright.sync_api import expect

from peoplecount.domain.camera import CameraState
from peoplecount.domain.counter import BreakKind
from peoplecount.web import page_version
from tests.support.axe import axe_finds
from tests.support.busy_day import GATES
from tests.support.processes import ROOT
from tests.support.waiting import wait_until

SOUTH, FOYER = GATES[2], GATES[6]

COUNT_CONNECTIONS = """() => {
  window.opened = 0;
  const construct = (target, [...some]) => { window.opened += 1; return new target(...some); };
  window.SharedWorker = new Proxy(SharedWorker, { construct });
}"""
LOOK_AGAIN = """(silence) => {
  const now = Date.now;
  Date.now = () => now() + silence;
  document.dispatchEvent(new Event("visibilitychange"));
  Date.now = now;
  return window.opened;
}"""


def test_the_last_minutes_move_and_say_what_is_not_known(open_page, service):
    page = open_page()
    said = page.locator(".minutes-said")
    expect(said).to_have_text(re.compile(r"^\d+ in, \d+ out in the last 15 minutes$"))
    entered = int(said.inner_text().split()[0])
    service.count(SOUTH, 9, 1)
    expect(said).to_contain_text(f"{entered + 9} in, ")
    service.status(SOUTH, CameraState.DOWN, "no route to host")
    expect(said).to_contain_text("not all doors are known")


def test_the_last_minutes_are_a_table_too_which_grows(open_page, service):
    page = open_page()
    rows = page.locator("[data-minute-rows] tr")
    assert rows.count() == 0, "it costs nothing while nobody reads it"
    page.locator(".minutes-table summary").click()
    expect(rows.first.locator("th")).to_have_text(re.compile(r"^14:\d\d$"))
    assert 14 <= rows.count() <= 16
    entered = int(rows.first.locator("td").first.inner_text())
    service.count(SOUTH, 7)
    expect(rows.first.locator("td").first).to_have_text(str(entered + 7))
    assert axe_finds(page, light_and_dark=False) == []
    service.status(SOUTH, CameraState.DOWN, "no route to host")
    expect(rows.first).to_contain_text("not all doors are known")


def test_minutes_of_the_table_add_up_though_people_are_shared_out_among_them(open_page):
    minutes = open_page().evaluate("""async () => {
      const { byMinute } = await import("/static/js/minutes.js");
      const times = Array.from({ length: 90 }, (_, index) => 1_777_888_830 + index * 10);
      const row = (value) => times.map(() => value);
      return byMinute({ times, in: row(0), out: row(1), inDoubt: row(7 / 90), outDoubt: row(0) });
    }""")
    assert [one["from"] % 60 for one in minutes] == [0] * len(minutes)
    assert minutes[0]["from"] > minutes[-1]["from"] > 1_777_888_830, "the newest first, and none in part"
    assert sum(one["in"] for one in minutes) == 7
    assert {one["out"] for one in minutes[1:]} == {6}
    assert all(one["isDoubtful"] for one in minutes)


def test_the_last_minutes_remember_whom_a_camera_lost_once_it_is_back(open_page, service):
    page = open_page()
    said = page.locator(".minutes-said")
    service.status(SOUTH, CameraState.DOWN, "no route to host")
    expect(said).to_contain_text("not all doors are known")
    service.clock.passes(200)
    service.status(SOUTH, CameraState.UP)
    service.seen(*GATES)
    expect(said).to_have_text(re.compile(r"in the last 15 minutes$"))
    service.breaks(SOUTH, BreakKind.RESET, "the in total went from 812 to 3 within a day", "who crossed meanwhile")
    expect(said).to_contain_text("not all doors are known")
    expect(page.locator(".trust .break")).to_have_count(1)
    page.reload()
    expect(said).to_contain_text("not all doors are known")


def test_a_gap_of_the_last_minutes_begins_where_the_camera_was_read_last(open_page):
    told = open_page().evaluate("""async () => {
      const { LastMinutes } = await import("/static/js/minutes.js");
      const moment = (second) => new Date(second * 1000).toISOString();
      const gaps = (...events) => {
        const minutes = new LastMinutes("shop");
        const place = { siteId: "shop", cameraId: "south" };
        events.forEach((event, index) => minutes.add({ ...place, id: `x-${index}`, ...event }));
        return minutes.gaps(1000);
      };
      const turned = (state, second) => ({ kind: "CameraStatus", state, since: moment(second) });
      const people = { in: 1, out: 0, quality: "measured" };
      const count = { kind: "PeopleCountingUpdate", from: moment(640), to: moment(650), ...people };
      const broke = { kind: "CounterBreak", break: "reset", unknown: "who crossed", time: moment(700) };
      return [
        gaps(turned("down", 300), turned("credentials rejected", 400), turned("up", 600), broke),
        gaps(turned("up", 600), broke),
        gaps(turned("down", 300), turned("up", 600), count, broke),
        gaps({ ...broke, unknown: "" }, { ...broke, break: "midnight reset" }, { ...broke, time: moment(50) }),
      ];
    }""")
    assert told == [[[300, 700]], [[100, 700]], [[690, 700]], []]


def test_minutes_that_could_not_be_asked_for_are_not_nobody(open_page, service):
    page = open_page(live=False)
    page.route(re.compile(r"/events\?timeout=0&limit=500"), lambda route: route.abort())
    page.reload()
    said = page.locator(".minutes-said")
    expect(said).to_have_text(re.compile(r"^\d+ in, \d+ out since \d\d:\d\d; what was before is not known$"))


def test_all_minutes_are_taken_however_many_answers_they_come_in_and_each_event_once(open_page):
    heard = open_page().evaluate("""async () => {
      const { LastMinutes } = await import("/static/js/minutes.js");
      const now = Date.parse("2026-05-04T12:00:00Z");
      const moment = (number) => new Date(now - 899_000 + number * 1000).toISOString();
      const event = (number) => ({
        id: `x-${number}`, kind: "PeopleCountingUpdate", siteId: "shop", quality: "measured", in: 1, out: 0,
        from: moment(number - 1), to: moment(number),
      });
      const minutes = new LastMinutes("shop");
      let answers = 0;
      window.fetch = async () => {
        answers += 1;
        const events = Array.from({ length: 20 }, (_, index) => event((answers - 1) * 20 + index + 1));
        return { ok: true, json: async () => ({ events, more: answers < 12, next: `x-${answers * 20}` }) };
      };
      minutes.add(event(240));
      await minutes.load(now);
      for (const number of [7, 240, 241]) minutes.add(event(number));
      return [answers, Math.round(minutes.steps(now / 1000).in.reduce((sum, one) => sum + one, 0))];
    }""")
    assert heard == [12, 241]


def test_a_page_without_curves_keeps_no_events_for_them(open_page):
    kept = open_page().evaluate("""async () => {
      const { TodayCharts } = await import("/static/js/chart.js");
      const { Board } = await import("/static/js/board.js");
      const charts = new TodayCharts(document.createElement("div"), new Board(), { now: Date.now }, { of: () => null });
      charts.attach();
      const event = { siteId: "shop", to: "2026-05-04T12:00:00Z", in: 1, out: 0 };
      for (let number = 0; number < 100; number += 1) charts.add({ ...event, id: `x-${number}` });
      return charts.heard.size;
    }""")
    assert kept == 0


def test_of_a_database_that_is_away_all_day_a_page_keeps_sums_and_counts_nobody_twice(open_page):
    told = open_page().evaluate("""async () => {
      const { HeardQuarters } = await import("/static/js/chart-heard.js");
      const heard = new HeardQuarters();
      const one = { siteId: "shop", quarter: 7, in: 1, out: 0, quality: "measured" };
      const add = (number) => heard.add({ ...one, place: ["x", number] });
      const entered = () => heard.of("shop").reduce((total, [, sum]) => total + sum.in, 0);
      for (let number = 1; number <= 100_000; number += 1) add(number);
      const whole = [heard.size <= 20_000, entered(), heard.of("library").length];
      const fits = [null, ["x", 50_000], ["x", 99_990], ["y", 1]].map((place) => heard.fits(place));
      heard.dropUpTo(["x", 99_990]);
      return [...whole, ...fits, entered(), heard.fits(["x", 1])];
    }""")
    assert told == [True, 100_000, 0, False, False, True, False, 10, True]


def test_a_page_that_is_looked_at_again_after_a_silence_connects_anew_and_goes_on(open_page, service):
    page = open_page()
    page.evaluate(COUNT_CONNECTIONS)
    entered = page.locator('[data-figure="site/station/in"]').first
    before = int(entered.inner_text().replace(",", ""))
    service.count(SOUTH, 2)
    expect(entered).to_have_text(f"{before + 2:,}")
    assert page.evaluate(LOOK_AGAIN, 0) == 0
    assert page.evaluate(LOOK_AGAIN, 15_000) == 1, "sooner than by itself, which is after 20 s"
    service.count(SOUTH, 3)
    expect(entered).to_have_text(f"{before + 5:,}")


def test_a_site_that_is_gone_does_not_stay_on_the_page_as_if_it_were_live(open_page, service):
    page = open_page("/wall?site=library")
    expect(page.locator(".wall-inside")).to_have_count(1)
    page.route("**/wall/board**", lambda route: route.fulfill(status=404, body="There is no such site."))
    service.status(FOYER, CameraState.REMOVED, "", minutes_ago=0)
    expect(page.locator("#board")).to_contain_text("This site is not shown any more")
    expect(page.locator(".wall-inside")).to_have_count(0)


def test_a_wall_moves_and_turns_red_in_words_too(open_page, service):
    page = open_page("/wall?site=library")
    field = page.locator('.wall-site[data-site="library"]')
    expect(field).to_have_attribute("data-band", "calm")
    before = int(field.locator(".wall-inside").inner_text())
    service.count(FOYER, 160 - before)
    expect(field.locator(".wall-inside")).to_have_text("160")
    expect(field).to_have_attribute("data-band", "full")
    expect(field.locator(".band")).to_have_text("full")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1440
    assert axe_finds(page) == []


@pytest.mark.parametrize(
    ("path", "place", "figures"),
    [
        ("/", ".tile", "[data-figure]"),
        ("/wall", ".wall-site", ".wall-inside, .wall-flow dd"),
        ("/sites/station", ".site", ".figures .value [data-figure]"),
    ],
)
def test_figures_with_an_old_reading_in_them_are_slanted_and_the_words_say_why(
    open_page, service, path, place, figures
):
    page = open_page(path)
    station = page.locator(f'{place}[data-site="station"]')
    assert slants(station, figures) == {"normal"}
    service.status(SOUTH, CameraState.DOWN, "no route to host")
    expect(station.locator(".cameras-summary")).to_have_text("Cameras answering: 4 of 5")
    expect(station.locator(".cameras-summary")).to_be_visible()
    wait_until(lambda: slants(station, figures) == {"italic"})
    service.clock.passes(180)
    service.seen(*(gate for gate in GATES if gate != SOUTH))
    expect(station.locator('[data-age="site/station"]')).to_have_text("3 min ago")
    assert axe_finds(page) == []
    service.status(SOUTH, CameraState.UP)

    def is_read_again() -> bool:
        service.clock.passes(15)  # after which readings are told anew
        service.seen(*GATES)
        return slants(station, figures) == {"normal"}

    wait_until(is_read_again)


def slants(place, figures: str) -> set[str]:
    script = "(found) => found.map((one) => getComputedStyle(one).fontStyle)"
    return set(place.locator(figures).evaluate_all(script))


@pytest.mark.parametrize(("path", "inside", "flow"), [("/wall?site=library", 300, 90), ("/wall", 100, 40)])
def test_a_wall_is_written_in_letters_for_who_stands_ten_metres_away(open_page, path, inside, flow):
    """A pixel of a screen 1.2 m wide is 0.6 mm, and what is 25 mm high is read at ten metres."""
    page = open_page(path, viewport={"width": 1920, "height": 1080})
    for what, least in ((".wall-inside", inside), (".wall-flow dd", flow), (".wall-site h2", 32)):
        sizes = page.locator(what).evaluate_all("all => all.map(one => parseFloat(getComputedStyle(one).fontSize))")
        assert sizes, what
        assert min(sizes) >= least, what
    assert page.evaluate("document.documentElement.scrollHeight") <= 1080, "all of it is on the screen"


def test_a_wall_fills_the_screen_when_asked_to(open_page):
    page = open_page("/wall?site=library")
    page.get_by_role("button", name="Full screen").click()
    page.wait_for_function("document.fullscreenElement === document.documentElement")
    expect(page.locator("#whole-screen")).to_be_hidden()
    page.evaluate("document.exitFullscreen()")
    expect(page.locator("#whole-screen")).to_be_visible()


def test_an_open_page_loads_again_after_an_upgrade_and_once_only(open_page):
    page = open_page("/")
    page.evaluate("window.untouched = true")
    page.route("**/version", lambda route: route.fulfill(json={"version": "9.9.9-other"}))
    with page.expect_navigation():
        page.evaluate("import('/static/js/upgrade.js').then(({ Upgrade }) => new Upgrade('older').look())")
    page.wait_for_selector('#connection[data-state="live"]')
    assert page.evaluate("window.untouched") is None
    page.evaluate("window.untouched = true")
    page.evaluate("import('/static/js/upgrade.js').then(({ Upgrade }) => new Upgrade('older').look())")
    page.evaluate("fetch('/version')")
    assert page.evaluate("window.untouched")


@pytest.mark.parametrize("path", ["/", "/wall"])
def test_a_browser_that_knows_no_modules_loads_the_page_again_unless_the_service_is_away(open_page, service, path):
    page = open_page(path)
    page.route("**/static/js/*.js", lambda route: route.abort())  # what such a browser does not run
    page.clock.install()
    page.goto(path)
    old = (ROOT / "static" / "js" / "old.js").read_text("utf-8")
    page.evaluate(old)
    inside = page.locator('[data-figure="site/station/occupancy"]')
    before = int(inside.inner_text().replace(",", ""))
    service.count(SOUTH, 9, 1)
    page.route("**/version", lambda route: route.fulfill(status=503))
    with page.expect_response("**/version"):
        page.clock.run_for(30_000)
    assert "is-old" in page.evaluate("document.documentElement.className"), "an error has taken its place"
    page.unroute("**/version")
    with page.expect_navigation():
        page.clock.run_for(30_000)
    expect(inside).to_have_text(f"{before + 8:,}")


def test_a_page_knows_the_version_that_the_service_tells(open_page, service):
    told = service.app.test_client().get("/version").json["version"]
    assert open_page("/").locator("#board").get_attribute("data-version") == told
    assert page_version.peoplecount.__version__ in told


def test_today_is_a_table_too_which_grows(open_page, service):
    page = open_page()
    expect(page.locator('[data-chart="station"] canvas')).to_have_count(2)
    page.locator(".day-table summary").click()
    last = page.locator("[data-day-rows] tr").last
    expect(last.locator("th")).to_have_text("14:00")
    entered = int(last.locator("td").first.inner_text())
    service.count(SOUTH, 4)
    expect(last.locator("td").first).to_have_text(str(entered + 4))
    assert axe_finds(page, light_and_dark=False) == []
