"""Who may open what, and in which language, at the real service in a real browser."""

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is in requirements-dev.txt")
pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is in requirements-dev.txt")

from tests.support.axe import axe_finds
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
OTHER_PAGES = [
    *("/account", "/docs", "/fleet/north", "/sites/test-site/audit", "/admin/log?of=person"),
    *("/admin/new-site", "/admin/sites/test-site", "/admin/sites/test-site/commissioning"),
    *(
        "/admin/doors/test-site.east-door",
        "/admin/walk/test-site.east-door",
        "/admin/new-person",
        "/admin/people/vera",
        "/admin/new-token",
    ),
    *("/admin/cameras/new", "/admin/cameras/import", "/admin/cameras/north", "/admin/cameras/north/remove"),
    *("/admin/new-webhook", "/admin/new-alert", "/admin/new-report", "/no/such/page"),
]
"""Of an administrator."""


@pytest.fixture(scope="module")
def living(tmp_path_factory):
    with living_service(tmp_path_factory.mktemp("service")) as living:
        for name, role in ROLES.items():
            living.service.command("user", "add", name, "--role", role, "--password-stdin", said=f"{PASSWORD}\n")
        yield living


@pytest.mark.parametrize("name", ROLES)
def test_each_role_opens_its_pages_in_spanish_and_no_others(living, browser, name):
    context, complaints = browser.new_context(base_url=living.url, locale="es-ES"), []
    page = sign_in(context, name)
    page.on("pageerror", lambda error: complaints.append(str(error)))

    for roles, paths in OPEN_TO.items():
        for path in paths:
            assert page.goto(path).status == (200 if ROLES[name] in roles else 403), path
            assert page.get_attribute("html", "lang") == "es", path
    context.close()
    assert complaints == []


def sign_in(context, name):
    """A page of somebody who has signed in."""
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.goto("/sign-in")
    page.fill("#name", name)
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_selector(".who button")
    return page


PAGES = [*(path for paths in OPEN_TO.values() for path in paths), *OTHER_PAGES]


def test_axe_finds_nothing_on_any_page_and_none_is_wider_than_a_phone(living, browser):
    context = browser.new_context(base_url=living.url, viewport={"width": 390, "height": 844})
    page = sign_in(context, "anna")
    for path in PAGES:
        page.goto(path)
        assert axe_finds(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") == 390, path
    context.close()


SPACED = """() => {
  const sheet = new CSSStyleSheet();
  const rules = ["line-height: 1.5", "letter-spacing: 0.12em", "word-spacing: 0.16em"];
  sheet.replaceSync(`* { ${rules.map((rule) => `${rule} !important;`).join(" ")} }`);
  document.adoptedStyleSheets = [sheet];
}"""
"""As WCAG 2.2 has it in 1.4.12."""

IS_COVERED = """() => {
  const { left, right, top, bottom } = document.activeElement.getBoundingClientRect();
  const [x, y] = [(left + right) / 2, (Math.max(0, top) + Math.min(innerHeight, bottom)) / 2];
  const seen = document.elementFromPoint(x, y);
  const covering = seen?.closest(".top");
  return covering !== null && !covering?.contains(document.activeElement);
}"""


@pytest.mark.parametrize("width", [320, 768], ids=["400 per cent", "a tablet"])
def test_enlarged_and_spaced_no_page_is_wider_than_its_window(living, browser, width):
    context = browser.new_context(base_url=living.url, viewport={"width": width, "height": 256}, locale="es-ES")
    page = sign_in(context, "anna")
    for path in [*PAGES, "/wall"]:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") == width, path
        page.evaluate(SPACED)
        assert page.evaluate("document.documentElement.scrollWidth") == width, path
    context.close()


@pytest.mark.parametrize("size", [(640, 512), (1100, 640)])
def test_the_head_of_a_page_covers_nothing_that_has_the_focus(living, browser, size):
    width, height = size
    context = browser.new_context(base_url=living.url, viewport={"width": width, "height": height}, locale="es-ES")
    page = sign_in(context, "anna")
    for path in ("/sites/test-site", "/admin/new-alert", "/admin/cameras/north", "/integrations"):
        page.goto(path)
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        page.locator(".languages button").last.focus()
        for _ in range(60):
            page.keyboard.press("Shift+Tab")
            if page.evaluate("document.activeElement === document.body"):
                break
            assert not page.evaluate(IS_COVERED), (path, page.evaluate("document.activeElement.outerHTML"))
    context.close()
