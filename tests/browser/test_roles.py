"""Who may open what, and in which language, at the real service in a real browser."""

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is in requirements-dev.txt")

from tests.support.living_service import living_service

PASSWORD = "a horse of another colour"
ROLES = {"vera": "viewer", "oscar": "operator", "anna": "administrator"}
OPEN_TO = {
    ("viewer", "operator", "administrator"): [
        "/",
        "/sites/test-site",
        "/sites/test-site/evacuation",
        "/history",
        "/alerts",
    ],
    ("operator", "administrator"): ["/fleet", "/integrations"],
    ("administrator",): [
        *("/admin/cameras", "/admin/sites", "/admin/people", "/admin/tokens", "/admin/screens"),
        *("/admin/webhooks", "/admin/alerts", "/admin/reports", "/admin/mail", "/admin/log"),
    ],
}


@pytest.fixture(scope="module")
def living(tmp_path_factory):
    with living_service(tmp_path_factory.mktemp("service")) as living:
        for name, role in ROLES.items():
            living.service.command("user", "add", name, "--role", role, "--password-stdin", said=f"{PASSWORD}\n")
        yield living


@pytest.mark.parametrize("name", ROLES)
def test_each_role_opens_its_pages_in_spanish_and_no_others(living, browser, name):
    context, complaints = browser.new_context(base_url=living.url, locale="es-ES"), []
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto("/sign-in")
    page.fill("#name", name)
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_selector("text=Cerrar sesión")

    for roles, paths in OPEN_TO.items():
        for path in paths:
            assert page.goto(path).status == (200 if ROLES[name] in roles else 403), path
            assert page.get_attribute("html", "lang") == "es", path
    context.close()
    assert complaints == []
