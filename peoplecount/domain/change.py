"""Changes: who did what to the installation, and what it was before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Subject(StrEnum):
    """What kind of thing was changed."""

    CAMERA = "camera"
    IMPORT = "import"
    """Cameras out of a file."""

    LINE = "line"
    SITE = "site"
    DOOR = "door"
    PERSON = "person"
    TOKEN = "token"  # noqa: S105  a kind of thing
    SCREEN = "screen"
    WEBHOOK = "webhook"
    BACKUP = "backup"
    ALERT = "alert"
    ALERT_RULE = "alert rule"
    REPORT = "report"


Value = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that somebody did."""

    moment: datetime
    """UTC."""

    who: str
    verb: str
    """What was done, as it stands in a sentence: ``added``, ``changed``, ``removed``."""

    subject: Subject
    subject_id: str
    name: str = ""
    """What the thing was called then; empty where it has no name but its id."""

    sites: frozenset[str] = frozenset()
    """Ids of the sites it belongs to, or did; empty: it concerns all of them."""

    before: Mapping[str, Value] = field(default_factory=dict)
    """What is different, as it was. Never a secret."""

    after: Mapping[str, Value] = field(default_factory=dict)
    number: int = 0
    """Grows with every change; 0: not kept yet."""
