"""A believable afternoon at three sites, for looking at and for browser tests."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from peoplecount.domain.camera import CameraState
from peoplecount.domain.event import Quality
from peoplecount.domain.site import Site
from tests.support.board_service import AFTERNOON, BoardService, Figures, Gate

STATION = Site("station", "Main station", "Europe/Zurich", capacity=1500)
LIBRARY = Site("library", "City library", "Europe/Zurich", capacity=160)
MARKET = Site("market", "Market hall", "Europe/Zurich")

GATES = (
    Gate(STATION, "North entrance", "north-left", name="Left wing"),
    Gate(STATION, "North entrance", "north-right", name="Right wing"),
    Gate(STATION, "South entrance", "south"),
    Gate(STATION, "Underpass", "underpass-1", name="Stairs"),
    Gate(STATION, "Underpass", "underpass-1", 2, name="Ramp"),
    Gate(STATION, "Platform 3", "platform-3"),
    Gate(LIBRARY, "Foyer", "foyer"),
    Gate(LIBRARY, "Garden door", "garden"),
    Gate(MARKET, "Square side", "square"),
)


def busy_afternoon(*, demo: bool = False, sites: int = 3) -> BoardService:
    """Counts since opening time, one camera that does not answer, one that was late for a while."""
    shown = (STATION, LIBRARY, MARKET)[:sites]
    service = BoardService(shown, demo=demo)
    gates = [gate for gate in GATES if gate.site in shown]
    chance = random.Random(7)
    for gate in gates:
        service.status(gate, CameraState.UP, minutes_ago=8 * 60)
    midnight = datetime.combine(AFTERNOON.astimezone(ZoneInfo("Europe/Zurich")).date(), datetime.min.time())
    opening = midnight.replace(hour=6, tzinfo=ZoneInfo("Europe/Zurich")).astimezone(UTC)
    now = service.clock.now()
    service.clock.passes((opening - now).total_seconds())
    while service.clock.now() < AFTERNOON:
        _quarter(service, gates, chance)
    service.clock.passes((AFTERNOON - service.clock.now()).total_seconds())
    service.history.up_to = service.log.head()
    service.seen(*gates, seconds_ago=4)
    if sites > 1:
        service.status(GATES[7], CameraState.DOWN, "no route to host: is the camera switched on?", minutes_ago=23)
        service.log.note_seen(service.term, {"garden-0-1-1": service.clock.now() - timedelta(minutes=23)})
    return service


def _quarter(service: BoardService, gates, chance: random.Random) -> None:
    start = service.clock.now()
    hour = start.astimezone(ZoneInfo("Europe/Zurich")).hour + start.minute / 60
    crowd = 18 * math.exp(-((hour - 8) ** 2)) + 14 * math.exp(-((hour - 12.5) ** 2) / 3) + 6
    for gate in gates:
        busy = {"station": 1.6, "library": 0.4, "market": 0.8}[gate.site.site_id]
        entered = int(chance.gauss(crowd * busy * (1.12 if hour < 12 else 1.0), 2))
        left = int(chance.gauss(crowd * busy * (0.75 if hour < 12 else 0.99), 2))
        entered, left = max(0, entered), max(0, left)
        service.count(gate, entered, left)
        quality = Quality.ESTIMATED if 10 <= hour < 10.5 else Quality.MEASURED
        service.history.rows.append(Figures(str(gate.key), gate.site.site_id, start, entered, left, quality))
    step = timedelta(minutes=15)
    service.clock.passes(min(step, AFTERNOON - start).total_seconds())
