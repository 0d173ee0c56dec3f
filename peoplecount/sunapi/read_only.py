"""The one list of what cameras may be asked.

They offer calls that erase counts, restart the device or change its settings. None of them can be sent from here: every
question passes ``require_allowed``, and what goes through a recorder is held against the same list.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import unquote

from peoplecount.sunapi.queries import BYPASS_HEADERS, WISEAI, WISEAI_SEARCH
from peoplecount.sunapi.query import Query

_NONE: frozenset[str] = frozenset()
_SEARCH = ("recording.cgi", "peoplecountsearch")

_SUNAPI: Mapping[tuple[str, str, str, str], frozenset[str]] = {
    # cgi, msubmenu, action and Mode, and the further parameters that it may have
    ("system.cgi", "deviceinfo", "view", ""): _NONE,
    ("system.cgi", "date", "view", ""): _NONE,
    ("system.cgi", "systemlog", "view", ""): frozenset({"FromDate", "ToDate"}),
    ("opensdk.cgi", "apps", "view", ""): _NONE,
    ("eventsources.cgi", "peoplecount", "view", ""): frozenset({"Channel"}),
    ("eventsources.cgi", "peoplecount", "check", ""): frozenset({"Channel"}),
    ("eventstatus.cgi", "eventstatus", "monitordiff", ""): frozenset({"SchemaBased"}),
    # A search is made by the camera in its own time, and changes nothing there but the list of searches.
    (*_SEARCH, "control", "Start"): frozenset({"Channel", "FromDate", "ToDate"}),
    (*_SEARCH, "control", "Cancel"): frozenset({"SearchToken"}),
    (*_SEARCH, "view", ""): frozenset({"Type", "SearchToken"}),
}
_SEARCHED_LINE = re.compile(r"Camera\..*\.Line\..*\.Direction", re.DOTALL)
"""Names of cameras and lines stand in parameters' names."""

_PATHS: Mapping[str, frozenset[str]] = {
    "/stw-cgi/attributes.cgi/attributes/System/Limit/MaxChannel": _NONE,
    WISEAI + "configuration/capability": _NONE,
    WISEAI + "configuration/objectcounting": frozenset({"channel"}),
    WISEAI_SEARCH: frozenset({"channel", "index", "fromDate", "toDate"}),
    WISEAI_SEARCH + "/check": frozenset({"channel", "index"}),
}
_HARMLESS = r"(?:[\w.~-]|%(?!0|1|7F|2[356EF]|3F|5C)[0-9A-F]{2})+"
_WISEAI_TOKEN = re.compile(
    re.escape(WISEAI_SEARCH) + r"/(?!\.(?:/|$)|[^/]*\.\.)" + _HARMLESS + r"(/results|/cancel)?", re.ASCII
)
"""A search by its token, percent-encoded. Dots would lead elsewhere, and so may a slash, a question mark and the
like where a device decodes before it looks."""

_BYPASS = {"msubmenu": "bypass", "action": "control", "HeadersToSend": BYPASS_HEADERS}
_BYPASSED_CHANNEL = re.compile(r"0|[1-9]\d{0,2}", re.ASCII)
_NOT_THROUGH_RECORDERS = frozenset({"monitordiff"})
"""Answers in several parts cannot be bypassed (SUNAPI Bypass manual 2.6.3, 2.1)."""

_DOUBTFUL = re.compile(r"[&=?#%+;/\\\x00-\x1f\x7f]")
"""A recorder that decodes twice, or not at all, would read these in names and values as something else."""


class QueryNotAllowed(ValueError):
    """A question outside the list; it has not been sent."""

    def __init__(self, query: Query) -> None:
        super().__init__(
            f"{query.method} {query.path} with {dict(query.parameters)} is not on the list of read-only camera calls"
        )


def require_allowed(query: Query) -> None:
    """Raise ``QueryNotAllowed`` unless the question only reads, or takes back a search of ours."""
    if not is_allowed(query):
        raise QueryNotAllowed(query)


@lru_cache(maxsize=1024)  # a poll asks the same each time
def is_allowed(query: Query) -> bool:
    """Whether the question is on the list, by itself or through a recorder."""
    return _is_listed(query) or _is_bypassed(query)


def may_be_bypassed(query: Query) -> bool:
    """Whether a question means the same to whoever decodes it on its way through a recorder.

    Only SUNAPI commands go through recorders, and only with GET; what the WiseAI application is asked is none (SUNAPI
    Bypass manual 2.6.3, 2.1).
    """
    named = dict(query.parameters)
    return (
        query.path.startswith("/stw-cgi/")
        and query.method == "GET"
        and named.get("action") not in _NOT_THROUGH_RECORDERS
        and not any(_DOUBTFUL.search(text) for pair in query.parameters for text in pair)
        and _is_listed(query)
    )


def _is_listed(query: Query) -> bool:
    names = [name for name, _ in query.parameters]
    if len({name.lower() for name in names}) != len(names):
        return False
    if query.path in _PATHS:
        return query.method == "GET" and _PATHS[query.path].issuperset(names)
    search = _WISEAI_TOKEN.fullmatch(query.path)
    if search is not None:
        return not names and query.method == ("PUT" if search[1] == "/cancel" else "GET")
    return query.method == "GET" and _is_listed_sunapi(query)


def _is_listed_sunapi(query: Query) -> bool:
    named = dict(query.parameters)
    folder, _, cgi = query.path.rpartition("/")
    call = (cgi, named.pop("msubmenu", ""), named.pop("action", ""), named.pop("Mode", ""))
    further = _SUNAPI.get(call)
    if folder != "/stw-cgi" or further is None:
        return False
    starts_search = call[3] == "Start"
    return all(name in further or (starts_search and _SEARCHED_LINE.fullmatch(name)) for name in named)


def _is_bypassed(query: Query) -> bool:
    """Whether it is a question through a recorder, whose inside is on the list and written as we write it."""
    named = dict(query.parameters)
    channel, inside = named.pop("Channel", ""), named.pop("BypassURI", "")
    return (
        query.path == "/stw-cgi/bypass.cgi"
        and query.method == "GET"
        and len(query.parameters) == len(named) + 2
        and named == _BYPASS
        and _BYPASSED_CHANNEL.fullmatch(channel) is not None
        and (inner := _read(inside)) is not None
        and may_be_bypassed(inner)
    )


def _read(target: str) -> Query | None:
    """The question that has this target; ``None`` where another one could be read in it."""
    path, _, rest = target.partition("?")
    pairs = tuple(pair.partition("=") for pair in rest.split("&")) if rest else ()
    query = Query("", path, tuple((unquote(name), unquote(value)) for name, _, value in pairs))
    return query if query.target == target else None
