"""The form of log lines: plain for people, JSON for programs; gunicorn's own lines, too.

Runs in gunicorn's master before gevent patches, and imports little.
"""

from __future__ import annotations

import json
import logging
import logging.config
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from peoplecount.domain.log_marks import log_marks

CHATTY = ("alembic", "apscheduler", "urllib3", "sqlalchemy", "filelock")
"""Libraries that report every step of their daily work; they speak from WARNING on."""

PLAIN, JSON = "plain", "json"
FORMS = (PLAIN, JSON)

_LINE = "%(asctime)s [%(process)d] [%(levelname)s] %(message)s"
_TIME = "[%Y-%m-%d %H:%M:%S %z]"


class PlainForm(logging.Formatter):
    """gunicorn's own form, and behind the message which request or event it is about."""

    def __init__(self) -> None:
        super().__init__(_LINE, _TIME)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  the library's name
        """The line without a traceback."""
        marks = log_marks()
        told = [f"{what} {marks[name]}" for name, what in _SAID.items() if name in marks]
        line = super().formatMessage(record)
        return f"{line} ({', '.join(told)})" if told else line


_SAID = {"requestId": "request", "eventId": "event"}
"""What messages do not name by themselves; cameras they do."""


class JsonForm(logging.Formatter):
    """One object a line: ``time`` (UTC), ``level``, ``logger``, ``process`` and ``message``.

    Where known ``requestId``, ``clientRequestId``, ``cameraId``, ``eventId`` and ``exception``; and what a message
    brings along as ``fields``.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        told: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")[:-6] + "Z",
            "level": record.levelname,
            "logger": record.name,
            "process": record.process,
            "message": record.getMessage(),
            **log_marks(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            told["stack"] = self.formatStack(record.stack_info)
        return json.dumps(told, ensure_ascii=False, default=str)


class Unquoted(logging.Filter):
    """Takes what gunicorn quotes of requests out of its messages: tickets stand there, and ids that let somebody in."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it is said: always."""
        message = record.getMessage()
        if message.startswith(_OF_REQUESTS):
            record.msg, record.args = _ADDRESS.sub("", _QUOTED.sub("'...'", message)), ()
        return True


_OF_REQUESTS = ("Invalid request", "Error handling request")
_QUOTED = re.compile(r"""(?:'.*'|".*"|b'.*)""", re.DOTALL)
_ADDRESS = re.compile(r" /\S*")


_STANDARD_ERROR = {"class": "logging.StreamHandler"}

FILE_BYTES, FILES_KEPT = 10_000_000, 5
"""Of a log in files: how large one grows, and how many earlier ones are kept beside it, as ``.1`` and so on."""


def log_config(level: str, form: str, target: Mapping[str, Any] = _STANDARD_ERROR) -> dict[str, Any]:
    """What ``logging.config`` needs to write messages of ``level`` and above in a form to a ``target``, a handler."""
    # At DEBUG gunicorn writes the path of every request, whatever stands in it.
    gunicorn = {
        "handlers": [],
        "propagate": True,
        "level": "INFO" if level == "DEBUG" else level,
        "filters": ["unquoted"],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": JsonForm if form == JSON else PlainForm}},
        "filters": {"unquoted": {"()": Unquoted}},
        "handlers": {"target": {**target, "formatter": "line"}},
        "root": {"level": level, "handlers": ["target"]},
        "loggers": {**{name: {"level": "WARNING"} for name in CHATTY}, "gunicorn.error": gunicorn},
    }


def log_to_stderr(level: str, form: str = PLAIN) -> None:
    """Write messages of ``level`` and above to standard error; Python's warnings are messages, too."""
    logging.config.dictConfig(log_config(level, form))
    logging.captureWarnings(capture=True)


def log_to_file(file: Path, level: str, form: str = PLAIN) -> None:
    """As ``log_to_stderr``, to a file that one process may write. Raises ``OSError``."""
    file.open("ab").close()  # ``dictConfig`` would raise something else
    rotating = {"class": "peoplecount.rotating_log.RotatingLog", "filename": str(file), "encoding": "utf-8"}
    limits = {"maxBytes": FILE_BYTES, "backupCount": FILES_KEPT}
    logging.config.dictConfig(log_config(level, form, rotating | limits))
    logging.captureWarnings(capture=True)
