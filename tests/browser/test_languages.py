"""Pages in Spanish, in a real browser."""

import pytest

from peoplecount.domain.user import Role
from tests.support.board_service import Server
from tests.support.busy_day import GATES, busy_afternoon
from tests.support.people import PASSWORD, People


@pytest.fixture
def shop(tmp_path):
    people = People(tmp_path)
    people.enters("ana", Role.ADMINISTRATOR)
    service = busy_afternoon()
    server = Server(people.app(service))
    with service.following():
        server.start()
        try:
            yield people, service, server
        finally:
            service.hub.close("the test is over")
            server.stop()
            people.close()


def test_somebody_signs_in_in_spanish_stays_in_it_and_switches(shop, visit):
    people, service, server = shop
    page = visit(f"{server.url}/account", locale="es-ES")
    assert page.get_attribute("html", "lang") == "es"
    page.fill("#name", "ana")
    page.fill("#password", PASSWORD)
    page.click("main button:has-text('Iniciar sesión')")
    page.wait_for_url(f"{server.url}/account")
    assert "Rol: administrador. Sedes: todas las sedes." in page.text_content("main")
    page.goto(f"{server.url}/admin/people")
    assert page.text_content("h1") == "Usuarios"

    page.goto(f"{server.url}/sites/station")
    page.wait_for_selector('#connection[data-state="live"]')
    assert page.text_content("#connection-words") == "En vivo"
    figure = page.locator('[data-figure="site/station/in"]')
    before = figure.text_content()
    assert "." in before  # thousands, as Spanish writes them
    service.count(GATES[0], 5000, 0)
    page.wait_for_function(
        "before => document.querySelector('[data-figure=\"site/station/in\"]').textContent !== before", arg=before
    )
    assert int(figure.text_content().replace(".", "")) == int(before.replace(".", "")) + 5000
    assert "hace" in page.locator("[data-age]").first.text_content()

    page.click(".languages button:has-text('English')")
    page.wait_for_selector('html[lang="en"]')
    assert page.url == f"{server.url}/sites/station"
    assert "," in page.text_content('[data-figure="site/station/in"]')
    assert people.accounts.book.find("ana").language == "en"
