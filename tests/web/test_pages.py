"""The pages, as a browser without scripts sees them."""

import logging
import re

import pytest

from peoplecount.domain.camera import CameraState
from peoplecount.eventlog.log import LocalStoreUnavailable
from peoplecount.log_form import PlainForm
from peoplecount.web.app import compile_templates, create_app
from peoplecount.web.formats import age, clock_time, estimate, opened, people
from tests.support.board_service import BoardService
from tests.support.processes import ROOT
from tests.support.shop import BACK, FRONT, SHOP, at, until


def text_of(answer) -> str:
    """What is read on a page."""
    html = re.sub(r"<script.*?</script>", "", answer.text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_the_page_is_complete_without_scripts(client):
    answer = client.get("/")
    text = text_of(answer)
    assert answer.status_code == 200
    for words in ("Shop", "Inside now 21 of 50", "In today 1,229", "Out today 1,208", "Cameras answering: 3 of 3"):
        assert words in text
    for door in ("Front 1,200 1,190", "Wide 27 18", "Left Wide 20 15", "Right Wide 7 3", "Back 2 0"):
        assert door in text
    assert "These figures are of 14:00:00." in text
    assert 'http-equiv="refresh" content="30"' in answer.text


def test_a_door_of_one_line_is_one_row(client):
    page = text_of(client.get("/")).partition("How sure are")
    assert page[0].count("Front") == 1
    assert page[2].count("Front") == 2  # the line, and the camera of that name


def test_what_is_not_known_is_a_dash_with_a_reason_and_never_zero(client, service):
    until(service, at(8, day=5))
    service.seen(BACK)
    service.catch_up()
    text = text_of(client.get("/"))
    assert "Front not read yet today \N{EN DASH} \N{EN DASH}" in text
    assert "Back 0 0 0 s ago" in text
    assert "without the lines that are not known" in text


def test_a_camera_that_does_not_answer_is_named_with_reason_and_time(client, service):
    service.status(FRONT, CameraState.DOWN, "no route to host", minutes_ago=10)
    service.catch_up()
    answer = client.get("/")
    text = text_of(answer)
    assert "Cameras answering: 2 of 3" in text
    assert "Front not answering since 13:50 no route to host" in text
    assert "Front is not answering" in text
    assert "without the doors whose camera is not answering" in text
    assert re.search(r'data-row="door/shop-front" data-stale="yes"', answer.text)
    assert re.search(r'data-row="door/shop-back" data-stale="no"', answer.text)


def test_an_old_reading_is_marked_old(client, service):
    service.clock.passes(1800)
    service.catch_up()
    answer = client.get("/")
    assert "no new reading" in text_of(answer)
    assert "30 min ago" in text_of(answer)


def test_the_part_that_is_rebuilt_is_the_page_without_its_frame(client):
    part = client.get("/board").text
    assert "<html" not in part
    assert part.count('data-site="shop"') == 1
    assert 'id="snapshot"' in part


def test_names_cannot_break_out_of_the_page(service):
    nasty = type(FRONT)(SHOP, "<b>Door</b>", "evil", name="</script><script>alert(1)</script>")
    service.count(nasty, 1)
    service.catch_up()
    html = service.app.test_client().get("/").text
    assert "<script>alert" not in html
    assert "<b>Door" not in html


def test_without_a_camera_the_page_says_what_to_type():
    service = BoardService([SHOP], now=at(14))
    service.catch_up()
    assert "python -m peoplecount camera add" in text_of(service.app.test_client().get("/"))


def test_before_the_log_is_read_the_page_says_that_it_starts():
    assert "The event log is being opened" in text_of(BoardService([SHOP]).app.test_client().get("/"))


def test_several_sites_are_shown_at_a_glance(service):
    other = type(SHOP)("kiosk", "Kiosk", "Asia/Tokyo")
    service.sites.append(other)
    service.count(type(FRONT)(other, "Hatch", "hatch"), 4)
    service.catch_up()
    answer = service.app.test_client().get("/")
    assert 'aria-label="All sites"' in answer.text
    assert "21:00" in text_of(answer)


@pytest.mark.parametrize("path", ["/", "/board", "/nowhere"])
def test_in_the_demo_every_page_says_so(service, path):
    app = create_app(service.context(demo=True))
    text = text_of(app.test_client().get(path))
    assert ("Demo: invented people" in text) == (path != "/board")
    assert "Demo" not in text_of(service.app.test_client().get(path))


def test_nothing_may_run_or_load_but_what_is_ours(client):
    for path in ("/", "/nowhere", "/static/js/main.js", "/health/live"):
        answer = client.get(path, buffered=True)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    html = client.get("/").text
    assert "style=" not in html
    assert not re.search(r"\son[a-z]+=", html)
    assert not re.search(r"<script(?![^>]*(src|application/json))", html)


def test_every_file_the_page_names_is_there(client):
    html = client.get("/").text
    files = re.findall(r'(?:src|href)="(/static/[^"]+)"', html)
    assert len(files) >= 5
    for file in files:
        answer = client.get(file, buffered=True)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("path", ["/", "/sites/shop", "/sites/shop/evacuation", "/wall"])
def test_live_pages_load_again_by_themselves_in_browsers_that_know_no_modules(client, path):
    html = client.get(path).text
    assert re.search(r'<script type="module" src="/static/js/[a-z]+\.js">', html)
    assert re.search(r'<script nomodule src="/static/js/old\.js" defer>', html)


def test_every_page_that_loads_again_without_scripts_does_so_without_modules_too():
    texts = {path.name: path.read_text("utf-8") for path in (ROOT / "templates").rglob("*.html")}
    renewed = {name for name, text in texts.items() if '<noscript><meta http-equiv="refresh"' in text}
    assert {"dashboard.html", "wall.html", "evacuation.html", "pair.html", "walk.html"} <= renewed
    assert {name for name in renewed if "<script nomodule" not in texts[name]} == set()


def test_an_unknown_address_is_a_page_for_people_and_json_for_programs(client):
    page = client.get("/nowhere", headers={"Accept": "text/html"})
    assert page.status_code == 404
    assert "There is nothing at this address" in text_of(page)
    assert "URL" not in text_of(page), "nothing of the framework's own words"
    program = client.get("/nowhere", headers={"Accept": "application/json"})
    assert program.json["error"] == "There is nothing at this address"


def test_the_wrong_method_is_refused_and_the_right_ones_named(client):
    answer = client.post("/")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_a_failure_shows_a_reference_that_is_in_the_log_and_nothing_else(service, caplog):
    app = create_app(service.context(snapshots=lambda: 1 / 0))
    answer = app.test_client().get("/")
    assert answer.status_code == 500
    reference = re.search(r"reference ([0-9a-f]{12})", text_of(answer))[1]
    assert answer.headers["X-Request-Id"] == reference
    assert reference in caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert "ZeroDivision" not in answer.text
    assert caplog.records[0].levelno == logging.ERROR


def test_what_is_not_available_shows_a_reference_too_that_is_in_the_log_as_it_is_written(service, caplog):
    class Away:
        def open(self, sites):
            raise LocalStoreUnavailable("the store is locked")

    caplog.handler.setFormatter(PlainForm())
    client = create_app(service.context(alerts=Away())).test_client()
    answer = client.get("/alerts", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "The alerts cannot be read just now." in text_of(answer)
    reference = re.search(r"reference ([0-9a-f]{12})", text_of(answer))[1]
    assert answer.headers["X-Request-Id"] == reference
    (line,) = caplog.text.splitlines()
    said = "request GET /alerts was answered with 503: The alerts cannot be read just now."
    assert line.endswith(f"{said} (request {reference})")
    assert "reference" not in text_of(client.get("/nowhere", headers={"Accept": "text/html"}))


@pytest.mark.parametrize(
    ("number", "text"), [(None, "\N{EN DASH}"), (0, "0"), (999, "999"), (1234, "1,234"), (1234567, "1,234,567")]
)
def test_people_are_written_with_separators_and_the_unknown_as_a_dash(number, text):
    assert people(number) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "never"), (-3, "0 s ago"), (0, "0 s ago"), (59.9, "59 s ago"), (60, "1 min ago"), (3599, "59 min ago"),
     (3600, "1 h ago"), (86_399, "23 h ago"), (200_000, "2 d ago")],
)  # fmt: skip
def test_ages_are_in_the_largest_whole_unit(seconds, text):
    assert age(seconds) == text


def test_clock_times_are_those_of_the_place():
    assert clock_time("2026-05-04T12:00:05.000Z", "Asia/Tokyo") == "21:00"
    assert clock_time(at(14), "Europe/Zurich", seconds=True) == "14:00:00"


def test_the_estimate_stands_in_words_beside_the_figure_of_the_doors():
    site = {"occupancyEstimate": 1041, "occupancyLow": 1035, "occupancyHigh": 1048, "clamped": 0}
    assert estimate(site) == "about 1,041, 1,035 to 1,048"
    assert estimate(site | {"clamped": 12}) == "about 1,041, 1,035 to 1,048; 12 more were seen to leave than to come"
    assert estimate({"occupancyEstimate": 5, "occupancyLow": 5, "occupancyHigh": 5, "clamped": 0}) == ""
    assert estimate({"occupancyEstimate": None, "clamped": None}) == ""


@pytest.mark.parametrize(("said", "words"), [(True, "open"), (False, "closed"), (None, "")])
def test_a_site_is_open_or_closed_or_nobody_has_said(said, words):
    assert opened({"open": said}) == words


def test_all_templates_can_be_compiled_before_the_first_page_is_asked_for(service):
    compile_templates(service.app)
    compiled = {key[1] for key in service.app.jinja_env.cache}
    assert {"board.html", "audit.html", "error.html"} <= compiled
