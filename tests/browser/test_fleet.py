"""The page of the fleet in a real browser, on a wide screen and on a phone."""

import pytest

from peoplecount.domain.device_facts import DeviceFacts
from peoplecount.domain.user import Role
from tests.support.board_service import Server
from tests.support.busy_day import GATES, busy_afternoon
from tests.support.fleet import WatchedFleet
from tests.support.people import PASSWORD, People


@pytest.fixture
def installation(tmp_path):
    """A busy afternoon whose garden camera does not answer, and an operator."""
    people = People(tmp_path)
    people.enters("olga", Role.OPERATOR)
    service = busy_afternoon()
    fleet = WatchedFleet(service, people.store)
    for gate in GATES:
        fleet.has(gate)
    for ago in range(96):
        fleet.noted(ago, **{gate.camera: tally(gate.camera, ago) for gate in GATES})
    fleet.devices(garden=DeviceFacts("XNF-8010", "ZS123", "1.40.02", "classic", 1, "http://garden.example"))
    server = Server(people.app(service, fleet=fleet.desk))
    with service.following():
        server.start()
        try:
            yield server
        finally:
            service.hub.close("the test is over")
            server.stop()
            people.close()


def tally(camera, ago):
    """The garden's was lost two quarters ago, and the foyer's answers slowly at night."""
    if camera == "garden" and ago < 2:
        return 90, 90, 0
    milliseconds = 120_000 if camera == "foyer" and 40 < ago < 60 else 5_000 + 40 * (ago % 24)
    return 90, 1 if ago % 31 == 7 else 0, milliseconds


@pytest.fixture
def visit(browser, installation):
    contexts, complaints = [], []

    def visit(width):
        context = browser.new_context(viewport={"width": width, "height": 900}, base_url=installation.url)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        page.goto("/sign-in?next=/fleet")
        page.fill("#name", "olga")
        page.fill("#password", PASSWORD)
        page.click("main button[type=submit]")
        page.wait_for_selector(".cameras-of-fleet")
        return page

    yield visit
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.mark.parametrize("width", [1300, 390])
def test_from_the_fleet_to_the_camera_with_trouble_and_back(visit, width):
    page = visit(width)
    assert page.locator(".cameras-of-fleet > li").first.get_attribute("data-camera") == "garden"
    assert page.locator(".cameras-of-fleet > li .strip").first.bounding_box()["width"] > 150
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "nothing is cut off at the side"
    page.fill("#q", "foyer")
    page.click(".sieve button")
    page.wait_for_url("**/fleet?q=foyer**")
    assert page.locator(".cameras-of-fleet > li").count() == 1
    page.click("text=Show all")
    page.click(".states a:has-text('does not answer')")
    page.wait_for_url("**state=down**")
    page.click(".cameras-of-fleet a.name")
    page.wait_for_url("**/fleet/garden")
    assert "is the camera switched on" in page.text_content(".remarks")
    assert "XNF-8010" in page.text_content("main")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.click("text=All cameras")
    page.wait_for_url("**/fleet")
