"""The questions that cameras are asked. Whether they may be is another module's business (``read_only``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from urllib.parse import quote

from peoplecount.sunapi.query import Query

WISEAI = "/opensdk/WiseAI/"
WISEAI_SEARCH = WISEAI + "search/objectcounting"


def _sunapi(subject: str, cgi: str, submenu: str, action: str, channel: int | None = None) -> Query:
    parameters = [("msubmenu", submenu), ("action", action)]
    if channel is not None:
        parameters.append(("Channel", str(channel)))
    return Query(subject, f"/stw-cgi/{cgi}", tuple(parameters))


def device_info() -> Query:
    """Model, serial number, firmware (SUNAPI System manual 2.6.2, ``deviceinfo``)."""
    return _sunapi("device information", "system.cgi", "deviceinfo", "view")


def device_date() -> Query:
    """The device's clock (SUNAPI System manual 2.6.2, ``date``)."""
    return _sunapi("the camera's clock", "system.cgi", "date", "view")


def system_log(day: date) -> Query:
    """What befell the device on one of its days (SUNAPI System manual 2.6.2, ``systemlog``).

    Its types differ between the manual and devices, so all are asked for.
    """
    log = _sunapi("the camera's log", "system.cgi", "systemlog", "view")
    return replace(log, parameters=(*log.parameters, ("FromDate", str(day)), ("ToDate", str(day))))


def installed_apps() -> Query:
    """Installed applications (SUNAPI Open SDK manual 2.6.2, ``apps``)."""
    return _sunapi("installed applications", "opensdk.cgi", "apps", "view")


def channel_limit() -> Query:
    """How many channels there are (SUNAPI Attributes manual 2.6.2). Takes no parameters and answers XML."""
    return Query("the number of channels", "/stw-cgi/attributes.cgi/attributes/System/Limit/MaxChannel")


def classic_configuration(channel: int | None = None) -> Query:
    """Counting lines of one channel, or of the device (SUNAPI Event manual 2.6.2, ``peoplecount`` ``view``)."""
    return _sunapi("the people-counting configuration", "eventsources.cgi", "peoplecount", "view", channel)


def classic_counts(channel: int | None = None) -> Query:
    """Running totals of one channel, or of the device (SUNAPI Event manual 2.6.2, ``peoplecount`` ``check``)."""
    return replace(_sunapi("people counts", "eventsources.cgi", "peoplecount", "check", channel), often=True)


def wiseai_capability() -> Query:
    """Which channels count objects (WiseAI App API 1.5.0, ``configuration/capability``)."""
    return Query("the WiseAI capabilities", WISEAI + "configuration/capability")


def wiseai_configuration(channel: int) -> Query:
    """Counting rules and lines of a channel (WiseAI App API 1.5.0, ``configuration/objectcounting``)."""
    return Query(
        "the object-counting configuration", WISEAI + "configuration/objectcounting", (("channel", str(channel)),)
    )


def wiseai_counts(channels: Sequence[int], rule: int) -> Query:
    """Running totals of a rule on some channels (WiseAI App API 1.5.0, ``search/objectcounting/check``).

    The rule is always named: left out, the app takes it for 1, not for all.
    """
    csv = ",".join(str(channel) for channel in channels)
    parameters = ("channel", csv), ("index", str(rule))
    return Query("people counts", WISEAI + "search/objectcounting/check", parameters, often=True)


_HISTORY = "the history of people counts"


def classic_search(channel: int, day: date, master_name: str, line_names: Sequence[str]) -> Query:
    """Start a search of one camera-local day (SUNAPI Recording manual 2.6.2, ``peoplecountsearch``).

    The ``Z`` of the dates is decoration: they are wall clock times of the camera, as the vendor's web viewer sends
    them. A range within one day is answered by the hour; the camera chooses that, not the caller.
    """
    lines = tuple((f"Camera.{master_name}.Line.{name}.Direction", "In,Out") for name in line_names)
    dates = (("FromDate", f"{day}T00:00:00Z"), ("ToDate", f"{day}T23:59:59Z"))
    start = _classic_search("control", ("Mode", "Start"), ("Channel", str(channel)))
    return replace(start, parameters=(*start.parameters, *dates, *lines))


def classic_search_status(token: str) -> Query:
    """How far a search is."""
    return _classic_search("view", ("Type", "Status"), ("SearchToken", token))


def classic_search_results(token: str) -> Query:
    """What a search has found."""
    return _classic_search("view", ("Type", "Results"), ("SearchToken", token))


def classic_search_cancel(token: str) -> Query:
    """Take a search back."""
    return _classic_search("control", ("Mode", "Cancel"), ("SearchToken", token))


def _classic_search(action: str, *parameters: tuple[str, str]) -> Query:
    search = _sunapi(_HISTORY, "recording.cgi", "peoplecountsearch", action)
    return Query(search.subject, search.path, (*search.parameters, *parameters), patient=True)


def wiseai_search(channel: int, rule: int, day: date) -> Query:
    """Start a search of one camera-local day (WiseAI App API 1.5.0, ``search/objectcounting``).

    Dates without ``Z`` are the camera's wall clock there, with it they are UTC.
    """
    dates = (("fromDate", f"{day}T00:00:00"), ("toDate", f"{day}T23:59:59"))
    return Query(_HISTORY, WISEAI_SEARCH, (("channel", str(channel)), ("index", str(rule)), *dates), patient=True)


def wiseai_search_status(token: str) -> Query:
    """How far a search is."""
    return _wiseai_search(token)


def wiseai_search_results(token: str) -> Query:
    """What a search has found."""
    return _wiseai_search(token, "/results")


def wiseai_search_cancel(token: str) -> Query:
    """Take a search back; the one request that is no GET."""
    return _wiseai_search(token, "/cancel", method="PUT")


def _wiseai_search(token: str, rest: str = "", method: str = "GET") -> Query:
    return Query(_HISTORY, f"{WISEAI_SEARCH}/{quote(token, safe='')}{rest}", method=method, patient=True)


def event_stream() -> Query:
    """Everything that happens, as it happens and without end (SUNAPI Event manual 2.6.2, ``monitordiff``).

    By schema, because object counting is told in no other way (WiseAI App API 1.5.0).
    """
    events = _sunapi("the stream of events", "eventstatus.cgi", "eventstatus", "monitordiff")
    return replace(events, parameters=(*events.parameters, ("SchemaBased", "True")))


BYPASS_HEADERS = "Accept:application/json"
"""What a recorder is told to send along to the camera (SUNAPI Bypass manual 2.6.3, 2.4.3)."""


def bypassed(query: Query, channel: int) -> Query:
    """The question as it goes through a recorder to the camera at its ``channel``, from 0.

    ``BypassURI`` holds path and query of the question, percent-encoded once more as a whole (SUNAPI Bypass manual
    2.6.3).
    """
    outer = _sunapi(query.subject, "bypass.cgi", "bypass", "control", channel)
    through = (("HeadersToSend", BYPASS_HEADERS), ("BypassURI", query.target))
    return replace(outer, parameters=(*outer.parameters, *through), method=query.method, patient=query.patient)
