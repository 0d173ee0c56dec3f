"""Virtual cameras under a test's own clock, and a caller who knows the password."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from peoplecount.simulator.camera_front import CameraFront
from peoplecount.simulator.clock import PlayedClock
from peoplecount.simulator.crossings import NoTraffic, Traffic
from peoplecount.simulator.fault import FaultOrder
from peoplecount.simulator.firmware import MANUAL_JSON, Firmware
from peoplecount.simulator.http_message import Request, Response
from peoplecount.simulator.plan import CameraPlan, Fleet, LinePlan, SitePlan
from peoplecount.simulator.simulation import Simulation

ZURICH = ZoneInfo("Europe/Zurich")
SITE = SitePlan("Test site", "Europe/Zurich", 100)
CHECK = "/stw-cgi/eventsources.cgi?msubmenu=peoplecount&action=check"
VIEW = "/stw-cgi/eventsources.cgi?msubmenu=peoplecount&action=view"
ONE_LINE = (LinePlan(1, "EastDoor", "East door"),)
TWO_LINES = (LinePlan(1, "EastDoor", "East door"), LinePlan(2, "WestDoor", "West door"))
TWO_CHANNELS = (LinePlan(1, "EastDoor", "East door"), LinePlan(1, "WestDoor", "West door", channel=1))


def zurich(text: str) -> datetime:
    """A local moment in Zürich."""
    return datetime.fromisoformat(text).replace(tzinfo=ZURICH)


class HandMovedTime:
    """The real time, as a test would have it."""

    def __init__(self, text: str = "2026-03-03T10:00:00") -> None:
        self.moment = zurich(text)

    def __call__(self) -> datetime:
        return self.moment

    def passes(self, seconds: float) -> None:
        self.moment = (self.moment.astimezone(ZoneInfo("UTC")) + timedelta(seconds=seconds)).astimezone(ZURICH)

    def reaches(self, text: str) -> None:
        self.moment = zurich(text)


def plan(camera_id: str = "1", firmware: Firmware = MANUAL_JSON, lines: tuple[LinePlan, ...] = ONE_LINE, **more):
    channels = 1 + max(line.channel for line in lines)
    return CameraPlan(
        camera_id=camera_id, name="Entrance", site=SITE, firmware=firmware, lines=lines, channels=channels, **more
    )


class CameraUnderTest:
    """One virtual camera, its clock, and a caller who talks to it."""

    def __init__(
        self,
        camera: CameraPlan | None = None,
        traffic: Traffic | None = None,
        start: str = "2026-03-03T10:00:00",
        **clock,
    ) -> None:
        self.time = HandMovedTime(start)
        fleet = Fleet((camera or plan(),), traffic or NoTraffic())
        self.simulation = Simulation(fleet, PlayedClock(real_now=self.time, **clock))
        self.front: CameraFront = self.simulation.fronts[fleet.cameras[0].camera_id]
        self.caller = Caller(self.front)

    def walk(self, entered: int = 0, left: int = 0, **where: int) -> None:
        self.simulation.walk("all", entered=entered, left=left, **where)

    def inject(self, fault: str, **details: object) -> None:
        self.simulation.inject(FaultOrder.parse({"fault": fault, **details}))

    def totals(self) -> list[tuple[int, int]]:
        """What one poll of the classic interface shows, line by line."""
        elements = self.caller.json(CHECK)["PeopleCount"]
        return [(line["InCount"], line["OutCount"]) for element in elements for line in element["Lines"]]


class Caller:
    """Logs in by digest, keeps the nonce and counts up, as a good client does."""

    def __init__(self, front: CameraFront, *, password: str | None = None, algorithm: str = "MD5") -> None:
        self.front = front
        self.password = front.camera.plan.password if password is None else password
        self.username = front.camera.plan.username
        self._algorithm = algorithm
        self._challenge: dict[str, str] = {}
        self._count = 0

    def get(self, target: str, *, method: str = "GET", **headers: str) -> Response:
        """Ask; on a 401 take the new challenge and ask once more."""
        response = self.send(target, method=method, **headers)
        if response.status != 401:
            return response
        self.take_challenge(response)
        return self.send(target, method=method, **headers)

    def json(self, target: str, **more: str):
        response = self.get(target, accept="application/json", **more)
        assert response.content_type == "application/json", response
        return json.loads(response.body)

    def text(self, target: str) -> str:
        return self.get(target).body.decode()

    def send(self, target: str, *, method: str = "GET", **headers: str) -> Response:
        """Ask once, with what is known of the last challenge."""
        if self._challenge:
            headers["authorization"] = self.authorization(target, method)
        return self.front.respond(Request(method, target, headers), target.partition("?")[0])

    def take_challenge(self, response: Response) -> None:
        texts = [value for name, value in response.headers if name == "WWW-Authenticate"]
        text = next((text for text in texts if f'"{self._algorithm}"' in text), texts[-1])
        self._challenge = dict(re.findall(r'(\w+)="?([^",]*)', text))
        self._count = 0

    def authorization(self, target: str, method: str = "GET", count: int | None = None) -> str:
        self._count = self._count + 1 if count is None else count
        digest = hashlib.sha256 if self._algorithm == "SHA-256" else hashlib.md5
        realm, nonce = self._challenge["realm"], self._challenge["nonce"]

        def of(text: str) -> str:
            return digest(text.encode()).hexdigest()

        account, subject = of(f"{self.username}:{realm}:{self.password}"), of(f"{method}:{target}")
        proof = of(f"{account}:{nonce}:{self._count:08x}:c0ffee:auth:{subject}")
        algorithm = f", algorithm={self._challenge['algorithm']}" if "algorithm" in self._challenge else ""
        return (
            f'Digest username="{self.username}", realm="{realm}", nonce="{nonce}", uri="{target}"{algorithm}, '
            f'qop=auth, nc={self._count:08x}, cnonce="c0ffee", response="{proof}"'
        )
