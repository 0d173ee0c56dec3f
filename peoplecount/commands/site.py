"""Sites: list them, say when they are open and how many people may be inside, or enter a count made by hand."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any

from peoplecount.commands._table import print_table
from peoplecount.configuration import Configuration, configuration, default_site, line_names_read
from peoplecount.domain.clock import REAL_TIME
from peoplecount.domain.hand_count import HandCount
from peoplecount.domain.opening_hours import EXAMPLE, OpeningHours
from peoplecount.domain.site import Site
from peoplecount.eventlog.log import LogError
from peoplecount.eventlog.sealer import SealBroken
from peoplecount.launch import read_settings
from peoplecount.services.door_audit import AuditRow, AuditUnavailable, DoorAudit
from peoplecount.services.played_clock import PlayedClock, fetch_played_time
from peoplecount.services.site_day import zone_of
from peoplecount.settings import Settings
from peoplecount.storage.errors import DatabaseError, InvalidEntry


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    tasks = parser.add_subparsers(dest="task", required=True, metavar="TASK")
    tasks.add_parser("list", help="the sites that are entered, and the default one")
    change = tasks.add_parser("set", help="change what is given, and leave the rest as it is")
    change.add_argument("site", help="its id or name")
    change.add_argument("--name", help="what people call it")
    change.add_argument("--opening-hours", metavar="HOURS", help=f"{EXAMPLE}; '' for: nobody has said")
    change.add_argument("--reset-time", metavar="HH:MM", help="when, on its own clock, nobody is inside: 04:00")
    change.add_argument("--capacity", metavar="PEOPLE", help="how many may be inside; '' for: nobody has said")
    change.add_argument("--time-zone", metavar="ZONE", help="Europe/Zurich")
    audit = tasks.add_parser("audit", help="say which lines look wrong: silent, backwards, or missing people")
    audit.add_argument("site", help="its id or name")
    count = tasks.add_parser("count", help="say how many people are inside, as somebody has counted them")
    count.add_argument("site", help="its id or name")
    count.add_argument("people", type=int, help="how many were inside")
    count.add_argument(
        "--at", metavar="TIME", help="when, on the site's clock: 14:30 or 2026-05-04T14:30; now unless given"
    )
    count.add_argument("--note", default="", help="who counted, and how")


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked for; 0, or 1 where something was refused."""
    settings = read_settings()
    tasks = {"list": _list, "set": _set, "count": _count, "audit": _audit}
    try:
        with configuration(settings) as tables:
            tasks[arguments.task](arguments, settings, tables)
    except (InvalidEntry, DatabaseError, LogError, SealBroken, AuditUnavailable) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _list(arguments: argparse.Namespace, settings: Settings, tables: Configuration) -> None:  # noqa: ARG001
    rows = [
        (
            site.site_id,
            site.name,
            site.time_zone,
            site.reset_time.isoformat("minutes"),
            "" if site.capacity is None else str(site.capacity),
            _hours_in_words(site.opening_hours),
        )
        for site in _sites(settings, tables).values()
    ]
    print_table(("ID", "NAME", "TIME ZONE", "RESET", "CAPACITY", "OPEN"), rows)


def _hours_in_words(text: str) -> str:
    try:
        return OpeningHours.parse(text).text if text else ""
    except ValueError as error:
        return f"NOT USED: {error}"


def _set(arguments: argparse.Namespace, settings: Settings, tables: Configuration) -> None:
    site = _site(arguments.site, settings, tables)
    changes: dict[str, Any] = {
        name: value
        for name in ("name", "time_zone", "opening_hours")
        if (value := getattr(arguments, name)) is not None
    }
    if arguments.reset_time is not None:
        changes["reset_time"] = _reset_time(arguments.reset_time)
    if arguments.capacity is not None:
        changes["capacity"] = _capacity(arguments.capacity)
    if not changes:
        raise InvalidEntry(
            "nothing is to be changed: give --opening-hours, --reset-time, --capacity, --time-zone or --name"
        )
    tables.sites.put_site(replace(site, **changes))
    print(f"Site {site.site_id} is changed; the service takes it up within some seconds.")


def _reset_time(text: str) -> time:
    try:
        moment = time.fromisoformat(text)
    except ValueError as error:
        raise InvalidEntry(f"{text[:40]!r} is no time of day: 00:00 to 23:59 are allowed") from error
    if moment.tzinfo or moment.second or moment.microsecond:
        raise InvalidEntry(f"{text[:40]!r} is no time of day: full minutes from 00:00 to 23:59 are allowed")
    return moment


def _capacity(text: str) -> int | None:
    try:
        return int(text) if text else None
    except ValueError as error:
        raise InvalidEntry(f"{text[:40]!r} is not a capacity: a number of people, or '', is allowed") from error


def _count(arguments: argparse.Namespace, settings: Settings, tables: Configuration) -> None:
    site = _site(arguments.site, settings, tables)
    now = _clock(settings).now().replace(microsecond=0)
    counted_at = _moment(arguments.at, site, now) if arguments.at else now
    if counted_at > now:
        raise InvalidEntry(f"{arguments.at} is still to come at {site.name}; say when people were counted")
    tables.hand_counts.put(HandCount(site.site_id, counted_at, arguments.people, arguments.note))
    print(
        f"{arguments.people} people inside {site.name} at {counted_at.astimezone(zone_of(site)):%Y-%m-%d %H:%M:%S}; "
        "the occupancy goes on from there within some seconds wherever the service runs."
    )


def _audit(arguments: argparse.Namespace, settings: Settings, tables: Configuration) -> None:
    site = _site(arguments.site, settings, tables)
    audits = DoorAudit(
        tables.history,
        sites=lambda: {site.site_id: site},
        names=lambda: line_names_read(settings),
        clock=_clock(settings),
    )
    report = audits.read(site.site_id)
    print(site.name)
    for sentence in report.sentences:
        print(f"  {sentence}")
    if report.rows:
        print()
        print_table(("LINE", "IN", "OUT", "IN-OUT", "OF ALL", "FINDING"), [_audit_row(row) for row in report.rows])


def _audit_row(row: AuditRow) -> tuple[str, ...]:
    counted = row.audit.counted
    return (
        row.name,
        str(counted.entered),
        str(counted.left),
        f"{counted.entered - counted.left:+}",
        f"{row.audit.share:.0%}",
        " ".join(row.findings),
    )


def _clock(settings: Settings) -> PlayedClock:
    return PlayedClock(fetch_played_time(settings.clock_url) if settings.clock_url else REAL_TIME)


def _moment(text: str, site: Site, now: datetime) -> datetime:
    """A moment on the site's clock, in UTC; a time without a day is the last such one."""
    zone = zone_of(site)
    local = now.astimezone(zone)
    try:
        moment = datetime.fromisoformat(f"{local.date()}T{text}" if len(text) <= len("14:30:00") else text)
    except ValueError as error:
        raise InvalidEntry(f"{text[:40]!r} is no time: 14:30 or 2026-05-04T14:30 is how it looks") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def _sites(settings: Settings, tables: Configuration) -> dict[str, Site]:
    entered = {site.site_id: site for site in tables.sites.sites()}
    default = default_site(settings)
    return {default.site_id: default, **entered}


def _site(wanted: str, settings: Settings, tables: Configuration) -> Site:
    sites = _sites(settings, tables)
    for site in sites.values():
        if wanted in (site.site_id, site.name):
            return site
    raise InvalidEntry(f"there is no site {wanted[:64]!r}; there are {', '.join(sites)}")
