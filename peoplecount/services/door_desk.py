"""The desk for doors: where pages and commands enter, change and remove them."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace

from peoplecount.domain.change import Subject, Value
from peoplecount.domain.door import Door
from peoplecount.domain.sentence import say
from peoplecount.domain.site import DEFAULT_SITE_ID
from peoplecount.services.audit_log import AuditLog
from peoplecount.services.fleet import id_of
from peoplecount.services.site_entry import InvalidFields
from peoplecount.services.version import version_of
from peoplecount.storage.entries import display_name
from peoplecount.storage.errors import ChangedMeanwhile, InvalidEntry
from peoplecount.storage.site_table import SiteTable


class NoSuchPlace(InvalidEntry):
    """There is no site or door of that id."""


@dataclass(frozen=True, slots=True)
class DoorInHand:
    """A door, and what counts there."""

    door: Door
    lines: tuple[tuple[str, str], ...]
    """Ids and names of its lines."""

    @property
    def version(self) -> str:
        """Of what can be changed."""
        return version_of(self.door)


class DoorDesk:
    """Changes doors, and notes who did. What it raises is said at ``SiteDesk``."""

    def __init__(self, table: SiteTable, log: AuditLog) -> None:
        self._table = table
        self._log = log

    def in_hand(self) -> list[DoorInHand]:
        """All doors by name, with what counts there."""
        lines = self._table.lines_of_doors()
        doors = sorted(self._table.doors(), key=lambda door: (door.name.casefold(), door.door_id))
        return [DoorInHand(door, tuple(lines.get(door.door_id, ()))) for door in doors]

    def one_in_hand(self, door_id: str) -> DoorInHand:
        """A door, and what counts there."""
        for one in self.in_hand():
            if one.door.door_id == door_id:
                return one
        raise NoSuchPlace(say("there is no door %(door_id)s", door_id=repr(door_id[:64])))

    def add(self, who: str, site_id: str, name: str) -> Door:
        """Enter a door of a site; its id is made from both."""
        named = _fit(name)
        self._demand_site(site_id)
        taken = {door.door_id for door in self._table.doors()}
        door = Door(free_id(f"{site_id[:31]}.{id_of(named)[:32]}", taken), site_id, named)
        self._table.change_door(None, door)
        self._note(who, "added", door, {}, _facts(door))
        return door

    def change(self, who: str, door_id: str, name: str, site_id: str, version: str = "") -> Door:
        """Give a door another name, or move it to another site; what was counted so far stays where it was."""
        before = self.one_in_hand(door_id).door
        demand_version(before.name, version_of(before), version)
        after = replace(before, name=_fit(name), site_id=site_id)
        if after != before:
            self._demand_site(site_id)
            self._table.change_door(before, after)
            self._note(who, "changed", after, _facts(before), _facts(after), before.site_id)
        return after

    def remove(self, who: str, door_id: str) -> Door:
        """Forget a door at which no line counts; what it was. Its history stays."""
        one = self.one_in_hand(door_id)
        if one.lines:
            lines = some(name or line_id for line_id, name in one.lines)
            raise InvalidEntry(
                say(
                    "%(name)s still has the lines %(lines)s; give them another door first",
                    name=one.door.name,
                    lines=lines,
                )
            )
        self._table.remove_door(door_id)
        self._note(who, "removed", one.door, _facts(one.door), {})
        return one.door

    def _demand_site(self, site_id: str) -> None:
        if site_id != DEFAULT_SITE_ID and site_id not in {site.site_id for site in self._table.sites()}:
            raise InvalidFields({"site_id": say("there is no site %(site_id)s", site_id=repr(site_id[:64]))})

    def _note(
        self,
        who: str,
        verb: str,
        door: Door,
        before: Mapping[str, Value],
        after: Mapping[str, Value],
        *others: str,
    ) -> None:
        sites = [door.site_id, *others]
        self._log.note(who, verb, Subject.DOOR, door.door_id, door.name, sites=sites, before=before, after=after)


def demand_version(name: str, found: str, version: str) -> None:
    """Raise ``ChangedMeanwhile`` where ``version`` is another one than ``found``; none is any."""
    if version and version != found:
        raise ChangedMeanwhile(say("%(name)s was changed by somebody else meanwhile", name=name))


def free_id(wanted: str, taken: Container[str]) -> str:
    """``wanted``, or with the first number behind it that makes it one nobody has."""
    candidate, number = wanted, 1
    while candidate in taken:
        number += 1
        candidate = f"{wanted[:58]}-{number}"
    return candidate


def some(names: Iterable[str], most: int = 6) -> str:
    """The first few names, and how many more there are."""
    listed = list(names)
    more = say(" and %(value)s more", value=len(listed) - most) if len(listed) > most else ""
    return ", ".join(listed[:most]) + more


def _fit(name: str) -> str:
    try:
        return display_name(name.strip())
    except ValueError as error:
        raise InvalidFields({"name": str(error)}) from error


def _facts(door: Door) -> dict[str, Value]:
    return {"name": door.name, "site": door.site_id}
