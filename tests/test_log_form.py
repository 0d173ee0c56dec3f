"""Log lines, plain and as JSON."""

import io
import json
import logging
import sys
import warnings

import pytest

from peoplecount import log_form
from peoplecount.domain.log_marks import CAMERA, EVENT, REQUEST, log_marks, marked
from peoplecount.log_form import JsonForm, PlainForm, Unquoted, log_config, log_to_file, log_to_stderr


def line(form, message, *arguments, **more):
    """What becomes of a message."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(form)
    logger = logging.Logger("peoplecount.test")
    logger.addHandler(handler)
    logger.warning(message, *arguments, **more)
    return stream.getvalue().rstrip("\n")


def test_a_line_of_json_says_when_where_and_what():
    told = json.loads(line(JsonForm(), "camera %s: ¿%d?", "north", 3))
    assert told.pop("time").endswith("Z")
    assert told.pop("process")
    assert told == {"level": "WARNING", "logger": "peoplecount.test", "message": "camera north: ¿3?"}


def test_what_a_line_is_about_stands_in_it_as_long_as_it_is():
    with marked(REQUEST, "0123abcd"), marked(CAMERA, "north"), marked(EVENT, "a-7"):
        told = json.loads(line(JsonForm(), "hello"))
        plain = line(PlainForm(), "hello")
    assert (told["requestId"], told["cameraId"], told["eventId"]) == ("0123abcd", "north", "a-7")
    assert plain.endswith("] hello (request 0123abcd, event a-7)")
    assert log_marks() == {}
    assert line(PlainForm(), "hello").endswith("] hello")


def test_an_exception_and_what_a_message_brings_along_are_part_of_the_object():
    try:
        raise ValueError("no\nsuch line")
    except ValueError:
        told = json.loads(line(JsonForm(), "failed", exc_info=True, extra={"fields": {"status": 500}}))
    assert told["status"] == 500
    assert told["exception"].endswith("ValueError: no\nsuch line")


def test_a_line_of_json_is_one_line_whatever_is_said():
    assert "\n" not in line(JsonForm(), "one\ntwo\r\u2028three", exc_info=(ValueError, ValueError("a\nb"), None))


def test_gunicorns_own_messages_take_the_same_way():
    ours = log_config("INFO", "json")["loggers"]["gunicorn.error"]
    assert (ours["handlers"], ours["propagate"], ours["level"]) == ([], True, "INFO")


def test_gunicorn_does_not_write_the_path_of_every_request():
    assert log_config("DEBUG", "plain")["loggers"]["gunicorn.error"]["level"] == "INFO"
    assert log_config("ERROR", "plain")["loggers"]["gunicorn.error"]["level"] == "ERROR"


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("Invalid request from ip=192.0.2.7: Invalid HTTP request line: 'GET /events?ticket=canary'", "line: '...'"),
        ('Invalid request from ip=192.0.2.7: Invalid Header: "X-Key: can\'ary"', "Header: '...'"),
        ("Error handling request /events?ticket=canary", "Error handling request"),
        ("Error handling request GET /events?ticket=canary", "Error handling request GET"),
        ("Error handling request (no URI read)", "(no URI read)"),
    ],
)
def test_what_gunicorn_quotes_of_requests_is_taken_out(said, left):
    record = logging.LogRecord("gunicorn.error", logging.WARNING, "", 0, "%s", (said,), None)
    assert Unquoted().filter(record)
    assert record.getMessage().endswith(left)
    assert "ary" not in record.getMessage()


def test_other_messages_of_gunicorn_stay_as_they_are():
    record = logging.LogRecord(
        "gunicorn.error", logging.INFO, "", 0, "Listening at: %s", ("http://[::1]:80 '7'",), None
    )
    assert Unquoted().filter(record)
    assert record.getMessage() == "Listening at: http://[::1]:80 '7'"


@pytest.fixture
def logging_put_back():
    root, gunicorn = logging.getLogger(), logging.getLogger("gunicorn.error")
    before = root.handlers[:], root.level, gunicorn.propagate
    yield
    logging.captureWarnings(capture=False)
    root.handlers[:], gunicorn.propagate = before[0], before[2]
    root.setLevel(before[1])


def test_pythons_warnings_are_messages_too(logging_put_back, monkeypatch):
    said = io.StringIO()
    monkeypatch.setattr(sys, "stderr", said)
    log_to_stderr("INFO", "json")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        log_to_stderr("INFO", "json")
        logging.captureWarnings(capture=True)
        warnings.warn("old and tired", stacklevel=1)
    (told,) = map(json.loads, said.getvalue().splitlines())
    assert (told["logger"], told["level"]) == ("py.warnings", "WARNING")
    assert "old and tired" in told["message"]


def test_a_file_takes_all_letters_and_a_full_one_is_kept_beside_it(logging_put_back, tmp_path, monkeypatch):
    monkeypatch.setattr(log_form, "FILE_BYTES", 200)
    monkeypatch.setattr(log_form, "FILES_KEPT", 2)
    log_to_file(tmp_path / "log.txt", "INFO")
    for number in range(20):
        logging.getLogger("peoplecount.some").warning("東京 %d", number)
    (handler,) = logging.getLogger().handlers
    handler.close()
    files = sorted(file.name for file in tmp_path.iterdir())
    assert files == ["log.txt", "log.txt.1", "log.txt.2"]
    assert "東京 19" in (tmp_path / "log.txt").read_text("utf-8")
    assert all(file.stat().st_size <= 200 for file in tmp_path.iterdir())
