"""What of the events that cameras send says that somebody was counted."""

from __future__ import annotations

from peoplecount.sunapi.answers import Json, clean, member, objects

_COUNTING = "objectcounting"
_PEOPLE = frozenset({"person", "people", "human", ""})
"""The manuals' names of the object type, in any case; left out, anybody may be meant."""


def tells_of_people(event: Json) -> bool:
    """Whether it says that people were counted (WiseAI App API 1.5.0, ``OpenSDK.WiseAI.ObjectCounting``).

    How many is of no use: a connection that is lost loses them, and the running totals have them in any case.
    """
    return any(_is_of_people(status) for status in objects(member(event, "EventStatus")))


def _is_of_people(status: Json) -> bool:
    name = clean(member(status, "EventName")).lower()
    if name.rpartition(".")[2] != _COUNTING:
        return False
    data = member(status, "Data")
    kind = member(data, "ObjectType") if isinstance(data, dict) else ""
    return clean(kind).lower() in _PEOPLE
