"""What a poll costs, all of it, beside a bare loop of requests; whether polls are on time; thousands of cameras.

The cameras, the service and the bare loop are processes of their own. Their CPU is what the system says of them, in
the same seconds, because a machine is busier now than a moment later; ratios are of such pairs, and the median of them
is told.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Set
from pathlib import Path

from bench.support.bare_poll import BarePoll
from bench.support.camera_farm import Arrivals, CameraFarm
from bench.support.comparison import Bar, Comparison, reached, read_json, write_json, write_picture
from bench.support.polling_service import PollingService, ServiceOnUrllib3, polling
from peoplecount.domain.slot import phase
from peoplecount.garbage import EARLY_SEARCHES, EARLY_SECONDS
from tests.support.running import Service

NEWS = 0.05
"""The share of polls that find somebody."""

BARE_POLLS = 600
ROUND = 6.0
"""Seconds of polling in a round."""

SETTLING = EARLY_SEARCHES * EARLY_SECONDS + 5.0
"""Seconds after which what a service does once at its start is over: the search for garbage is at its steady pace."""

GRID, CLOSED_AFTER = 300.0, 120.0
"""Seconds: intervals end on a grid of five minutes, and what closes is told within two. At its first one after its
start a service tells of the day's intervals all at once."""

ON_TIME = 0.250
"""Seconds from its slot within which a camera's request must have reached it."""


def cost(cameras: int, rounds: int, *, https: bool) -> Comparison:
    """CPU a poll: of the service with either transport, and of bare loops in between."""
    ours: dict[type[Service], list[float]] = {Service: [], ServiceOnUrllib3: []}
    ratios: dict[type[Service], list[float]] = {Service: [], ServiceOnUrllib3: []}
    kept: list[float] = []
    new: list[float] = []
    with (
        CameraFarm(cameras, crossing_every=1 / NEWS, https=https) as farm,
        BarePoll(farm.fleet, farm.authority) as bare,
    ):
        for kind, polls in ours.items():
            with polling(farm, 1.0, kind) as service:
                time.sleep(SETTLING)
                service.wait_until_caught_up()
                wait_for_closings(rounds * 2 * ROUND)
                for _ in range(rounds):
                    poll, loop, anew = one_round(service, bare)
                    polls.append(poll)
                    ratios[kind].append(poll / loop)
                    kept.append(loop)
                    new.append(anew)
    quick, slow = (statistics.median(ratios[kind]) for kind in (Service, ServiceOnUrllib3))
    return Comparison(
        f"CPU a poll over {'HTTPS' if https else 'HTTP'}, {cameras} cameras a second, {NEWS:.0%} of polls with news",
        "ms",
        [
            Bar("the whole service", statistics.median(ours[Service]), is_ours=True),
            Bar("the whole service, requests' own transport", statistics.median(ours[ServiceOnUrllib3])),
            Bar("bare loop of requests, session and digest kept", statistics.median(kept)),
            Bar("bare loop of requests, new session each time", statistics.median(new)),
        ],
        digits=3,
        targets=[
            reached("of the bare loop, in pairs", quick, 1.2 if https else 0.8),
            reached("of the bare loop, in pairs, with requests' own transport", slow, 1.2),
        ],
    )


def wait_for_closings(seconds: float) -> None:
    """Wait where intervals close within so many seconds from now, until that is over."""
    since = time.time() % GRID
    if since < CLOSED_AFTER or since + seconds > GRID:
        time.sleep((CLOSED_AFTER - since) % GRID)


def one_round(service: PollingService, bare: BarePoll) -> tuple[float, float, float]:
    """Milliseconds of the service, of a kept session and of new ones, one right after the other.

    The service polls on while the bare loop runs; together with the cameras there is work for three.
    """
    service.begin()
    time.sleep(ROUND)
    use = service.end()
    kept = bare.cost(BARE_POLLS, kept=True)
    return use.cpu / use.polls * 1000, kept, bare.cost(BARE_POLLS // 3, kept=False)


def on_time(cameras: int, seconds: int) -> Comparison:
    """Polls of one process within their time, with all cameras there and with a fifth of them silent."""
    with CameraFarm(cameras, crossing_every=1 / NEWS) as farm, polling(farm, 1.0) as service:
        time.sleep(SETTLING)
        well = late(farm, seconds, frozenset())
        silent = frozenset(range(1, cameras + 1, 5))
        farm.silence([str(number) for number in silent])
        time.sleep(15)  # each of them has timed out once
        service.begin()
        with_silent = late(farm, seconds, silent)
        use = service.end()
    names = ("all of them there", "a fifth of them timing out (the others' polls)")
    bars = [
        Bar(f"{name}: {what}", value, is_ours=True)
        for name, found in zip(names, (well, with_silent), strict=True)
        for what, value in zip(("median ms", "99.9 % ms", "late or left out, %"), found, strict=True)
    ]
    cores = use.cpu / use.seconds
    bars.append(Bar("cores used then", cores, is_ours=True))
    targets = [
        reached(f"polls off their slot by over {ON_TIME * 1000:.0f} ms, {name}", found[2], 0.1, "%")
        for name, found in zip(names, (well, with_silent), strict=True)
    ]
    return Comparison(f"{cameras} cameras polled every second by one process", "see rows", bars, targets=targets)


def late(farm: CameraFarm, seconds: int, left_out: Set[int]) -> tuple[float, float, float]:
    """Milliseconds after their slot at which half and 99.9 % of the polls came, and the share that did not in time.

    Each camera has as many slots as there are seconds, from its first one in that time on.
    """
    farm.arrivals()
    begun = time.time()
    time.sleep(seconds + 1 + ON_TIME)  # the last slot of a camera begins up to a second later
    delays = delay_of(farm.arrivals(), left_out, begun, seconds)
    expected = (len(farm.fleet) - len(left_out)) * seconds
    in_time = sum(delay <= ON_TIME for delay in delays)
    return statistics.median(delays) * 1000, delays[int(len(delays) * 0.999)] * 1000, (1 - in_time / expected) * 100


def delay_of(arrivals: Arrivals, left_out: Set[int], begun: float, slots: int) -> list[float]:
    """Seconds after its slot at which the first poll of each slot came, in order of size."""
    first: dict[int, float] = {}
    found: dict[tuple[int, int], float] = {}
    for camera, moment in zip(arrivals.cameras, arrivals.moments, strict=True):
        if camera not in left_out:
            if camera not in first:
                first[camera] = begun + (phase(str(camera), 1.0) - begun) % 1.0
            slot, delay = divmod(moment - first[camera], 1.0)
            if 0 <= slot < slots:
                found.setdefault((camera, int(slot)), delay)
    return sorted(found.values())


def fleet(cameras: int, seconds: int, *, https: bool) -> Comparison:
    """Thousands of cameras every ten seconds, served and polled by two processes."""
    interval = 10.0
    with (
        CameraFarm(cameras, crossing_every=interval / NEWS, https=https) as farm,
        polling(farm, interval, WEB_WORKERS="2") as service,
    ):
        time.sleep(SETTLING)
        service.wait_until_caught_up()
        wait_for_closings(seconds)
        service.begin()
        time.sleep(seconds)
        use = service.end()
    cores = use.cpu / use.seconds
    return Comparison(
        f"{cameras} cameras every 10 s over {'HTTPS' if https else 'HTTP'}, two processes",
        "see rows",
        [
            Bar("cores used", cores, is_ours=True),
            Bar("MB of memory, both together", use.megabytes, is_ours=True),
            Bar("polls a second", use.polls / use.seconds, is_ours=True),
        ],
        targets=[
            *([] if https else [reached("cores", cores, 0.5, "cores")]),
            reached("memory", use.megabytes, 650 if https else 400, "MB"),
        ],
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--only", choices=["http", "https", "time", "fleet", "fleet-https", "nothing"], help="one part of it"
    )
    parser.add_argument("--cameras", type=int, default=400, help="of the first two parts")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--on-time", type=int, default=1000, metavar="CAMERAS")
    parser.add_argument("--fleet", type=int, default=5000, metavar="CAMERAS")
    parser.add_argument("--seconds", type=int, default=30, help="of the other parts")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--known", type=Path, nargs="*", default=[], metavar="JSON", help="add these to the picture")
    asked = parser.parse_args()
    parts: dict[str, Callable[[], Comparison]] = {
        "http": lambda: cost(asked.cameras, asked.rounds, https=False),
        "https": lambda: cost(asked.cameras, asked.rounds, https=True),
        "time": lambda: on_time(asked.on_time, asked.seconds),
        "fleet": lambda: fleet(asked.fleet, asked.seconds, https=False),
        "fleet-https": lambda: fleet(asked.fleet, asked.seconds, https=True),
    }
    found = []
    for name, part in parts.items():
        if asked.only in {None, name}:
            found.append(part())
            print(found[-1].table(), flush=True)
            print()
    if asked.json:
        write_json(asked.json, found)
    if asked.picture:
        found = [one for path in asked.known for one in read_json(path)] + found
        write_picture(asked.picture, [one for one in found if one.unit != "see rows"])


if __name__ == "__main__":
    main()
