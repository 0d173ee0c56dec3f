"""The pages of administration in a real browser, on the real service with virtual cameras."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.axe import axe_finds
from tests.support.living_service import LivingService

PASSWORD = "correct horse battery"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


def enter_administrator(living: LivingService, name: str = "anna") -> None:
    """Somebody who may do everything, by the command that a machine's owner has."""
    living.service.command("user", "add", name, "--role", "administrator", "--password-stdin", said=f"{PASSWORD}\n")


def add_webhook(page: Any, address: str, name: str, topic: str) -> None:
    """One that is told of one topic; its page is left open, with its secret."""
    page.goto("/admin/new-webhook")
    page.check("input[name=receiver][value=own]")
    page.fill("#address", address)
    page.fill("#name", name)
    page.uncheck("input[value=IntervalClosed]")
    page.check(f"input[value={topic}]")
    page.click(".webhook-form button[type=submit]")
    page.wait_for_selector(".once code")


def fits(page: Any) -> None:
    """Axe finds nothing, and nothing is wider than the phone."""
    assert axe_finds(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["viewport"]["width"]


@contextmanager
def signed_in_pages(browser: Any, living: LivingService, name: str = "anna") -> Iterator[Callable[..., Any]]:
    """Opens pages as somebody who is signed in; fails where one of them had an error."""
    contexts, complaints = [], []

    def open_page(path: str, **options: Any) -> Any:
        context = browser.new_context(base_url=living.url, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: said.type == "error" and complaints.append(said.text))
        page.goto(f"/sign-in?next={path}")
        page.fill("#name", name)
        page.fill("#password", PASSWORD)
        page.click("main button[type=submit]")
        page.wait_for_url(f"**{path}")
        return page

    try:
        yield open_page
    finally:
        for context in contexts:
            context.close()
    assert complaints == []
