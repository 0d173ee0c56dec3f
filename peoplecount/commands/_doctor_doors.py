"""What the door audits say, as steps of ``doctor``: a line that looks wrong is odd and no fault, for it counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from peoplecount.configuration import Configuration, default_site, line_names_read
from peoplecount.domain.site import Site
from peoplecount.eventlog.log import LogError, UnsuitableFolder
from peoplecount.services.door_audit import AuditReport, AuditUnavailable, DoorAudit
from peoplecount.services.inspection import Step, odd
from peoplecount.services.played_clock import PlayedClock
from peoplecount.settings import Settings


def site_steps(settings: Settings, tables: Configuration) -> Iterator[Step]:
    """A step a site, and one a line that looks wrong. Raises ``DatabaseError`` and ``ClockUnavailable``."""
    sites = [*tables.sites.sites()] or [default_site(settings)]
    for site, report in _reports(settings, tables, sites):
        if report is None:
            yield odd(site.name, "the history cannot be read", "The history cannot be read, so no door was audited.")
            continue
        suspects = [row for row in report.rows if row.findings]
        for row in suspects:
            yield odd(row.name, " ".join(row.findings), f"{site.name}, {row.name}: {' '.join(row.findings)}")
        if not suspects:
            yield Step(site.name, report.sentences[-1] if report.sentences else "nothing to be said")


def camera_steps(settings: Settings, tables: Configuration, sites: Iterable[Site], camera_id: str) -> Iterator[Step]:
    """A step a line of a camera that looks wrong, or one that says that none does; nothing without a history."""
    found = looked = False
    for _, report in _reports(settings, tables, sites):
        for row in report.rows if report else ():
            if row.audit.line_id.rsplit("-", 3)[0] != camera_id:
                continue
            looked = True
            if row.findings:
                found = True
                yield odd("door audit", f"{row.name}: {' '.join(row.findings)}", " ".join(row.findings))
    if looked and not found:
        yield Step("door audit", "nothing looks wrong with its lines")


def _reports(
    settings: Settings, tables: Configuration, sites: Iterable[Site]
) -> Iterator[tuple[Site, AuditReport | None]]:
    there = {site.site_id: site for site in sites}
    names = _names(settings)
    clock = PlayedClock.at(settings.clock_url)
    audits = DoorAudit(tables.history, sites=lambda: there, names=lambda: names, clock=clock)
    for site in there.values():
        try:
            yield site, audits.read(site.site_id)
        except AuditUnavailable:
            yield site, None


def _names(settings: Settings) -> dict[str, str]:
    """Of lines; without the log they go by their ids."""
    try:
        return line_names_read(settings)
    except (LogError, UnsuitableFolder):
        return {}
