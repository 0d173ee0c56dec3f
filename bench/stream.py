"""What a delivery of the stream costs, and how late it is, beside sse-starlette, a queue per client and nginx + nchan.

Server, clients and publisher are processes of their own; a server's CPU and memory are what the system says of it.
What is not installed is left out, and that is said: ``pip install -r requirements-bench.txt`` and
``apt install libnginx-mod-nchan`` bring it.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.support.comparison import Bar, Comparison, reached, write_json, write_picture
from bench.support.stream_load import StreamLoad
from bench.support.stream_peers import NCHAN, Server, nchan, ours, peer

WARM_UP = 4.0
"""Seconds of events before anything is measured."""

Start = Callable[[Path], AbstractContextManager[Server]]


@dataclass(frozen=True, slots=True)
class Measured:
    """One server in one situation."""

    name: str
    cost: float
    """Microseconds of CPU a delivery."""

    deliveries: float
    """A second."""

    busy: float
    """Share of a processor."""

    median: float
    """Milliseconds from publishing to the client."""

    late: float
    """The same of 99 % of the deliveries."""


def servers() -> dict[str, Start]:
    """All that can be measured here."""
    found: dict[str, Start] = {"ours": ours}
    if NCHAN.exists():
        found["nginx + nchan"] = nchan
    if importlib.util.find_spec("sse_starlette"):
        found["sse-starlette"] = partial(peer, "sse-starlette")
    found["queue per client"] = partial(peer, "queue per client")
    for name in {"nginx + nchan", "sse-starlette"} - found.keys():
        print(f"{name} is not installed and left out")
    return found


@contextmanager
def started(start: Start) -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="pc-bench-") as folder:
        Path(folder).chmod(0o755)  # nginx's worker is another user
        with start(Path(folder)) as server:
            yield server


def measure(name: str, start: Start, clients: int, rate: float, seconds: float, *, filtered: bool = False) -> Measured:
    """A server with so many clients at so many events a second."""
    with started(start) as server:
        if filtered:  # a camera is known once something was told of it
            server.publisher.rate(100)
            time.sleep(2.5)
            server.publisher.rate(0)
        paths = server.filtered() if filtered else [server.path]
        with StreamLoad(server.port, paths, clients) as load:
            server.publisher.rate(rate)
            time.sleep(WARM_UP)
            load.take()
            begun, cpu = time.monotonic(), server.cpu()
            time.sleep(seconds)
            took, cpu = time.monotonic() - begun, server.cpu() - cpu
            heard = load.take()
            server.publisher.rate(0)
    delays = sorted(heard.delays) or [float("nan")]
    return Measured(
        name,
        cpu / max(heard.events, 1) * 1e6,
        heard.events / took,
        cpu / took,
        statistics.median(delays) * 1000,
        delays[int(len(delays) * 0.99)] * 1000,
    )


def all_of(clients: int, rate: float, seconds: float, rounds: int) -> dict[str, Measured]:
    """Each server's middle round, by CPU; servers by turns, because the machine may be busier later."""
    found: dict[str, list[Measured]] = {}
    for _ in range(rounds):
        for name, start in servers().items():
            one = measure(name, start, clients, rate, seconds)
            print(
                f"  {name:18} {one.cost:8.1f} us, {one.deliveries:10,.0f}/s, {one.busy:4.0%} of a processor, "
                f"{one.median:7.1f} and {one.late:7.1f} ms",
                flush=True,
            )
            found.setdefault(name, []).append(one)
    return {name: sorted(taken, key=lambda one: one.cost)[len(taken) // 2] for name, taken in found.items()}


def deliveries(clients: int, rate: float, seconds: float, rounds: int) -> list[Comparison]:
    """CPU, delay and throughput at one rate."""
    found = all_of(clients, rate, seconds, rounds)
    own = found["ours"]
    title = f"{clients:,} clients, {rate:g} events a second"
    wanted = (
        {"sse-starlette": 1 / 6, "nginx + nchan": 1.0} if rate > 100 else {"sse-starlette": 0.5, "nginx + nchan": 1.5}
    )
    targets = [
        reached(f"CPU of {name}", own.cost / found[name].cost, most) for name, most in wanted.items() if name in found
    ]
    many, late = [], []
    if "sse-starlette" in found and rate > 100:  # more than it can take
        many = [
            reached("deliveries of sse-starlette, of ours", found["sse-starlette"].deliveries / own.deliveries, 0.2)
        ]
    if "nginx + nchan" in found:
        beside = found["nginx + nchan"]
        late = [
            reached("median delay of nginx + nchan", own.median / beside.median, 1.5),
            reached("99 % delay of nginx + nchan", own.late / beside.late, 2),
        ]

    def bars(figure: Callable[[Measured], float]) -> list[Bar]:
        return [Bar(name, figure(one), is_ours=name == "ours") for name, one in found.items()]

    return [
        Comparison(f"CPU a delivery, {title}", "microseconds", bars(lambda one: one.cost), 1, targets),
        Comparison(f"Deliveries a second, {title}", "more is better", bars(lambda one: one.deliveries), 0, many),
        Comparison(
            f"Delay from publishing to the client, {title}, median", "ms", bars(lambda one: one.median), 1, late
        ),
        Comparison(f"Delay from publishing to the client, {title}, 99 %", "ms", bars(lambda one: one.late), 1),
    ]


def filters(clients: int, rate: float, seconds: float) -> Comparison:
    """Clients over a hundred filters."""
    ways: dict[str, Start] = {"ours": ours, "one shared wake-up": partial(ours, shared=True)}
    if importlib.util.find_spec("sse_starlette"):
        ways["sse-starlette"] = partial(peer, "sse-starlette")
    found = {name: measure(name, start, clients, rate, seconds, filtered=True) for name, start in ways.items()}
    ratio = found["ours"].cost / found["one shared wake-up"].cost
    return Comparison(
        f"CPU a delivery, {clients:,} clients over 100 filters, {rate:g} events a second in all",
        "microseconds",
        [Bar(name, one.cost, is_ours=name == "ours") for name, one in found.items()],
        1,
        [reached("CPU of one shared wake-up", ratio, 0.5)],
    )


def memory(clients: int) -> Comparison:
    """Memory of an idle stream."""
    ways: dict[str, Start] = {"ours": ours, "bare generator on gunicorn and gevent": partial(peer, "bare")}
    if importlib.util.find_spec("sse_starlette"):
        ways["sse-starlette"] = partial(peer, "sse-starlette")
    found = {}
    for name, start in ways.items():
        with started(start) as server:
            before = server.megabytes()
            with StreamLoad(server.port, [server.path], clients):
                time.sleep(2)
                found[name] = (server.megabytes() - before) * 1024 / clients
    ratio = found["ours"] / found["bare generator on gunicorn and gevent"]
    return Comparison(
        f"Memory of an idle stream, {clients:,} of them",
        "KB",
        [Bar(name, one, is_ours=name == "ours") for name, one in found.items()],
        1,
        [reached("the bare generator", ratio, 1.2)],
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=["fast", "slow", "filters", "memory"], help="one part of it")
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--idle", type=int, default=5000, help="streams whose memory is measured")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--picture", type=Path)
    asked = parser.parse_args()
    allow_open_files()
    parts: dict[str, Callable[[], list[Comparison]]] = {
        "fast": lambda: deliveries(asked.clients, 200, asked.seconds, asked.rounds),
        "slow": lambda: deliveries(asked.clients, 20, asked.seconds, asked.rounds),
        "filters": lambda: [filters(asked.clients, 200, asked.seconds)],
        "memory": lambda: [memory(asked.idle)],
    }
    found: list[Comparison] = []
    for name, part in parts.items():
        if asked.only in {None, name}:
            for one in part():
                found.append(one)
                print(one.table(), end="\n\n", flush=True)
    if asked.json:
        write_json(asked.json, found)
    if asked.picture:
        write_picture(asked.picture, found)


def allow_open_files() -> None:
    """As many as the system lets this process have: a client is one."""
    import resource  # noqa: PLC0415  POSIX

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__":
    main()
