"""Group rights: what those may do whom somebody else signs in, by the groups they are in there."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from peoplecount.domain.user import Role

EVERYBODY = "*"
"""Stands for whoever is signed in there at all."""

EXAMPLE = "Counts admins=administrator; Shop=viewer@shop,mall; *=viewer"

_SITE = re.compile(r"[A-Za-z0-9_.-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class GroupRight:
    """What the members of one group may do."""

    group: str
    """Its name or id as it is told, in any case of letters; or ``EVERYBODY``."""

    role: Role
    sites: frozenset[str] | None = None
    """Ids of the sites they may see; ``None``: all."""

    def is_for(self, groups: Collection[str]) -> bool:
        """Whether it is for who is in these groups."""
        return self.group == EVERYBODY or self.group.casefold() in {group.casefold() for group in groups}


def rights_of(groups: Collection[str], rights: Sequence[GroupRight]) -> tuple[Role, frozenset[str] | None] | None:
    """Role and sites of who is in these groups; ``None`` where none of them gives any.

    The highest role that one gives, with the sites of all that give it.
    """
    fitting = [right for right in rights if right.is_for(groups)]
    if not fitting:
        return None
    role = next(role for role in reversed(Role) if any(right.role is role for right in fitting))
    sites = [right.sites for right in fitting if right.role is role]
    known = [one for one in sites if one is not None]
    return role, frozenset().union(*known) if len(known) == len(sites) else None


def read_group_rights(text: str) -> tuple[GroupRight, ...]:
    """Rights as they are written down, as in ``EXAMPLE``. Raises ``ValueError`` saying what is allowed."""
    return tuple(_read(part.strip()) for part in text.split(";") if part.strip())


def _read(text: str) -> GroupRight:
    group, equals, rest = (part.strip() for part in text.rpartition("="))
    role, at, sites = (part.strip() for part in rest.partition("@"))
    if not (group and equals) or role not in {one.value for one in Role}:
        raise ValueError(f"{text!r} is not a group and its role, as in {EXAMPLE!r}; roles are {', '.join(Role)}")
    named = [site.strip() for site in sites.split(",")] if at else []
    for site in named:
        if not _SITE.fullmatch(site):
            raise ValueError(f"{site!r} in {text!r} is not the id of a site (`site list` shows them)")
    return GroupRight(group, Role(role), frozenset(named) if at else None)
