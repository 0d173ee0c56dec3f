"""Plays virtual Hanwha cameras with invented or recorded people, to try the system without a camera."""

from __future__ import annotations

import argparse
import errno
import json
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from peoplecount.simulator.clock import PlayedClock
    from peoplecount.simulator.plan import Fleet
    from peoplecount.simulator.server import SimulatorServer

_BUSY = 3.0
"""What ``--busy`` alone means."""

_MOST_CAMERAS = 10_000
_MOST_BUSY = 100


class _Misused(Exception):
    """Options that do not go together, in words for the user."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--cameras", type=_camera_count, metavar="N", help="how many cameras (12)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=_port, default=9100, help="port of cameras and control address; 0: any free one")
    parser.add_argument("--ports", action="store_true", help="a port for each camera, from the one after --port on")
    encryption = parser.add_mutually_exclusive_group()
    encryption.add_argument("--https", action="store_true", help="HTTPS, each camera on a port and with a certificate")
    encryption.add_argument("--https-redirect", action="store_true", help="the same behind a redirect from HTTP")
    parser.add_argument("--time-zone", type=_time_zone, metavar="ZONE", help="IANA name (Europe/Zurich)")
    parser.add_argument("--speed", type=float, default=1.0, metavar="N", help="played seconds in a real one (1)")
    parser.add_argument("--start", type=datetime.fromisoformat, metavar="TIME", help="local time to start at (now)")
    parser.add_argument("--until", type=datetime.fromisoformat, metavar="TIME", help="local time to stop the clock at")
    parser.add_argument(
        "--replay", type=Path, metavar="FILE", help="play counts from a file instead of a weekly profile"
    )
    parser.add_argument("--from", dest="first_day", type=date.fromisoformat, metavar="DATE", help="first day to replay")
    parser.add_argument("--to", dest="last_day", type=date.fromisoformat, metavar="DATE", help="last day to replay")
    parser.add_argument("--seed", type=int, default=1, help="other people for another number (1)")
    parser.add_argument(
        "--busy",
        type=_factor,
        nargs="?",
        const=_BUSY,
        metavar="FACTOR",
        help=f"keep something moving every second, and have FACTOR times the people ({_BUSY:g})",
    )
    parser.add_argument(
        "--quiet-nights", action="store_true", help="with --busy: only few people come and go where a place is closed"
    )
    dialects = parser.add_mutually_exclusive_group()
    dialects.add_argument(
        "--classic", dest="dialect", action="store_const", const="classic", help="classic SUNAPI only"
    )
    dialects.add_argument("--wiseai", dest="dialect", action="store_const", const="wiseai", help="WiseAI cameras only")
    dialects.add_argument("--mix", dest="dialect", action="store_const", const=None, help="both kinds (the default)")
    parser.add_argument(
        "--recorder", action="store_true", help="a recorder (NVR) too, with all cameras on its channels"
    )
    parser.add_argument("--print-truth", action="store_true", help="at the end, print who really crossed, as JSON")
    parser.add_argument("--machine-readable", action="store_true", help="print one line of JSON instead of a table")
    parser.add_argument("--exit-with-stdin", action="store_true", help="stop when standard input is closed")


def _camera_count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= _MOST_CAMERAS:
        raise argparse.ArgumentTypeError(f"{number} cameras: 1 to {_MOST_CAMERAS} are possible")
    return number


def _factor(text: str) -> float:
    factor = float(text)
    if not 0 <= factor <= _MOST_BUSY:
        raise argparse.ArgumentTypeError(f"{text} is no factor: 0 to {_MOST_BUSY} is expected")
    return factor


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65_535:
        raise argparse.ArgumentTypeError(f"{number} is no port: 0 to 65535 is expected")
    return number


def _time_zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (OSError, ValueError, KeyError) as error:
        raise argparse.ArgumentTypeError(f"no time zone {text!r}; names look like Europe/Zurich") from error
    return text


def run(arguments: argparse.Namespace) -> int:
    """Serve until told to stop. 0 at the end, 1 where it cannot serve, 2 where options make no sense."""
    if not (arguments.https or arguments.https_redirect):
        from gevent import monkey  # noqa: PLC0415 (patches before the simulator's threads and sockets are made)

        # Cameras speak plain HTTP then, and late patching of ssl would warn; with HTTPS, native threads have to do.
        monkey.patch_all(ssl=False)

    from peoplecount.simulator.replay import ReplayError  # noqa: PLC0415

    try:
        fleet, clock = _plan(arguments)
    except (_Misused, ReplayError, ValueError) as error:
        print(f"peoplecount simulate: {error}", file=sys.stderr)
        return 2
    try:
        server = _listen(arguments, fleet, clock)
    except OSError as error:
        print(f"peoplecount simulate: {_why_not(arguments, error)}", file=sys.stderr)
        return 1
    with server:
        _announce(arguments, server)
        _wait(arguments)
        if arguments.print_truth:
            print(json.dumps(server.simulation.truth(), ensure_ascii=False, indent=1), flush=True)
    return 0


def _plan(arguments: argparse.Namespace) -> tuple[Fleet, PlayedClock]:
    from peoplecount.simulator.firmware import Dialect  # noqa: PLC0415
    from peoplecount.simulator.fleets import DEFAULT_CAMERAS, default_fleet, replay_fleet  # noqa: PLC0415
    from peoplecount.simulator.replay import Span, read_replay  # noqa: PLC0415

    dialect = Dialect(arguments.dialect) if arguments.dialect else None
    if arguments.replay is None:
        if arguments.first_day or arguments.last_day:
            raise _Misused("--from and --to choose days of a --replay FILE; without one, use --start and --until")
        zone = arguments.time_zone or "Europe/Zurich"
        cameras = arguments.cameras or DEFAULT_CAMERAS
        fleet = default_fleet(
            cameras,
            time_zone=zone,
            seed=arguments.seed,
            busy=arguments.busy,
            quiet_nights=arguments.quiet_nights,
            dialect=dialect,
            recorder=arguments.recorder,
        )
        return fleet, _clock(arguments, ZoneInfo(zone), None, None)
    if arguments.cameras is not None or arguments.busy is not None or arguments.quiet_nights or arguments.recorder:
        raise _Misused(
            "--cameras, --busy, --quiet-nights and --recorder are for invented people; a --replay FILE brings its own "
            "lines and counts"
        )
    replay = read_replay(arguments.replay, Span(arguments.first_day, arguments.last_day))
    zone = arguments.time_zone or replay.time_zone
    fleet = replay_fleet(replay, time_zone=zone, seed=arguments.seed, dialect=dialect)
    return fleet, _clock(arguments, ZoneInfo(zone), replay.days[0], replay.days[-1])


def _clock(arguments: argparse.Namespace, zone: ZoneInfo, first: date | None, last: date | None) -> PlayedClock:
    """Real time unless told otherwise; a replay from its first midnight to a second before its last."""
    from peoplecount.simulator.clock import PlayedClock  # noqa: PLC0415

    start, until = arguments.start, arguments.until
    if start is None and first is not None:
        start = datetime.combine(first, datetime.min.time())
    if until is None and last is not None:
        until = datetime.combine(last + timedelta(days=1), datetime.min.time()) - timedelta(seconds=1)
    return PlayedClock(played_from=_utc(start, zone), played_until=_utc(until, zone), speed=arguments.speed)


def _utc(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    """A local time as UTC; one that brings its own offset keeps it."""
    if moment is None:
        return None
    return (moment.replace(tzinfo=zone) if moment.tzinfo is None else moment).astimezone(UTC)


def _listen(arguments: argparse.Namespace, fleet: Fleet, clock: PlayedClock) -> SimulatorServer:
    from peoplecount.simulator.server import Https, SimulatorServer  # noqa: PLC0415

    https = Https.ONLY if arguments.https else Https.REDIRECT if arguments.https_redirect else Https.NOT
    return SimulatorServer(
        fleet, clock, host=arguments.host, port=arguments.port, own_ports=arguments.ports, https=https
    )


def _why_not(arguments: argparse.Namespace, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        behind = " or one of those after it" if arguments.ports else ""
        return f"port {arguments.port}{behind} is taken on {arguments.host}; choose another with --port, or 0 for any"
    return f"cannot listen on {arguments.host} port {arguments.port}: {error.strerror or error}"


def _announce(arguments: argparse.Namespace, server: SimulatorServer) -> None:
    if arguments.machine_readable:
        print(json.dumps({"port": server.port, "control": server.control_url}), flush=True)
        return
    fronts = server.simulation.fronts
    plans = [front.camera.plan for front in fronts.values()]
    shown = plans[:20]
    width = max(len(server.address(plan.camera_id)) for plan in shown)
    print(f"{len(plans)} virtual cameras, user {plans[0].username}:\n")
    for plan in shown:
        address = f"{server.address(plan.camera_id):<{width}}"
        lines = ", ".join(line.name for line in plan.lines)
        where = f"{plan.site.name}: {plan.name} ({lines})"
        print(f"  {address}  {plan.password:<14} {plan.firmware.dialect:<8} {where}")
    if len(plans) > len(shown):
        print(f"  … and {len(plans) - len(shown)} more at {server.control_url}/cameras")
    for recorder in server.simulation.recorders.values():
        address, last = server.recorder_address(recorder.plan.recorder_id), len(recorder.plan.channels) - 1
        print(f"\nA recorder, user {recorder.plan.username}, with all of them on channels 0 to {last}:\n")
        print(f"  {address:<{width}}  {recorder.plan.password}")
    print(f"\nAsk the first one:\n  {_example(server)}")
    print(
        f"\nControl address: {server.control_url}/cameras (also clock, truth, requests, faults)\nCtrl-C ends it.",
        flush=True,
    )


def _example(server: SimulatorServer) -> str:
    from peoplecount.simulator.firmware import Dialect  # noqa: PLC0415

    plan = next(iter(server.simulation.fronts.values())).camera.plan
    path = "/stw-cgi/eventsources.cgi?msubmenu=peoplecount&action=check"
    if plan.firmware.dialect is Dialect.WISEAI:
        path = f"/opensdk/WiseAI/search/objectcounting/check?channel=0&index={plan.lines[0].rule}"
    insecure = " --insecure --location" if server.certificate(plan.camera_id) else ""
    return f"curl --digest{insecure} -u '{plan.username}:{plan.password}' '{server.address(plan.camera_id)}{path}'"


def _wait(arguments: argparse.Namespace) -> None:
    """Until SIGINT or SIGTERM, or the end of standard input where that was asked for."""
    import signal  # noqa: PLC0415

    import gevent  # noqa: PLC0415
    from gevent.event import Event  # noqa: PLC0415

    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        gevent.signal_handler(number, stop.set)
    reader = gevent.spawn(_read_to_end, stop) if arguments.exit_with_stdin else None
    while not stop.wait(timeout=3600):  # without a timer and without greenlets gevent would see no reason to wait
        pass
    if reader is not None:
        reader.kill(block=False)


def _read_to_end(stop: object) -> None:
    """Reading blocks for ever, so it is done in gevent's thread pool."""
    from gevent.os import tp_read  # noqa: PLC0415

    while tp_read(sys.stdin.fileno(), 4096):
        pass
    stop.set()  # type: ignore[attr-defined]
