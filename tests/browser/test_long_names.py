"""Names of institutions and figures of stadiums, on a phone and on screens on walls."""

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is in requirements-dev.txt")

from playwright.sync_api import expect

from peoplecount.domain.camera import CameraState
from peoplecount.domain.site import Site
from tests.support.board_service import BoardService, Gate
from tests.support.busy_day import busy_afternoon

STADIUM = Site("stadium", "Aussenstelle Bundesverwaltungsgericht-Nordwestschweiz (Stadion)", "Europe/Zurich", 50_000)
GATE = Gate(STADIUM, "Haupteingang-Untergeschoss-Parkhausverbindung Ost", "gate")

PHONE = {"width": 390, "height": 844}
OVERHANG = """(found) => found.map((one) => {
  const tile = one.closest("section").getBoundingClientRect();
  return one.getBoundingClientRect().right - tile.right;
})"""


@pytest.fixture
def service() -> BoardService:
    """Four sites, one of which is large."""
    service = busy_afternoon()
    service.sites.append(STADIUM)
    service.status(GATE, CameraState.UP)
    service.count(GATE, 46_999, 86)
    service.seen(GATE)
    return service


def test_they_fit_on_a_phone_and_on_walls(open_page):
    for path in ("/", "/sites/stadium", "/sites/stadium/evacuation", "/wall"):
        page = open_page(path, live=path != "/sites/stadium/evacuation", viewport=PHONE)
        expect(page.get_by_role("heading", name=STADIUM.name).first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
    for path, width in (("/wall", 390), ("/wall", 1024), ("/wall?site=stadium", 1024)):
        page = open_page(path, viewport={"width": width, "height": 800})
        expect(page.locator(".wall-inside span").last).to_have_text("46,913")
        overhang = page.locator(".wall-inside span, .wall-site time, .wall-flow dd span").evaluate_all(OVERHANG)
        assert max(overhang) <= 0, (path, width)
