"""What Redis does for us in one go: scripts in Lua, which nobody else's commands come between."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "lua"

PREFIX = "{peoplecount}:"
"""In braces, so that all keys would be of one slot."""

EVENTS = f"{PREFIX}events"
LATEST = f"{PREFIX}latest"
STATES = f"{PREFIX}states"
MEMBERS = f"{PREFIX}members"
KEPT = f"{PREFIX}kept"
CHANGES = f"{PREFIX}changes"
LOG_KEYS = (
    *(f"{PREFIX}log", EVENTS, f"{PREFIX}folded", LATEST),
    *(STATES, f"{PREFIX}versions", f"{PREFIX}seen"),
    *(f"{PREFIX}shards", f"{PREFIX}tenures", MEMBERS),
)
"""In the order in which ``lua/common.lua`` takes them."""


@dataclass(frozen=True, slots=True)
class Script:
    """A script, and the keys it is handed."""

    text: str
    sha: str
    """What Redis knows it by."""

    keys: tuple[str, ...]


@cache
def log_script(name: str) -> Script:
    """A script on the log: see ``lua/NAME.lua``."""
    return _script(_text("common") + _text(name), LOG_KEYS)


@cache
def attend_script() -> Script:
    """The script by which a process says that it is there."""
    return _script(_text("attend"), (MEMBERS,))


_STORE_KEYS = {
    "kept": (KEPT, f"{PREFIX}kept-versions"),
    "keep": (KEPT, f"{PREFIX}kept-versions"),
    "note_change": (CHANGES,),
}


@cache
def store_script(name: str) -> Script:
    """A script on what is kept beside the log."""
    return _script(_text(name), _STORE_KEYS[name])


def _script(text: str, keys: tuple[str, ...]) -> Script:
    return Script(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest(), keys)


def _text(name: str) -> str:
    return (_FOLDER / f"{name}.lua").read_text(encoding="utf-8")
