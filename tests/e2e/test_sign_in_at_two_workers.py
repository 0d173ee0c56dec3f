"""Signing in at the service as it runs, with two workers: what one of them knows, the other knows."""

import json
import re

import psutil
import pytest
import requests

from peoplecount.domain.attempts import MOST_OF_ACCOUNT
from tests.support.running import Service

PASSWORD = "correct horse battery"


@pytest.fixture
def service(tmp_path):
    service = Service(tmp_path, WEB_WORKERS="2", SIGNED_OUT_LOOK="off")
    service.command("user", "add", "anna", "--role", "administrator", "--password-stdin", said=PASSWORD)
    service.command("user", "add", "ben", "--password-stdin", said=PASSWORD)
    service.start()
    yield service
    service.end()


def sign_in(service, name, password):
    """A browser of its own, and what it was answered."""
    browser = requests.Session()
    browser.headers["Connection"] = "close"  # so that each request may meet another worker
    browser.trust_env = False
    page = browser.get(f"{service.url}/sign-in", timeout=20)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]
    form = {"name": name, "password": password, "csrf_token": token}
    return browser, browser.post(f"{service.url}/sign-in", data=form, timeout=30, allow_redirects=False)


def test_what_one_worker_knows_of_somebody_the_other_knows(service):
    assert len(psutil.Process(service.process.pid).children()) == 2
    codes = [sign_in(service, "anna", f"guess {number}")[1].status_code for number in range(MOST_OF_ACCOUNT + 3)]
    assert codes == [403] * MOST_OF_ACCOUNT + [429] * 3
    ben, answer = sign_in(service, "ben", PASSWORD)
    assert answer.status_code == 303
    assert [ben.get(f"{service.url}/account", timeout=20).status_code for _ in range(8)] == [200] * 8
    said = service.process.said()
    assert "ben signed in from 127.0.0.1" in said
    assert PASSWORD not in said
    assert "guess" not in said


def test_a_stream_ends_within_seconds_of_its_session_and_of_its_token(service):
    token = service.command("token", "add", "wall").strip()
    ben, _ = sign_in(service, "ben", PASSWORD)
    anybody = requests.get(f"{service.url}/events", timeout=20)
    assert anybody.status_code == 401
    assert json.loads(anybody.text)["status"] == 401

    def stream(**headers):
        return ben.get(f"{service.url}/events", headers=headers, stream=True, timeout=30)

    of_session = stream()
    ben.cookies.clear()
    of_token = stream(Authorization=f"Bearer {token}")
    assert (of_session.status_code, of_token.status_code) == (200, 200)
    service.command("user", "remove", "ben")
    assert b"signed out" in b"".join(of_session.iter_content(None))
    service.command("token", "revoke", "wall")
    assert b"signed out" in b"".join(of_token.iter_content(None))
    assert stream(Authorization=f"Bearer {token}").status_code == 401
