"""A key that reaches all workers of the real service may ask no more often than at one."""

from __future__ import annotations

import time
from collections import Counter

import pytest
import requests

from tests.support.running import Service

A_MINUTE = 500
ASKED = 900


@pytest.fixture
def service(tmp_path):
    service = Service(tmp_path, WEB_WORKERS="2", API_REQUESTS_PER_MINUTE=str(A_MINUTE))
    service.start()
    try:
        yield service
    finally:
        service.end()


def test_two_workers_answer_what_one_would(service):
    key = service.command("token", "add", "Eager").strip()
    begun = time.monotonic()
    answers: Counter[int] = Counter()
    for _ in range(ASKED):  # each on a connection of its own, so that both workers are reached
        answer = requests.get(f"{service.url}/api/v1/ping", headers={"X-API-Key": key}, timeout=20)
        answers[answer.status_code] += 1
        if answer.status_code == 429:
            assert int(answer.headers["Retry-After"]) >= 1
    filled = (time.monotonic() - begun) * A_MINUTE / 60
    assert set(answers) == {200, 429}
    assert A_MINUTE <= answers[200] <= A_MINUTE * 1.06 + filled
