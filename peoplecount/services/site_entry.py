"""Sites as somebody types them in: on a page, or behind a command."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any

from peoplecount.domain.sentence import say
from peoplecount.domain.site import Site
from peoplecount.domain.threshold import Threshold
from peoplecount.services.site_day import zone_of
from peoplecount.storage import entries
from peoplecount.storage.errors import InvalidEntry


class InvalidFields(InvalidEntry):
    """What was typed makes no sense; ``faults`` says of each field what is wrong and what is allowed."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("; ".join(faults.values()))
        self.faults = faults


def with_texts(site: Site, texts: Mapping[str, str]) -> Site:
    """The site with other values in the fields that are named, and only those. Raises ``InvalidFields``."""
    values: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for name, text in texts.items():
        try:
            values[name] = _READERS[name](text.strip())
        except ValueError as error:
            faults[name] = str(error)
    if faults:
        raise InvalidFields(faults)
    found = replace(site, **values)
    if contradiction := _contradiction(found):
        raise InvalidFields(contradiction)
    return found


def _contradiction(site: Site) -> dict[str, str]:
    """What the thresholds say against the capacity, or against each other, by field."""
    wholes = {"busy_from": site.busy_from, "full_from": site.full_from}
    shares = {name: said for name, said in wholes.items() if said and said.is_share and site.capacity is None}
    if shares:
        return {
            name: say("%(said)s of what? Give a capacity too, or a number of people", said=said)
            for name, said in shares.items()
        }
    levels = site.levels
    if levels.busy is not None and levels.full is not None and site.busy_from and levels.busy >= levels.full:
        return {
            "busy_from": say(
                "busy from %(busy)s people on would never be shown: %(name)s is full from %(full)s "
                "on; give a smaller number",
                busy=levels.busy,
                name=site.name,
                full=levels.full,
            )
        }
    return {}


def as_texts(site: Site) -> dict[str, str]:
    """What somebody would type to get this site."""
    return {
        "name": site.name,
        "time_zone": site.time_zone,
        "opening_hours": site.opening_hours,
        "capacity": "" if site.capacity is None else str(site.capacity),
        "busy_from": str(site.busy_from or ""),
        "full_from": str(site.full_from or ""),
        "reset_time": site.reset_time.isoformat("minutes"),
    }


def people_counted(text: str) -> int:
    """How many people somebody counted. Raises ``InvalidFields``."""
    try:
        return int(text)
    except ValueError as error:
        raise InvalidFields({"people": say("%(text)s is no number of people", text=repr(text[:40]))}) from error


def moment_counted(text: str, site: Site, now: datetime) -> datetime:
    """A moment on the site's clock, in UTC; a time without a day is one of today, and no text is now.

    Raises ``InvalidFields``, also where that is still to come.
    """
    if not text.strip():
        return now.replace(microsecond=0)
    zone = zone_of(site)
    local = now.astimezone(zone)
    is_time = len(text) <= len("14:30:00")
    try:
        moment = datetime.fromisoformat(f"{local.date()}T{text}" if is_time else text)
        counted_at = (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:  # the first and the last day there is are elsewhere no day at all
        said = say("%(text)s is no time: 14:30 or 2026-05-04T14:30 is how it looks", text=repr(text[:40]))
        raise InvalidFields({"at": said}) from error
    if counted_at > now:
        raise InvalidFields(
            {
                "at": say(
                    "%(text)s is still to come at %(name)s; say when people were counted",
                    text=text[:40],
                    name=site.name,
                )
            }
        )
    return counted_at


def _reset_time(text: str) -> time:
    try:
        moment = time.fromisoformat(text)
    except ValueError as error:
        raise ValueError(say("%(text)s is no time of day: 00:00 to 23:59 are allowed", text=repr(text[:40]))) from error
    if moment.tzinfo or moment.second or moment.microsecond:
        raise ValueError(
            say("%(text)s is no time of day: full minutes from 00:00 to 23:59 are allowed", text=repr(text[:40]))
        )
    return moment


def _capacity(text: str) -> int | None:
    try:
        people = int(text) if text else None
    except ValueError as error:
        raise ValueError(
            say("%(text)s is not a capacity: a number of people, or nothing, is allowed", text=repr(text[:40]))
        ) from error
    return entries.capacity(people)


def _threshold(text: str) -> Threshold | None:
    return Threshold.parse(text) if text else None


_READERS: Mapping[str, Callable[[str], Any]] = {
    "name": entries.display_name,
    "time_zone": entries.time_zone,
    "opening_hours": entries.opening_hours,
    "capacity": _capacity,
    "busy_from": _threshold,
    "full_from": _threshold,
    "reset_time": _reset_time,
}
