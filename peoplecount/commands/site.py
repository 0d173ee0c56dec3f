"""Sites: list, add, change or remove them, audit their doors, or enter a count made by hand."""

from __future__ import annotations

import argparse
import sys

from peoplecount.administering import site_desk, this_author
from peoplecount.commands._table import print_table
from peoplecount.configuration import Configuration, line_names_read
from peoplecount.domain.clock import REAL_TIME
from peoplecount.domain.opening_hours import EXAMPLE, OpeningHours
from peoplecount.domain.site import Site
from peoplecount.eventlog.log import LogError
from peoplecount.eventlog.sealer import SealBroken
from peoplecount.launch import read_settings
from peoplecount.services.door_audit import AuditRow, AuditUnavailable, DoorAudit
from peoplecount.services.played_clock import PlayedClock, fetch_played_time
from peoplecount.services.site_day import zone_of
from peoplecount.services.site_desk import SiteDesk
from peoplecount.settings import Settings
from peoplecount.storage.errors import DatabaseError, InvalidEntry

_FIELDS = ("name", "time_zone", "opening_hours", "reset_time", "capacity", "busy_from", "full_from")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    tasks = parser.add_subparsers(dest="task", required=True, metavar="TASK")
    tasks.add_parser("list", help="the sites that are entered, and the default one")
    add = tasks.add_parser("add", help="a site; what is not given is as at the default one")
    add.add_argument("name", help="what people call it")
    add.add_argument("--id", default="", help="letters, digits, _ . and -; made from the name unless given")
    _add_fields(add)
    change = tasks.add_parser("set", help="change what is given, and leave the rest as it is")
    change.add_argument("site", help="its id or name")
    change.add_argument("--name", help="what people call it")
    _add_fields(change)
    remove = tasks.add_parser("remove", help="forget a site without doors and cameras; its counts stay")
    remove.add_argument("site", help="its id or name")
    audit = tasks.add_parser("audit", help="say which lines look wrong: silent, backwards, or missing people")
    audit.add_argument("site", help="its id or name")
    count = tasks.add_parser("count", help="say how many people are inside, as somebody has counted them")
    count.add_argument("site", help="its id or name")
    count.add_argument("people", type=int, help="how many were inside")
    count.add_argument(
        "--at",
        default="",
        metavar="TIME",
        help="when, on the site's clock: 14:30 or 2026-05-04T14:30; now unless given",
    )
    count.add_argument("--note", default="", help="who counted, and how")


def _add_fields(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--opening-hours", metavar="HOURS", help=f"{EXAMPLE}; '' for: nobody has said")
    parser.add_argument("--reset-time", metavar="HH:MM", help="when, on its own clock, nobody is inside: 04:00")
    parser.add_argument("--capacity", metavar="PEOPLE", help="how many may be inside; '' for: nobody has said")
    level = "people, such as 120, or a share of the capacity, such as 85%%; '' for the usual"
    parser.add_argument("--busy-from", metavar="LEVEL", help=f"from when on it is shown in amber: {level}")
    parser.add_argument("--full-from", metavar="LEVEL", help=f"from when on it is shown in red: {level}")
    parser.add_argument("--time-zone", metavar="ZONE", help="Europe/Zurich")


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked for; 0, or 1 where something was refused."""
    settings = read_settings()
    tasks = {"list": _list, "add": _add, "set": _set, "remove": _remove, "count": _count}
    is_played = settings.clock_url and arguments.task in {"count", "audit"}
    try:
        clock = PlayedClock(fetch_played_time(settings.clock_url) if is_played else REAL_TIME)
        with site_desk(settings, clock) as (desk, tables):
            if arguments.task == "audit":
                _audit(arguments, settings, desk, tables, clock)
            else:
                tasks[arguments.task](arguments, desk)
    except (InvalidEntry, DatabaseError, LogError, SealBroken, AuditUnavailable) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _list(arguments: argparse.Namespace, desk: SiteDesk) -> None:  # noqa: ARG001
    rows = [
        (
            site.site_id,
            site.name,
            site.time_zone,
            site.reset_time.isoformat("minutes"),
            "" if site.capacity is None else str(site.capacity),
            _levels_in_words(site),
            _hours_in_words(site.opening_hours),
        )
        for site in desk.sites().values()
    ]
    print_table(("ID", "NAME", "TIME ZONE", "RESET", "CAPACITY", "BUSY/FULL", "OPEN"), rows)


def _levels_in_words(site: Site) -> str:
    """From how many people on it is busy, and full; empty where nobody has said."""
    levels = ["?" if people is None else str(people) for people in (site.levels.busy, site.levels.full)]
    return "" if levels == ["?", "?"] else "/".join(levels)


def _hours_in_words(text: str) -> str:
    try:
        return OpeningHours.parse(text).text if text else ""
    except ValueError as error:
        return f"NOT USED: {error}"


def _texts(arguments: argparse.Namespace) -> dict[str, str]:
    return {name: text for name in _FIELDS if (text := getattr(arguments, name)) is not None}


def _add(arguments: argparse.Namespace, desk: SiteDesk) -> None:
    site = desk.add_site(this_author(), _texts(arguments), arguments.id)
    print(f"Site {site.site_id} is added, in {site.time_zone}.")


def _set(arguments: argparse.Namespace, desk: SiteDesk) -> None:
    site, texts = desk.named(arguments.site), _texts(arguments)
    if not texts:
        raise InvalidEntry(
            "nothing is to be changed: give --opening-hours, --reset-time, --capacity, --busy-from, --full-from, "
            "--time-zone or --name"
        )
    desk.change_site(this_author(), site.site_id, texts)
    print(f"Site {site.site_id} is changed; the service takes it up within some seconds.")


def _remove(arguments: argparse.Namespace, desk: SiteDesk) -> None:
    site = desk.remove_site(this_author(), desk.named(arguments.site).site_id)
    print(f"Site {site.site_id} is removed; what was counted there stays.")


def _count(arguments: argparse.Namespace, desk: SiteDesk) -> None:
    site = desk.named(arguments.site)
    count = desk.count(this_author(), site, str(arguments.people), arguments.at, arguments.note)
    print(
        f"{count.people} people inside {site.name} at {count.counted_at.astimezone(zone_of(site)):%Y-%m-%d %H:%M:%S}; "
        "the occupancy goes on from there within some seconds wherever the service runs."
    )


def _audit(
    arguments: argparse.Namespace, settings: Settings, desk: SiteDesk, tables: Configuration, clock: PlayedClock
) -> None:
    site = desk.named(arguments.site)
    audits = DoorAudit(
        tables.history, sites=lambda: {site.site_id: site}, names=lambda: line_names_read(settings), clock=clock
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
