"""The names of time zones, to choose from."""

from __future__ import annotations

from functools import cache
from importlib import resources

_FORMER = ("Etc/", "SystemV/", "US/", "Canada/", "Brazil/", "Chile/", "Mexico/")
"""Names by which other zones were called once, and zones that no place has."""


@cache
def time_zones() -> tuple[str, ...]:
    """The IANA names of places, and UTC."""
    listed = resources.files("tzdata").joinpath("zones").read_text("utf-8").split()
    return ("UTC", *sorted(name for name in listed if "/" in name and not name.startswith(_FORMER)))
