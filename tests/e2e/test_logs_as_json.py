"""The log of the real service as JSON: every line an object, also gunicorn's own and those of threads."""

import json

import pytest
import requests

from tests.support.living_service import living_service
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def living(tmp_path_factory):
    folder = tmp_path_factory.mktemp("json")
    with living_service(folder, LOG_FORMAT="json", LOG_LEVEL="DEBUG", ACCESS_LOG="on") as living:
        yield living


def lines(living):
    text = (living.folder / "service.txt").read_text()
    return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]


def test_every_line_is_an_object_gunicorns_first_words_among_them(living):
    said = lines(living)
    assert [one["logger"] for one in said if one["message"].startswith("Starting gunicorn")] == ["gunicorn.error"]
    assert {"time", "level", "logger", "process", "message"} <= set.intersection(*(set(one) for one in said))


def test_a_request_is_found_by_its_id(living):
    answer = requests.get(f"{living.url}/api/v1/sites", timeout=10)
    known = answer.headers["X-Request-Id"]
    (found,) = wait_until_some(lambda: [one for one in lines(living) if one.get("requestId") == known])
    assert (found["path"], found["status"], found["method"]) == ("/api/v1/sites", 200, "GET")


def test_what_is_said_of_a_camera_carries_its_id(living):
    living.go_away()
    wait_until_some(lambda: [one for one in lines(living) if one.get("cameraId") == "north"])
    living.come_back()


def wait_until_some(find):
    wait_until(find, 30)
    return find()
