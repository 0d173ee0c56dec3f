"""A day of an installation, played again in a browser; the installation is left as it was."""

from __future__ import annotations

import hashlib
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

pytest.importorskip("playwright.sync_api", reason="playwright is in requirements-dev.txt")
pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is in requirements-dev.txt")

from playwright.sync_api import expect

from peoplecount.eventlog.data_folder import open_data_folder
from peoplecount.eventlog.log import Append
from tests.support.axe import axe_finds
from tests.support.board_service import BoardService
from tests.support.busy_day import GATES, LIBRARY, STATION
from tests.support.processes import free_port
from tests.support.running import Process, plain_environment, wait_until

SOUTH, FOYER = GATES[2], GATES[6]
ONE_O_CLOCK = datetime(2026, 5, 4, 11, tzinfo=UTC)
AT_ONCE = 100


def prints(folder: Path) -> dict[str, str]:
    """Of every file in a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def installation(tmp_path_factory) -> Path:
    """A data folder in which a day has been counted, and nothing runs."""
    root = tmp_path_factory.mktemp("installation")
    folder = open_data_folder(root / "var")
    day = three_hours()
    term = folder.log.raise_term()
    entries = day.log.read(0, 10_000)
    for first in range(0, len(entries), AT_ONCE):
        some = entries[first : first + AT_ONCE]
        folder.log.append(term, [Append(tuple(entry.event for entry in some))], some[-1].appended_at)
    keep_sites(folder.store, day)
    folder.close()
    return root


def three_hours() -> BoardService:
    """From one o'clock on, every ten seconds somebody goes into a station."""
    day = BoardService([STATION, LIBRARY], ONE_O_CLOCK)
    for number in range(3 * 360):
        day.clock.passes(10)
        day.count(SOUTH, 1, number % 2)
        if number % 20 == 0:
            day.count(FOYER, 1)
    return day


def keep_sites(store, day: BoardService) -> None:
    """As the service keeps its list of cameras for when the database is away."""
    sites = [
        {
            "site_id": site.site_id,
            "name": site.name,
            "time_zone": site.time_zone,
            "capacity": site.capacity,
            "reset_time": "00:00:00",
            "opening_hours": "",
        }
        for site in day.sites
    ]
    store.save_roster(json.dumps({"sites": sites, "doors": [], "cameras": []}))


@pytest.fixture(scope="module")
def replay(installation) -> str:
    """The address of a replay of that day."""
    port = free_port()
    environment = plain_environment(DATA_DIR=str(installation / "var"))
    command = [sys.executable, "-m", "peoplecount", "replay", "--day", "2026-05-04", "--from", "13:30"]
    process = Process(
        [*command, "--speed", "10", "--port", str(port)], installation / "replay.txt", environment, installation
    )
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        try:
            return requests.get(f"{url}/health/live", timeout=2).ok
        except requests.RequestException:
            return False

    try:
        wait_until(answers, 60, "the replay's first answer", process)
        yield url
        assert process.terminate() == 0
    finally:
        if not process.ended():
            process.kill()


@pytest.fixture(autouse=True)
def patience():
    """The machine may be busy with other tests."""
    expect.set_options(timeout=30_000)
    yield
    expect.set_options(timeout=5_000)


def test_a_replayed_day_is_marked_moves_and_leaves_everything_as_it_was(installation, replay, visit):
    before = prints(installation / "var")
    page = visit(f"{replay}/sites/station")
    bar = page.get_by_role("complementary", name="Replay")
    expect(bar).to_contain_text("Replay of 4 May 2026")
    page.wait_for_selector('#connection[data-state="live"]')
    figure = page.locator("[data-figure='site/station/in']")
    first = figure.inner_text()
    expect(figure).not_to_have_text(first)
    assert axe_finds(page) == []
    for path in ("/", "/wall?site=library", "/sites/station/evacuation"):
        expect(visit(f"{replay}{path}").get_by_role("complementary", name="Replay")).to_be_visible()
    assert prints(installation / "var") == before


def test_every_event_of_its_stream_and_its_snapshot_say_so(replay):
    with requests.get(f"{replay}/events?since=2026-05-04T00:00:00Z", stream=True, timeout=20) as stream:
        told = []
        for line in stream.iter_lines():
            if line.startswith(b"data: "):
                told.append(json.loads(line.removeprefix(b"data: ")))
            if len(told) > 20:
                break
    marked = [one for one in told if one["kind"] in {"snapshot", "PeopleCountingUpdate", "CameraStatus"}]
    assert len(marked) > 10
    assert all(one["replay"] is True for one in marked)


def test_it_is_paused_and_goes_on(replay, visit):
    page = visit(f"{replay}/")
    page.wait_for_selector('#connection[data-state="live"]')
    page.get_by_role("button", name="Pause").click()
    bar = page.get_by_role("complementary", name="Replay")
    expect(bar).to_contain_text("stands still")
    stands = requests.get(f"{replay}/events?limit=1", headers={"Accept": "application/json"}, timeout=20).json()
    again = requests.get(f"{replay}/events?limit=1", headers={"Accept": "application/json"}, timeout=20).json()
    assert stands["events"][0]["time"] == again["events"][0]["time"]
    page.get_by_role("button", name="Go on").click()
    expect(bar).to_contain_text("10 times as fast")
