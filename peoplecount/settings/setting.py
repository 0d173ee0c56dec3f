"""A setting: what it is called, what it means, and how its text is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from peoplecount.settings import readers


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting, as it is written in ``.env`` or the environment."""

    name: str
    section: str
    default: str
    """The text read where it is not set. Empty: ``unset`` is the value, and the help says what happens then."""

    help: str
    read: Callable[[str], object] = readers.text
    attribute: str = ""
    """Its name in ``Settings``; empty where it is only a part of ``Settings.database``."""

    unset: object = ""
    secret: bool = False
    """Never shown; may also come from the file named by ``NAME_FILE``."""

    demo: bool = False
    """Whether the demo listens to it too."""
