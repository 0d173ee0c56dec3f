"""The places whose history can be asked for: what they are called, where they lie, and what they consist of."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from peoplecount.domain.clock import Clock
from peoplecount.domain.interval import Scope
from peoplecount.domain.sentence import Sentence, say
from peoplecount.domain.site import Site
from peoplecount.services.counts import NoSuchPlace
from peoplecount.services.history_query import HistoryQuery

NAMED_AT_MOST = 20

_MANY = ZoneInfo("UTC")
"""Stands for several zones, and for none that is known."""


class NamedPlace(NamedTuple):
    """A site, door or line."""

    subject: str
    name: str


@dataclass(frozen=True, slots=True)
class Place:
    """What a question is about, and the way to it."""

    site: NamedPlace | None
    """``None``: all sites."""

    door: NamedPlace | None
    line: NamedPlace | None
    zone: ZoneInfo
    opening_hours: str
    holidays: str

    @property
    def name(self) -> str:
        """What it is called."""
        found = self.line or self.door or self.site
        return found.name if found else ""


FormerNames = Callable[[Collection[str]], Mapping[str, str]]
"""What doors were called, by id, as far as that is known."""


def _none_set(_: str) -> str:
    return ""


def _nobody_knows(_: Collection[str]) -> Mapping[str, str]:
    return {}


class HistoryPlaces:
    """As the live board and the list of sites have them just now."""

    def __init__(
        self,
        board: Callable[[], Mapping[str, Any]],
        sites: Callable[[], Mapping[str, Site]],
        clock: Clock,
        holidays: Callable[[str], str] = _none_set,
        former: FormerNames = _nobody_knows,
    ) -> None:
        """``holidays`` gives what is set for a site, ``former`` what doors were called that no line counts at now."""
        self._former = former
        self._holidays = holidays
        self._board = board
        self._sites = sites
        self._clock = clock

    def ask(self, asked: Mapping[str, str], own: Collection[str] | None) -> HistoryQuery:
        """Understand parameters; ``own`` are the sites somebody may see, ``None``: all.

        Raises ``BadQuery`` and ``NoSuchPlace``; what is not theirs is not there.
        """
        site_id = asked.get("site") or self._site_of(asked, own) or _only(own)
        query = HistoryQuery.parse(asked, self.today(site_id, own))
        query = replace(query, site_id=site_id)
        query.demand_sense()
        self._demand_place(query, own)
        if query.line_id and not query.door_id:
            line = _find(self._board()["lines"], "lineId", query.line_id)
            query = replace(query, door_id=str(line["doorId"]) if line else None)
        return query

    def place(self, query: HistoryQuery, own: Collection[str] | None) -> Place:
        """What it is about. What is no longer there goes by its id."""
        board = self._board()
        site = self._sites().get(query.site_id or "")
        return Place(
            self.site(query.site_id) if query.site_id else None,
            self._door(query.door_id),
            _named(board, "line", query.line_id),
            self._zone(query.site_id, own),
            site.opening_hours if site else "",
            self._holidays(query.site_id or ""),
        )

    def sites(self, own: Collection[str] | None) -> Mapping[str, ZoneInfo]:
        """The sites that are somebody's to see, with their time zones.

        Also those that have no camera any more, and so are not on the board: what they counted stays.
        """
        entered = {site.site_id: ZoneInfo(site.time_zone) for site in self._sites().values()}
        return {key: zone for key, zone in entered.items() if own is None or key in own} | self._shown(own)

    def _shown(self, own: Collection[str] | None) -> dict[str, ZoneInfo]:
        return {
            row["siteId"]: ZoneInfo(row["timeZone"])
            for row in self._board()["sites"]
            if own is None or row["siteId"] in own
        }

    def inside(self, query: HistoryQuery, own: Collection[str] | None) -> tuple[Scope, list[NamedPlace]]:
        """What a place consists of: the sites, the doors of a site, the lines of a door."""
        board = self._board()
        if query.line_id:
            return Scope.LINE, []
        if query.door_id:
            rows = [row for row in board["lines"] if row.get("doorId") == query.door_id]
            return Scope.LINE, [NamedPlace(row["lineId"], row["lineName"]) for row in rows]
        if query.site_id:
            rows = [row for row in board["doors"] if row.get("siteId") == query.site_id]
            return Scope.DOOR, [NamedPlace(row["doorId"], row["doorName"]) for row in rows]
        return Scope.SITE, [self.site(site_id) for site_id in self._shown(own)]

    def site(self, site_id: str) -> NamedPlace:
        """A site by its name, as far as that is known."""
        row = _find(self._board()["sites"], "siteId", site_id)
        site = self._sites().get(site_id)
        return NamedPlace(site_id, row["siteName"] if row else site.name if site else site_id)

    def former_doors(self, ids: Collection[str]) -> list[NamedPlace]:
        """Doors that are not on the board any more, by their names as far as those are known."""
        names = self._former(ids) if ids else {}
        return [NamedPlace(one, names.get(one, one)) for one in sorted(ids)]

    def _door(self, door_id: str | None) -> NamedPlace | None:
        if door_id is None or _find(self._board()["doors"], "doorId", door_id):
            return _named(self._board(), "door", door_id)
        return self.former_doors([door_id])[0]

    def doors(self, wanted: Collection[str]) -> list[str]:
        """What doors on the board are called, in the order of the alphabet."""
        return sorted({str(door["doorName"]) for door in self._board()["doors"] if door["doorId"] in wanted})

    def demand_known(self, query: HistoryQuery, own: Collection[str] | None) -> None:
        """For a question that found nothing. Raises ``NoSuchPlace`` where it is not on the board either."""
        board = self._board()
        for kind, subject in (("site", query.site_id), ("door", query.door_id), ("line", query.line_id)):
            if kind == "site" and subject in self._sites():
                continue
            if subject is not None and _find(board[f"{kind}s"], f"{kind}Id", subject) is None:
                raise NoSuchPlace(_not_here(kind, subject, board, own))

    def _site_of(self, asked: Mapping[str, str], own: Collection[str] | None) -> str | None:
        for kind in ("door", "line"):
            row = _find(self._board()[f"{kind}s"], f"{kind}Id", asked.get(kind))
            if row and (own is None or row["siteId"] in own):
                return str(row["siteId"])
        return None

    def zones(self, site_id: str | None, own: Collection[str] | None) -> set[ZoneInfo]:
        """Of a site, or of all with cameras that are somebody's to see; one at least."""
        if site_id:
            return {self.sites(own).get(site_id, _MANY)}
        return set(self._shown(own).values()) or {_MANY}

    def today(self, site_id: str | None, own: Collection[str] | None) -> date:
        """The day that a site has; of all that are somebody's to see the latest: in some it may not have begun."""
        now = self._clock.now()
        return max(now.astimezone(zone).date() for zone in self.zones(site_id, own))

    def _zone(self, site_id: str | None, own: Collection[str] | None) -> ZoneInfo:
        """Of a site; of all that are somebody's to see where they have one in common."""
        zones = self.zones(site_id, own)
        return zones.pop() if len(zones) == 1 else _MANY

    def _demand_place(self, query: HistoryQuery, own: Collection[str] | None) -> None:
        """What was removed has its history still, for those who may see all; nobody else can be told whose it was."""
        board = self._board()
        wanted = (("site", query.site_id), ("door", query.door_id), ("line", query.line_id))
        for kind, subject in wanted:
            if subject is None:
                continue
            if kind == "site" and subject in self.sites(own):
                continue
            row = _find(board[f"{kind}s"], f"{kind}Id", subject)
            if row is not None and own is not None and row["siteId"] not in own:
                row = None
            is_elsewhere = row is not None and query.site_id not in {None, row["siteId"]}
            if (row is None and (own is not None or query.site_id is None)) or is_elsewhere:
                raise NoSuchPlace(_not_here(kind, subject, board, own))


def _only(own: Collection[str] | None) -> str | None:
    return next(iter(own)) if own is not None and len(own) == 1 else None


def _find(rows: Collection[Mapping[str, Any]], key: str, subject: str | None) -> Mapping[str, Any] | None:
    return next((row for row in rows if row[key] == subject), None) if subject else None


def _named(board: Mapping[str, Any], kind: str, subject: str | None) -> NamedPlace | None:
    if subject is None:
        return None
    row = _find(board[f"{kind}s"], f"{kind}Id", subject)
    return NamedPlace(subject, row[f"{kind}Name"] if row else subject)


_KINDS = {"site": say("site"), "door": say("door"), "line": say("line")}


def _not_here(kind: str, subject: str, board: Mapping[str, Any], own: Collection[str] | None) -> Sentence:
    known = sorted(str(row[f"{kind}Id"]) for row in board[f"{kind}s"] if own is None or row["siteId"] in own)
    names = ", ".join([*known[:NAMED_AT_MOST], *(["…"] if len(known) > NAMED_AT_MOST else [])]) or say("none yet")
    return say("No %(kind)s %(id)s here. There are: %(known)s.", kind=_KINDS[kind], id=repr(subject[:80]), known=names)
