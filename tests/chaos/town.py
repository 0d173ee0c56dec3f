"""The town of a chaos round: virtual cameras in several time zones, as a process of its own.

``python -m tests.chaos.town --cameras 24 …`` prints one line of JSON: its port, and where the control address is.
It ends with its standard input.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all(ssl=False)

import argparse  # noqa: E402 - nothing may be imported before the patch
import json  # noqa: E402
import sys  # noqa: E402
from dataclasses import replace  # noqa: E402
from datetime import datetime  # noqa: E402

from gevent.os import tp_read  # noqa: E402

from peoplecount.simulator.clock import PlayedClock  # noqa: E402
from peoplecount.simulator.fleets import default_fleet  # noqa: E402
from peoplecount.simulator.plan import CameraPlan, Fleet  # noqa: E402
from peoplecount.simulator.server import SimulatorServer  # noqa: E402
from peoplecount.simulator.weekly_traffic import WeeklyTraffic  # noqa: E402

ZONES = ("Europe/Zurich", "Europe/London", "Asia/Kathmandu")
"""A zone for each kind of place: the store's, the bank's and the museum's."""

SHORT_LIVED_NONCE = 40
"""Every fourth camera takes a nonce so often only."""


def town(cameras: int, seed: int) -> Fleet:
    """Cameras of both interfaces at sites in three time zones, with people at every hour of day and night."""
    plans = default_fleet(cameras, seed=seed).cameras
    kinds = list(dict.fromkeys(plan.site.profile for plan in plans))
    plans = tuple(_in_zone(plan, ZONES[kinds.index(plan.site.profile) % len(ZONES)]) for plan in plans)
    return Fleet(plans, WeeklyTraffic(plans, seed=seed, busy=1.0))


def _in_zone(plan: CameraPlan, zone: str) -> CameraPlan:
    nonce_uses = SHORT_LIVED_NONCE if int(plan.camera_id) % 4 == 0 else plan.nonce_uses
    return replace(plan, site=replace(plan.site, time_zone=zone), nonce_uses=nonce_uses)


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--speed", type=float, required=True)
    parser.add_argument("--start", type=datetime.fromisoformat, required=True)
    parser.add_argument("--port", type=int, default=0)
    asked = parser.parse_args()
    clock = PlayedClock(played_from=asked.start, speed=asked.speed)
    with SimulatorServer(town(asked.cameras, asked.seed), clock, port=asked.port) as server:
        print(json.dumps({"control": server.control_url, "port": server.port}), flush=True)
        while tp_read(sys.stdin.fileno(), 4096):
            pass


if __name__ == "__main__":
    main()
