"""Questions to a camera, and the one list of those that may be asked.

Cameras offer calls that erase counts, restart the device or change its settings. None of them can be sent from here:
every question passes ``require_allowed``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

WISEAI = "/opensdk/WiseAI/"

_READ_ONLY_SUNAPI = frozenset(
    {
        # each: the cgi, its msubmenu, action and Mode
        ("system.cgi", "deviceinfo", "view", ""),
        ("system.cgi", "date", "view", ""),
        ("opensdk.cgi", "apps", "view", ""),
        ("eventsources.cgi", "peoplecount", "view", ""),
        ("eventsources.cgi", "peoplecount", "check", ""),
    }
)
_READ_ONLY_PATHS = frozenset(
    {
        "/stw-cgi/attributes.cgi/attributes/System/Limit/MaxChannel",
        WISEAI + "configuration/capability",
        WISEAI + "configuration/objectcounting",
        WISEAI + "search/objectcounting/check",
    }
)


class QueryNotAllowed(ValueError):
    """A question outside the list; it has not been sent."""

    def __init__(self, query: Query) -> None:
        super().__init__(f"{query.path} with {dict(query.parameters)} is not on the list of read-only camera calls")


@dataclass(frozen=True, slots=True)
class Query:
    """One GET: what is asked, where, with which parameters."""

    subject: str
    """What is asked for, as error messages name it: ``people counts``."""

    path: str
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def target(self) -> str:
        """Path and query as they go on the request line."""
        return f"{self.path}?{urlencode(self.parameters, safe=',')}" if self.parameters else self.path


def require_allowed(query: Query) -> None:
    """Raise ``QueryNotAllowed`` unless the question only reads."""
    named = dict(query.parameters)
    repeated = len(named) != len(query.parameters)
    folder, _, cgi = query.path.rpartition("/")
    call = (cgi, named.get("msubmenu", ""), named.get("action", ""), named.get("Mode", ""))
    allowed = query.path in _READ_ONLY_PATHS or (folder == "/stw-cgi" and call in _READ_ONLY_SUNAPI)
    if repeated or not allowed:
        raise QueryNotAllowed(query)


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
    return _sunapi("people counts", "eventsources.cgi", "peoplecount", "check", channel)


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
    return Query("people counts", WISEAI + "search/objectcounting/check", (("channel", csv), ("index", str(rule))))
