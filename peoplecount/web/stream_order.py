"""What a client asks of the stream: parameters and headers, read and checked."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from flask import Request, abort

from peoplecount.domain.asked_moment import NoMoment, asked_moment
from peoplecount.domain.event import EventKind
from peoplecount.domain.event_id import EventId, MalformedEventId
from peoplecount.domain.visitor import Visitor, Way
from peoplecount.stream.order import Order
from peoplecount.stream.selection import EVERYTHING, Selection
from peoplecount.web.context import WebContext
from peoplecount.web.errors import unavailable
from peoplecount.web.own_sites import own_part, own_selection

LONGEST_TIMEOUT = 100.0
"""Seconds. Power Automate and Logic Apps break a call off after 120."""

MOST_EVENTS = 10_000

USUAL_EVENTS = 500
USUAL_TIMEOUT = 30.0
"""Of an answer in JSON where nothing else is asked for."""

SCREEN_REACHES_BACK = timedelta(minutes=5)
"""How old the event may be after which a screen on a wall goes on; after an older one it begins anew."""

KINDS_OF_SCREENS = frozenset(
    {
        EventKind.COUNT,
        EventKind.COUNT_CORRECTION,
        EventKind.COUNTER_BREAK,
        EventKind.CAMERA_STATUS,
        EventKind.INTERVAL_CLOSED,
        EventKind.OCCUPANCY_CHANGED,
        EventKind.READINGS,
    }
)
"""What the page of a screen draws. Its cookie lies on a device that everybody passes by."""

_NAMED_AT_MOST = 20


def wants_json(asked: Request) -> bool:
    """Whether an endless stream would hang the caller, who must get one answer.

    Asked for by exactly ``application/json``: browsers' and libraries' longer lists name it among others.
    """
    if "azure-logic-apps" in asked.headers.get("User-Agent", "").lower():
        return True
    kinds = asked.headers.get("Accept", "").split(",")
    return len(kinds) == 1 and kinds[0].partition(";")[0].strip().lower() == "application/json"


def read_order(asked: Request, context: WebContext, asks: Visitor, *, bounded: bool = False) -> Order:
    """What is asked for, as far as it is theirs who asks. Aborts with 400, 404 or 503.

    ``bounded``: with the usual bounds where it names none.

    Raises ``BacklogUnavailable``.
    """
    timeout = _timeout(asked.args.get("timeout", ""))
    is_screen = asks.way is Way.SCREEN
    selection = read_selection(asked, context, asks)
    return Order(
        _of_screen(selection) if is_screen else selection,
        _screen_start(asked, context) if is_screen else read_start(asked, context),
        _limit(asked.args.get("limit", "")) or (USUAL_EVENTS if bounded else None),
        timeout if timeout is not None else (USUAL_TIMEOUT if bounded else None),
        lingers=not bounded,
    )


def read_start(asked: Request, context: WebContext) -> EventId | datetime | None:
    """Where to begin: the header, then the parameter for those who cannot set one, then ``since``.

    The header wins because a browser that reconnects keeps the address. 400 if malformed.
    """
    resumed = asked.headers.get("Last-Event-ID") or asked.args.get("lastEventId") or asked.args.get("lastEventID")
    text = resumed or asked.args.get("since", "")
    try:
        if not text:
            return None
        if resumed:
            return EventId.parse(text)
        return _since(text, context)
    except MalformedEventId as error:
        abort(400, f"{error}.")


def _of_screen(chosen: Selection) -> Selection:
    """What was chosen, as far as the page of a screen draws it."""
    kinds = chosen.kinds & KINDS_OF_SCREENS if chosen.kinds else KINDS_OF_SCREENS
    return Selection(chosen.cameras, chosen.doors, chosen.sites, kinds or frozenset({EventKind.SNAPSHOT}))


def _screen_start(asked: Request, context: WebContext) -> EventId | datetime | None:
    """Where a screen goes on that has lost its connection for a moment; what was earlier is none of its business."""
    if "since" in asked.args:
        abort(403, "A screen on a wall shows how it is now, and takes no since.")
    start = read_start(asked, context)
    if not isinstance(start, EventId):
        return None
    oldest = context.backlog.before(context.clock.now() - SCREEN_REACHES_BACK)
    if oldest is None or (start.epoch == oldest.epoch and start.number < oldest.number):
        return None
    return start


def _since(text: str, context: WebContext) -> EventId | datetime:
    if text == "earliest":
        return context.backlog.extent().oldest
    if text == "latest":
        return context.backlog.extent().head
    try:
        return EventId.parse(text)
    except MalformedEventId:
        return moment_of(text)


def moment_of(text: str) -> datetime:
    """A time that was given as ``since``. 400 where it is none."""
    try:
        return asked_moment(text, nor="an event id, earliest or latest")
    except NoMoment as error:
        abort(400, f"since: {error}.")


def read_selection(asked: Request, context: WebContext, asks: Visitor) -> Selection:
    """The cameras, doors, sites and kinds that are asked for. 404 for what is not there, with what is."""
    wanted = {name: frozenset(asked.args.getlist(name)) for name in ("camera", "door", "site", "kind")}
    kinds = [kind.value for kind in EventKind]
    _demand_known("kind", wanted["kind"], kinds)
    if wanted["camera"] or wanted["door"] or wanted["site"]:
        if not context.hub.ready:  # it is not known yet what is there
            unavailable("The service is starting. Try again in a moment.", 2)
        fields = own_part(asks, context.snapshots().fields)
        for name in ("camera", "door", "site"):
            _demand_known(name, wanted[name], {row[f"{name}Id"] for row in fields[f"{name}s"]})
    chosen = frozenset(EventKind(kind) for kind in wanted["kind"])
    selection = Selection(wanted["camera"], wanted["door"], wanted["site"], chosen)
    return (
        own_selection(asks, selection) or EVERYTHING
    )  # one for all who choose nothing: four empty sets are most of a kilobyte


def _demand_known(name: str, wanted: Iterable[str], known: Collection[str]) -> None:
    unknown = sorted(set(wanted) - set(known))
    if unknown:
        more = f" and {len(known) - _NAMED_AT_MOST} more" if len(known) > _NAMED_AT_MOST else ""
        names = ", ".join(sorted(known)[:_NAMED_AT_MOST]) or "none yet"
        abort(404, f"No {name} {unknown[0][:80]!r} here. {name.title()}s: {names}{more}.")


def _limit(text: str) -> int | None:
    if not text:
        return None
    if not re.fullmatch(r"\d{1,6}", text, re.ASCII) or not 1 <= int(text) <= MOST_EVENTS:
        abort(400, f"limit: {text[:20]!r} is not a whole number from 1 to {MOST_EVENTS}.")
    return int(text)


def _timeout(text: str) -> float | None:
    if not text:
        return None
    if not re.fullmatch(r"\d{1,3}(\.\d{1,3})?", text, re.ASCII) or float(text) > LONGEST_TIMEOUT:
        abort(400, f"timeout: {text[:20]!r} is not a number of seconds from 0 to {LONGEST_TIMEOUT:g}.")
    return float(text)
