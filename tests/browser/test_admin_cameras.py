"""Cameras at the real service, in a real browser: one is added and its line swapped; a file is imported."""

import csv
from dataclasses import replace

import pytest

from peoplecount.services.camera_import import Outcome
from peoplecount.simulator.crossings import NoTraffic
from peoplecount.simulator.plan import Fleet
from peoplecount.simulator.server import Https, SimulatorServer
from tests.support.living_service import where_it_is_noon
from tests.support.running import Service
from tests.support.spoiled_sheet import ROWS, spoiled_sheet
from tests.support.virtual_cameras import SITE, plan
from tests.support.waiting import wait_until

PASSWORD = "a horse of another colour"


def fleet(*names):
    site = replace(SITE, time_zone=where_it_is_noon())
    plans = (plan(name, serial=f"ZSIM{index:012d}") for index, name in enumerate(names))
    return Fleet(tuple(replace(one, site=site) for one in plans), NoTraffic())


@pytest.fixture
def cameras():
    with SimulatorServer(fleet("hall")) as server:
        yield server


@pytest.fixture
def service(tmp_path):
    service = Service(tmp_path, POLL_INTERVAL="0.2", TIME_ZONE=where_it_is_noon(), BACKFILL_DAYS="0", WEB_WORKERS="2")
    service.command("user", "add", "anna", "--role", "administrator", "--password-stdin", said=f"{PASSWORD}\n")
    service.start()
    yield service
    service.end()


@pytest.fixture
def anna(browser, service):
    """Somebody who is signed in; fails the test if a page had an error."""
    context, complaints = browser.new_context(base_url=service.url, viewport={"width": 390, "height": 844}), []
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: "Content Security Policy" in message.text and complaints.append(message.text))
    page.goto("/sign-in?next=/admin/cameras")
    page.fill("#name", "anna")
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_selector("text=No camera yet")
    yield page
    context.close()
    assert complaints == []


def type_camera(page, **fields):
    for name, text in fields.items():
        page.fill(f"#{name}", text)
    page.click("button:has-text('Test the connection')")
    page.wait_for_url("**/tried/*")


def figure(page, door_id, direction):
    return int(page.text_content(f'[data-figure="door/{door_id}/{direction}"]').strip() or 0)


def test_a_camera_is_added_end_to_end_and_its_line_swapped(anna, cameras):
    camera = cameras.simulation.fronts["hall"].camera.plan
    anna.click("text=Add a camera")
    type_camera(anna, name="Hall", address=cameras.address("hall"), user="admin", password="not this one")
    assert "refuses the user name or password" in anna.text_content(".findings")
    anna.click("text=Change what was typed")
    anna.wait_for_selector("#address")
    assert anna.input_value("#password") == ""
    assert anna.input_value("#name") == "Hall"
    type_camera(anna, password=camera.password)
    assert "ZSIM000000000000" in anna.text_content(".answer")
    anna.fill("input[name^='new-door:']", "Main gate")
    anna.click("button:has-text('Enter this camera')")
    anna.wait_for_url("**/admin/cameras/hall")
    assert "Hall is entered" in anna.text_content(".admin > .done")

    anna.goto("/")
    anna.wait_for_selector("tr.door .name:has-text('Main gate')")
    door_id = anna.get_attribute("tr.door", "data-row").removeprefix("door/")
    before = figure(anna, door_id, "in")
    cameras.simulation.walk("hall", entered=3)
    wait_until(lambda: figure(anna, door_id, "in") == before + 3, seconds=20)

    anna.goto("/admin/cameras/hall")
    anna.click("summary:has-text('Swap in and out')")
    anna.click("button:has-text('Swap in and out')")
    anna.wait_for_selector(".tag:has-text('in and out swapped')", state="attached")
    anna.goto("/")
    anna.wait_for_selector(f'[data-figure="door/{door_id}/out"]')

    def walks_in_and_is_counted_out():
        cameras.simulation.walk("hall", entered=1)
        return figure(anna, door_id, "out") > 0

    wait_until(walks_in_and_is_counted_out, seconds=60)
    anna.goto("/admin/log")
    said = anna.text_content(".changes")
    assert all(words in said for words in ("added Hall", "added Main gate", "swapped "))
    assert camera.password not in anna.content()


def write_file(path, rows):
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
    return path


def said_of(page):
    """By the number of the row: the verdict, and the words with it."""
    cells = page.eval_on_selector_all(
        ".verdicts tbody tr",
        "rows => rows.map(row => [row.cells[0].innerText, row.querySelector('.verdict').dataset.outcome,"
        " [...row.querySelectorAll('p')].map(one => one.innerText).join(' ')])",
    )
    return {int(number): (outcome, words) for number, outcome, words in cells}


def test_two_hundred_rows_with_every_fault_get_their_verdicts_and_show_no_password(anna, tmp_path):
    with spoiled_sheet() as sheet:
        file = write_file(tmp_path / "cameras.csv", sheet.rows)
        anna.goto("/admin/cameras/import")
        anna.set_input_files("#file", file)
        anna.check("input[name=make-sites]")
        anna.click("button:has-text('Import')")
        anna.wait_for_selector(f"text={ROWS} of {ROWS} rows are done", timeout=150_000)
        verdicts, page = said_of(anna), anna.content()
        assert verdicts.keys() == set(range(2, ROWS + 2))
        for number, (outcome, said) in sheet.expected.items():
            assert verdicts[number][0] == outcome.value, (number, verdicts[number])
            assert said.lower() in verdicts[number][1].lower(), (number, verdicts[number])
        others = {number: said for number, said in verdicts.items() if number not in sheet.expected}
        assert set(others.values()) == {(Outcome.ADDED.value, "")}
        assert not [password for password in sheet.passwords if password in page and password != "wrong"]
        anna.click("text=Only those with something to do")
        anna.wait_for_selector("text=All rows")
        assert said_of(anna).keys() == sheet.expected.keys()


def test_a_file_is_imported_with_certificates_accepted_once_for_all(anna, tmp_path):
    with SimulatorServer(fleet("north", "south"), https=Https.ONLY) as server:
        rows = [
            {
                "name": front.camera.plan.camera_id,
                "address": server.address(front.camera.plan.camera_id),
                "user": "admin",
                "password": front.camera.plan.password,
                "site": "Harbour",
            }
            for front in server.simulation.fronts.values()
        ]
        rows.append(rows[0] | {"name": "Nobody", "address": "http://127.0.0.1:1"})
        file = write_file(tmp_path / "cameras.csv", rows)
        anna.click("text=Import from a file")
        anna.set_input_files("#file", file)
        anna.check("input[name=make-sites]")
        anna.click("button:has-text('Import')")
        anna.wait_for_selector("text=3 of 3 rows are done")
        assert anna.locator(".certificates li").count() == 2
        anna.set_input_files("#file", file)
        anna.click("button:has-text('Accept 2 certificates and import')")
        anna.wait_for_selector(".verdict:has-text('added')")
        anna.wait_for_selector("text=3 of 3 rows are done")
        assert anna.locator("td .verdict:has-text('added')").count() == 2
        anna.goto("/admin/cameras?q=harbour")
        assert anna.locator(".camera-rows li").count() == 2
