"""A real gunicorn on ``gunicorn.conf.py``, with a small application in the service's place."""

from __future__ import annotations

from pathlib import Path

from tests.support.processes import ROOT, python

STAND_IN = r"""
import os, threading
from flask import Flask, Response, request

if "CLOCK_FAULT" in os.environ:
    from peoplecount.services.played_clock import ClockUnavailable
    raise ClockUnavailable(os.environ["CLOCK_FAULT"])
if "SETTINGS_FAULT" in os.environ:  # as after a change between the master's look and the workers'
    from peoplecount.settings import SettingsError
    raise SettingsError([os.environ["SETTINGS_FAULT"]])

class Service:
    def __init__(self):
        self.stopped = threading.Event()

    def start(self):
        if "START_FAULT" in os.environ:
            raise OSError(os.environ["START_FAULT"])
        print("started", flush=True)

    def welcome_first_administrator(self, start):
        pass

    def stop(self):
        print("stopped", flush=True)
        self.stopped.set()

def stream():
    yield ": hello\n"
    service.stopped.wait()
    yield ": goodbye\n"

service = Service()
app = Flask("stand_in")
app.extensions["peoplecount"] = service
app.add_url_rule("/health/live", "live", lambda: "ok")
app.add_url_rule("/url", "url", lambda: request.base_url)
app.add_url_rule("/events", "events", lambda: Response(stream()))
"""


def stand_in(folder: Path) -> Path:
    """The folder, with the application in it."""
    (folder / "stand_in.py").write_text(STAND_IN)
    return folder


def command(*options: str) -> list[str]:
    """The command line that serves it, from its folder."""
    return python("-m", "gunicorn", "--config", str(ROOT / "gunicorn.conf.py"), *options, "stand_in:app")
