"""Real answers to begin with: what every kind of virtual camera says to every question we ask."""

from __future__ import annotations

import json
from base64 import b64decode
from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from urllib.parse import parse_qsl

from peoplecount.simulator.firmware import AI, MANUAL_JSON, NGINX_JSON, OLD_TEXT, Firmware
from peoplecount.sunapi import queries
from peoplecount.sunapi.query import Query
from tests.support.virtual_cameras import TWO_LINES, CameraUnderTest, plan

DAY = date(2026, 3, 3)
MASTER = "PeopleCount-Master"
NAMES = ("EastDoor", "WestDoor")

CERTIFICATE = b64decode(
    "MIIBXzCCAQWgAwIBAgIUAsUggqkJsHGMWJ3PNb77M63SYi4wCgYIKoZIzj0EAwIwGzEZMBcGA1UEAwwQdmlydHVhbCBjYW1lcmEg"
    "MTAeFw0yNjAxMDEwMDAwMDBaFw0zNjAxMDEwMDAwMDBaMBsxGTAXBgNVBAMMEHZpcnR1YWwgY2FtZXJhIDEwWTATBgcqhkjOPQIB"
    "BggqhkjOPQMBBwNCAAT9ltCwfyg3k3sSmEnsdDRCQ7vhlsTMLUH+Ja3G8/eD6FDB4qXIb7e1XEIxx7/iYrFUgpZQBbuMG0DPlSLz"
    "N9rDoycwJTAPBgNVHREECDAGhwR/AAABMBIGA1UdEwEB/wQIMAYBAf8CAQAwCgYIKoZIzj0EAwIDSAAwRQIgeM/wro2bH2e2gZdL"
    "I6eguLZZ8NNqIJrzGKHjEAzQAcACIQCrOHRUYCnYaGAokRJNzZfTDJT4F1T4vXL7BMA5iPyRzQ=="
)
"""A self-signed one of a virtual camera."""

Samples = Mapping[str, list[bytes]]
"""By what was asked for."""


def answers() -> Samples:
    """Answers of cameras at which people walk by, text and JSON, classic and WiseAI; refusals among them."""
    found: defaultdict[str, list[bytes]] = defaultdict(list)
    for firmware in (OLD_TEXT, MANUAL_JSON, NGINX_JSON, AI):
        _Interview(firmware, found).hold()
    found["log"] = [
        b"Total=2\r\n[2026-03-03 07:31:07] [PowerOn] started\r\n[2026-03-02 00:00:00] [TimeChange] x\r\n",
        b'{"SystemLog":[{"Date":"2026-03-03 07:31:07","Type":"PowerOn","Description":"started"}]}',
    ]
    found["refusals"] = [
        b"NG\r\nError Code: 604\r\nError Details:\r\nInvalid Input Value(s)\r\n",
        b'{"Response":"Fail","Error":{"Code":608,"Details":"Feature Not Implemented "}}',
        b'{"response":"Fail","error":{"code":607,"details":"Unknown Error","reason":"x"}}',
        b"<html><head><title>401 - Unauthorized</title></head></html>",
        b"OK\r\n",
    ]
    return found


class _Interview:
    """Asks one camera everything."""

    def __init__(self, firmware: Firmware, found: defaultdict[str, list[bytes]]) -> None:
        self._camera = CameraUnderTest(plan(firmware=firmware, lines=TWO_LINES))
        self._camera.walk(entered=412, left=398)
        self._found = found

    def hold(self) -> None:
        self._note("info", queries.device_info())
        self._note("date", queries.device_date())
        self._note("apps", queries.installed_apps())
        self._note("limit", queries.channel_limit())
        self._note("classic view", queries.classic_configuration())
        self._note("classic check", queries.classic_counts())
        self._note("capability", queries.wiseai_capability())
        self._note("wiseai view", queries.wiseai_configuration(0))
        self._note("wiseai check", queries.wiseai_counts((0,), 1))
        self._search("classic", queries.classic_search(0, DAY, MASTER, NAMES))
        self._search("wiseai", queries.wiseai_search(0, 1, DAY))

    def _note(self, what: str, query: Query) -> bytes:
        body = self._camera.caller.get(query.target, method=query.method, accept="application/json").body
        self._found[what].append(body)
        return body

    def _search(self, kind: str, start: Query) -> None:
        token = _token(self._note("token", start))
        if token is None:
            return
        classic = kind == "classic"
        status, results = (
            (queries.classic_search_status, queries.classic_search_results)
            if classic
            else (queries.wiseai_search_status, queries.wiseai_search_results)
        )
        self._note("status", status(token))
        self._camera.time.passes(60)
        self._note("status", status(token))
        self._note(f"{kind} history", results(token))


def _token(body: bytes) -> str | None:
    if body.startswith(b"{"):
        fields = {name.lower(): value for name, value in json.loads(body).items()}
    else:
        fields = {name.lower().strip(): value for name, value in parse_qsl(body.decode().strip())}
    token = fields.get("searchtoken")
    return token.strip() if isinstance(token, str) else None
