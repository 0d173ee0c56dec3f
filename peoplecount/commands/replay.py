"""Play a recorded day into a dashboard and a stream of their own, at any speed; nothing of it is kept.

What is played is a file (docs/replay.md says how it is made), or a day of this installation. Cameras, the database and
the data folder are left alone.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from peoplecount.launch import demand_free, demand_loopback, http_address, read_settings
from peoplecount.log_form import log_to_stderr
from peoplecount.settings import Settings

if TYPE_CHECKING:
    from peoplecount.domain.recording import Recording
    from peoplecount.replaying import ReplayService

USUAL_PORT = 8010
"""Not that of the service, which may run beside it."""

STOP_SECONDS = 2.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a replay file; an export of counts is one")
    what.add_argument("--day", type=date.fromisoformat, metavar="DATE", help="a day of this installation: 2026-03-03")
    parser.add_argument("--site", default="", metavar="ID", help="only this site")
    parser.add_argument("--save", type=Path, metavar="FILE", help="write a replay file, and play nothing")
    parser.add_argument("--speed", type=float, default=60.0, metavar="N", help="played seconds in a real one (60)")
    parser.add_argument("--from", dest="begin", type=time.fromisoformat, metavar="TIME", help="begin at 07:30, say")
    parser.add_argument("--host", default="127.0.0.1", help="address of this machine to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, default=USUAL_PORT, help=f"port to listen on ({USUAL_PORT})")


def run(arguments: argparse.Namespace) -> int:
    """Save or play; 0 at the end, 2 where there is nothing to play."""
    settings = read_settings()
    if arguments.save is None:
        demand_loopback(arguments.host)
        demand_free(arguments.host, arguments.port)
        from gevent import monkey  # noqa: PLC0415 - patches before anything is made that it changes

        monkey.patch_all()
    from peoplecount.eventlog.log import LogError  # noqa: PLC0415 - heavy: after the quick refusals above
    from peoplecount.services.played_clock import ClockUnavailable  # noqa: PLC0415
    from peoplecount.storage.errors import DatabaseError  # noqa: PLC0415

    try:
        recording = _recording(arguments, settings)
        if arguments.save is not None:
            return _save(recording, arguments.save)
        begin = _begin(recording, arguments.begin)
        _demand_speed(arguments.speed)
    except (ValueError, OSError, LogError, DatabaseError, ClockUnavailable) as error:
        print(f"There is nothing to replay: {error}", file=sys.stderr)
        return 2
    log_to_stderr(settings.log_level, settings.log_format)
    _play(recording, begin, arguments)
    return 0


def _recording(arguments: argparse.Namespace, settings: Settings) -> Recording:
    from peoplecount.domain.recording_file import read_recording  # noqa: PLC0415
    from peoplecount.recorded_day import recorded_day  # noqa: PLC0415 - heavy
    from peoplecount.services.played_clock import PlayedClock  # noqa: PLC0415

    if arguments.day is not None:
        return recorded_day(settings, arguments.day, PlayedClock.at(settings.clock_url), arguments.site)
    with arguments.file.open(encoding="utf-8-sig", newline="") as lines:
        found = read_recording(lines, settings.time_zone)
    return found.of_site(arguments.site) if arguments.site else found


def _demand_speed(speed: float) -> None:
    from peoplecount.services.replay_clock import demand_speed  # noqa: PLC0415

    if not demand_speed(speed):
        raise ValueError("at a speed of 0 nothing would move")


def _begin(recording: Recording, at: time | None) -> datetime:
    """The moment to begin at: the recording's own, or a time of its first day by the clock of its first site."""
    if at is None:
        return recording.begin
    zone = ZoneInfo(next(iter(recording.sites.values())).time_zone)
    begin = datetime.combine(recording.begin.astimezone(zone).date(), at, zone).astimezone(UTC)
    if not recording.begin <= begin < recording.end:
        first, last = (moment.astimezone(zone).strftime("%H:%M") for moment in (recording.begin, recording.end))
        raise ValueError(f"it goes from {first} to {last}, and not through {at:%H:%M}")
    return begin


def _save(recording: Recording, path: Path) -> int:
    from peoplecount.domain.recording_file import write_recording  # noqa: PLC0415

    with path.open("x", encoding="utf-8", newline="") as file:  # never over another one
        file.writelines(write_recording(recording))
    print(f"{len(recording.counts):,} rows are in {path}; play them with: replay {path}")
    return 0


def _play(recording: Recording, begin: datetime, arguments: argparse.Namespace) -> None:
    from peoplecount.replaying import ReplayService  # noqa: PLC0415 - heavy

    with tempfile.TemporaryDirectory(prefix="peoplecount-replay-", ignore_cleanup_errors=True) as folder:
        service = ReplayService(recording, Path(folder), speed=arguments.speed, begin=begin)
        _serve(service, arguments.host, arguments.port)


def _serve(service: ReplayService, host: str, port: int) -> None:
    """Until Ctrl-C, or told to end."""
    from gevent import signal_handler, spawn  # noqa: PLC0415
    from gevent.pywsgi import WSGIServer  # noqa: PLC0415

    logger = logging.getLogger(__name__)
    server = WSGIServer((host, port), service.app, log=None, error_log=logger)
    ended: list[bool] = []

    def end() -> None:
        if not ended:
            ended.append(True)
            service.stop()
            server.stop(timeout=STOP_SECONDS)

    for number in _signals():
        signal_handler(number, lambda: spawn(end))
    service.start()
    print(
        f"\n  The replay is at {http_address(host, port)}\n  It is marked as one on every page and in every event, and "
        "is kept nowhere. Ctrl-C ends it.\n",
        flush=True,
    )
    try:
        server.serve_forever(stop_timeout=STOP_SECONDS)
    finally:
        service.stop()


def _signals() -> Iterator[int]:
    import signal  # noqa: PLC0415 - gevent's, once it has patched

    return iter([signal.SIGINT, signal.SIGTERM] if os.name == "posix" else [signal.SIGINT])
