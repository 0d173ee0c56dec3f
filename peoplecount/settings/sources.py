"""Where settings come from: the environment first, then ``.env``, then files named by ``…_FILE``."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from peoplecount.settings.env_file import read_env_file
from peoplecount.settings.table import DEMO_SWITCH, SETTINGS, by_name

_OTHER_NAMES = {
    "DB_HOST": "DB_SERVER",
    "DB_DATABASE": "DB_NAME",
    "DB_USERNAME": "DB_USER",
    "DB_UID": "DB_USER",
    "DB_PASS": "DB_PASSWORD",
    "DB_PWD": "DB_PASSWORD",
    "DB_URL": "DATABASE_URL",
    "CAMERA_USERNAME": "CAMERA_USER",
    "CAMERA_PASS": "CAMERA_PASSWORD",
    "TIMEZONE": "TIME_ZONE",
    "WORKERS": "WEB_WORKERS",
}
"""What people also call them, and difflib would not find or would take for another."""

_OUR_PREFIXES = ("DB_", "DATABASE_", "CAMERA_", "CAMERAS_", "PEOPLECOUNT_", "POLL_")


@dataclass(frozen=True, slots=True)
class Sources:
    """Texts by name; an empty one is as good as none and is left out."""

    texts: dict[str, str] = field(default_factory=dict, repr=False)
    demo: bool = False
    faults: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def read_sources(environ: Mapping[str, str], env_file: Path | None) -> Sources:
    """All texts there are, and what is wrong with where they came from."""
    if environ.get(DEMO_SWITCH):
        names = {setting.name for setting in SETTINGS if setting.demo}
        return Sources({name: environ[name] for name in names if environ.get(name)}, demo=True)
    sources = Sources()
    from_file: Mapping[str, str] = {}
    if env_file is not None:
        file = read_env_file(env_file, [setting.name for setting in SETTINGS if setting.secret])
        sources.faults.extend(file.faults)
        sources.warnings.extend(file.warnings)
        sources.warnings.extend(_strangers(file.values, str(env_file), every_name=True))
        from_file = file.values
    sources.warnings.extend(_strangers(environ.keys() - from_file.keys(), "the environment", every_name=False))
    _collect(sources, from_file)
    _collect(sources, environ)
    return sources


def _collect(sources: Sources, found: Mapping[str, str]) -> None:
    """Take what ``found`` has over what is there; a secret's file counts as the secret."""
    for setting in SETTINGS:
        text = found.get(setting.name, "")
        if not setting.secret or not text.strip():
            text = text.strip()  # blanks at the ends of a quoted password are meant
        file = found.get(f"{setting.name}_FILE", "").strip() if setting.secret else ""
        if text and file:
            sources.faults.append(f"{setting.name} and {setting.name}_FILE are both set; keep one of them")
        elif text:
            sources.texts[setting.name] = text
        elif file:
            _collect_file(sources, setting.name, Path(file))


def _collect_file(sources: Sources, name: str, file: Path) -> None:
    try:
        text = file.read_text(encoding="utf-8-sig").rstrip("\r\n")
    except OSError as error:
        sources.faults.append(f"{name}_FILE: {file} cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        sources.faults.append(f"{name}_FILE: {file} is not UTF-8 text")
    else:
        if text:
            sources.texts[name] = text
        else:
            sources.faults.append(f"{name}_FILE: {file} is empty")


def _strangers(names: Collection[str], where: str, *, every_name: bool) -> list[str]:
    """Names that are no setting but were probably meant to be one.

    The environment holds much that is not ours: there only near misses count, in the file our prefixes too.
    """
    known = by_name()
    files = {f"{setting.name}_FILE" for setting in SETTINGS if setting.secret}
    warnings = []
    for name in sorted(set(names) - known.keys() - files - {DEMO_SWITCH}):
        meant = _meant(name, [*known, *files])
        if meant:
            warnings.append(f"{name} in {where} is not a setting and is ignored; did you mean {meant}?")
        elif every_name and name.upper().startswith(_OUR_PREFIXES):
            warnings.append(f"{name} in {where} is not a setting and is ignored")
    return warnings


def _meant(name: str, allowed: list[str]) -> str | None:
    upper = name.upper()
    if upper in _OTHER_NAMES:
        return _OTHER_NAMES[upper]
    close = difflib.get_close_matches(upper, allowed, n=1, cutoff=0.85)
    return close[0] if close else None
