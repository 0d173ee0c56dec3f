"""What rules of alerts look at: the live board, the door audits and the record writer."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from peoplecount.domain.alert_body import AlertFacts, AlertItem
from peoplecount.domain.alert_rule import AlertKind, AlertRule
from peoplecount.domain.alert_state import Verdict
from peoplecount.domain.camera import CameraState
from peoplecount.eventlog.log import LogError
from peoplecount.services.door_audit import AuditReport, AuditUnavailable, NoSuchSite
from peoplecount.services.writer_state import WriterState

logger = logging.getLogger(__name__)

INSIDE = "inside"
"""What the occupancy of a site is called among what is looked at."""

DATABASE = "database"

BEHIND, CAUGHT_UP = 1_000, 100
"""Events that are not in the database yet: from how many on it is behind, and from how few on no longer."""

AUDITED_EVERY = 900.0
"""Seconds. Hours change once an hour; an audit reads weeks of them."""

FIRST_AUDIT = 120.0
"""Seconds after the start, which is busy enough."""

PAUSE = 2.0
"""Seconds between two sites, so that the database has time for others."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What a rule sees at one site."""

    facts: AlertFacts
    zone: ZoneInfo
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    is_known: bool = True
    """False where nothing can be said of any of it just now."""


class Audits(Protocol):
    """Where door audits come from."""

    def read(self, site_id: str) -> AuditReport:
        """The audit of a site. Raises ``NoSuchSite`` and ``AuditUnavailable``."""
        ...


class SilentLines:
    """Which lines are silent, by the last audits; looked at every now and then, for it is work."""

    def __init__(self, audits: Audits, sites: Callable[[], Iterable[str]]) -> None:
        """``sites`` are the ids of those that any rule is for."""
        self._audits = audits
        self._sites = sites
        self._found: Mapping[str, Mapping[str, AlertItem]] = {}
        self._lines: Mapping[str, frozenset[str]] = {}

    def run(self, stop: threading.Event) -> None:
        """Look again and again until told to stop."""
        wait = FIRST_AUDIT
        while not stop.wait(wait):
            wait = AUDITED_EVERY
            self.look_on(stop)

    def look_on(self, stop: threading.Event) -> None:
        """The same as ``look``; what goes wrong is said, and tried again the next time."""
        try:
            self.look(stop)
        except LogError as error:
            logger.debug("no look for silent doors: %s", error)
        except Exception:
            logger.exception("looking for silent doors stumbled, and goes on later")

    def look(self, stop: threading.Event) -> None:
        """Audit all sites, one after the other; of one that cannot be audited the last look holds."""
        for site_id in list(self._sites()):
            try:
                report = self._audits.read(site_id)
            except (AuditUnavailable, NoSuchSite) as error:
                logger.debug("no look for silent doors: %s", error)
                continue
            silent = {
                row.audit.line_id: AlertItem(row.audit.line_id, row.name, row.findings[0])
                for row in report.rows
                if row.audit.silence is not None
            }
            self._found = {**self._found, site_id: silent}
            self._lines = {**self._lines, site_id: frozenset(row.audit.line_id for row in report.rows)}
            if stop.wait(PAUSE):
                return

    def at(self, site_id: str) -> tuple[Mapping[str, Verdict], Mapping[str, AlertItem]] | None:
        """Of each line of a site whether it is silent, and the words for those that are; ``None`` before a look."""
        if site_id not in self._found:
            return None
        silent = self._found[site_id]
        return {one: Verdict.BAD if one in silent else Verdict.GOOD for one in self._lines[site_id]}, silent


class AlertSights:
    """Looks for rules."""

    def __init__(
        self,
        board: Callable[[], Mapping[str, Any]],
        silent: SilentLines,
        *,
        database: Callable[[], tuple[Verdict, str]],
        zone: ZoneInfo,
    ) -> None:
        """``board`` is an outline of it; ``database`` says how that is, and why; ``zone`` is the installation's."""
        self._board = board
        self._silent = silent
        self._database = database
        self._zone = zone

    def of(self, rules: Sequence[AlertRule]) -> Iterator[tuple[AlertRule, Sight]]:
        """What each rule sees, site by site. The board is looked at once for all of them."""
        board = self._board() if any(rule.kind is not AlertKind.DATABASE for rule in rules) else {}
        cameras: dict[str, list[Mapping[str, Any]]] = {}
        for camera in board.get("cameras", ()):
            cameras.setdefault(camera["siteId"], []).append(camera)
        for rule in rules:
            if rule.kind is AlertKind.DATABASE:
                yield rule, self._of_database()
                continue
            for site in board["sites"]:
                if rule.is_for(site["siteId"]):
                    yield rule, self._at(rule, site, cameras.get(site["siteId"], ()))

    def _of_database(self) -> Sight:
        verdict, why = self._database()
        facts = AlertFacts("", "", {DATABASE: AlertItem(DATABASE, DATABASE, why)})
        return Sight(facts, self._zone, {DATABASE: verdict}, is_known=verdict is not Verdict.UNKNOWN)

    def _at(self, rule: AlertRule, site: Mapping[str, Any], cameras: Sequence[Mapping[str, Any]]) -> Sight:
        if rule.kind.has_threshold:
            return _inside(rule, site)
        if rule.kind is AlertKind.CAMERA:
            return _cameras(site, cameras)
        found = self._silent.at(site["siteId"])
        verdicts, items = found or ({}, {})
        facts = AlertFacts(site["siteId"], site["siteName"], items)
        return Sight(facts, ZoneInfo(site["timeZone"]), verdicts, is_known=found is not None)


def _inside(rule: AlertRule, site: Mapping[str, Any]) -> Sight:
    threshold = rule.threshold.people(site["capacity"]) if rule.threshold else None
    inside = site["occupancy"]
    facts = AlertFacts(site["siteId"], site["siteName"], {INSIDE: AlertItem(INSIDE, INSIDE)}, inside, threshold)
    zone = ZoneInfo(site["timeZone"])
    if threshold is None:
        return Sight(facts, zone)  # nobody has said how many the site is meant for
    if rule.kind is AlertKind.UNDER and site["open"] is False:
        return Sight(facts, zone, {INSIDE: Verdict.GOOD})
    if inside is None:
        return Sight(facts, zone, {INSIDE: Verdict.UNKNOWN}, is_known=False)
    return Sight(facts, zone, {INSIDE: verdict_on(rule.kind, inside, threshold, rule.margin)})


def verdict_on(kind: AlertKind, inside: int, threshold: int, margin: int) -> Verdict:
    """Of people inside. Back by the margin is good; in between, whatever was the case stays so."""
    beyond = inside - threshold if kind is AlertKind.OVER else threshold - 1 - inside
    if beyond >= 0:
        return Verdict.BAD
    within = min(max(1, margin), max(1, threshold)) if kind is AlertKind.OVER else max(1, margin)
    return Verdict.GOOD if -beyond >= within else Verdict.BETWEEN


def _cameras(site: Mapping[str, Any], cameras: Sequence[Mapping[str, Any]]) -> Sight:
    verdicts = {one["cameraId"]: _verdict_of_state(one["state"]) for one in cameras}
    items = {
        one["cameraId"]: AlertItem(one["cameraId"], one["cameraName"], one["reason"] or "")
        for one in cameras
        if verdicts[one["cameraId"]] is Verdict.BAD
    }
    return Sight(AlertFacts(site["siteId"], site["siteName"], items), ZoneInfo(site["timeZone"]), verdicts)


def _verdict_of_state(state: str) -> Verdict:
    if state == CameraState.UP:
        return Verdict.GOOD
    return Verdict.UNKNOWN if state == CameraState.UNKNOWN else Verdict.BAD


def verdict_on_database(trouble: str | None, writer: WriterState | None) -> tuple[Verdict, str]:
    """How the database is, and what is wrong with it. ``trouble`` is what ``trouble_of`` says."""
    if trouble:
        return Verdict.BAD, trouble
    if writer is None or writer.lag is None:
        return Verdict.UNKNOWN, ""
    if writer.lag >= BEHIND:
        return Verdict.BAD, ""
    return (Verdict.GOOD if writer.lag <= CAUGHT_UP else Verdict.BETWEEN), ""
