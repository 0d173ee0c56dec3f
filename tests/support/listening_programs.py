"""Programs that people use to read a stream, run as they run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from typing import Any

from peoplecount.domain.event_id import EventId
from tests.support.stream_reader import events
from tests.support.waiting import wait_until

NODE_MODULES = "/usr/share/nodejs"
"""Where Debian's node-eventsource lies; NODE_PATH names another place."""

HTTPX = """
import json, sys, httpx
from httpx_sse import connect_sse
url, last_id = sys.argv[1:]
headers = {"Last-Event-ID": last_id} if last_id else {}
with httpx.Client(timeout=30, trust_env=False) as client, connect_sse(client, "GET", url, headers=headers) as source:
    for one in source.iter_sse():
        print(json.dumps([one.event, one.data, one.id]), flush=True)
"""

SSECLIENT = """
import json, sys, requests, sseclient
url, last_id = sys.argv[1:]
headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": last_id} if last_id else {})
for one in sseclient.SSEClient(requests.get(url, stream=True, headers=headers, timeout=30)).events():
    print(json.dumps([one.event, one.data, one.id]), flush=True)
"""

NODE = """
const EventSource = require("eventsource").EventSource ?? require("eventsource");
const [url, lastId] = process.argv.slice(1);
const source = new EventSource(lastId ? `${url}?lastEventId=${lastId}` : url);
for (const kind of ["snapshot", "gap", "readings", "goodbye", "PeopleCountingUpdate"]) {
  source.addEventListener(kind, (event) => console.log(JSON.stringify([kind, event.data, event.lastEventId])));
}
"""

PROGRAMS = ("curl", "httpx-sse", "sseclient-py", "eventsource")


def command(program: str, url: str, last_id: str) -> list[str]:
    """How it is started."""
    if program == "curl":
        header = ["--header", f"Last-Event-ID: {last_id}"] if last_id else []
        return [shutil.which("curl") or "curl", "--no-buffer", "--silent", *header, url]
    if program == "eventsource":
        return [shutil.which("node") or "node", "-e", NODE, url, last_id]
    return [sys.executable, "-c", {"httpx-sse": HTTPX, "sseclient-py": SSECLIENT}[program], url, last_id]


def missing(program: str) -> str:
    """What has to be installed for it; empty where it is there."""
    if program == "curl":
        return "" if shutil.which("curl") else "Debian's package curl"
    if program != "eventsource":
        module = {"httpx-sse": "httpx_sse", "sseclient-py": "sseclient"}[program]
        found = subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True, check=False)
        return "" if found.returncode == 0 else f"{program} (requirements-dev.txt)"
    if not shutil.which("node"):
        return "Debian's package nodejs"
    asked = subprocess.run(
        ["node", "-e", 'require("eventsource")'], env=_environment(), capture_output=True, check=False
    )
    return "" if asked.returncode == 0 else "Debian's package node-eventsource, or npm's eventsource"


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return kept | {"NODE_PATH": os.environ.get("NODE_PATH", NODE_MODULES)}


def number(event_id: str) -> int:
    return EventId.parse(event_id).number


class Program:
    """One of them, listening; what it hears is kept."""

    def __init__(self, program: str, url: str, last_id: str = "") -> None:
        self.heard: list[tuple[str, dict[str, Any], str]] = []
        self.known = ""
        """The id of a count that happened before. Its snapshot may be older by a moment; then it hears that, too."""
        self._child = subprocess.Popen(
            command(program, url, last_id), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_environment()
        )
        assert self._child.stdout is not None
        lines = self._child.stdout
        told = _of_curl(lines) if program == "curl" else map(json.loads, lines)
        self._thread = threading.Thread(target=self._listen, args=(told,))
        self._thread.start()

    def _listen(self, told: Iterable[tuple[str, str, str]]) -> None:
        for name, data, last_id in told:
            if data:
                self.heard.append((name, json.loads(data), last_id))

    def names(self) -> list[str]:
        return [name for name, _, _ in self.heard if name != "readings"]

    def people(self) -> list[int]:
        """People in, of each count it has heard of as it came, and not from a camera's history."""
        told = [(data, last_id) for name, data, last_id in self.heard if name == "PeopleCountingUpdate"]
        known = number(self.known) if self.known else 0
        return [data["in"] for data, last_id in told if data["quality"] != "back-filled" and number(last_id) > known]

    def last_id(self) -> str:
        return next(last_id for _, _, last_id in reversed(self.heard) if last_id)

    def hears(self, *people: int) -> None:
        """Wait until it has heard of exactly these."""
        wait_until(lambda: len(self.people()) >= len(people), seconds=40)
        assert self.people() == list(people)

    def begins(self) -> None:
        """Wait for the first event of its stream."""
        wait_until(self.names, seconds=40)

    def ends(self, seconds: float = 20.0) -> None:
        """Wait until it ends by itself."""
        self._child.wait(seconds)

    def stop(self) -> None:
        self._child.kill()
        self._child.wait()
        self._thread.join(10)
        assert self._child.stdout is not None
        self._child.stdout.close()


def _of_curl(lines: Iterable[bytes]) -> Iterator[tuple[str, str, str]]:
    return events(line.rstrip(b"\n") for line in lines)
