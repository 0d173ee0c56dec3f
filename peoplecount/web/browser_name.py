"""What a browser is called in a list of sessions."""

from __future__ import annotations

_BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    *(("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS")),
    *(("CrOS", "ChromeOS"), ("Linux", "Linux")),
)
"""Each names the ones behind it, too, so the first that is found is meant."""


def browser_name(agent: str) -> str:
    """Browser and system, as far as a ``User-Agent`` tells; else its beginning."""
    found = [next((name for mark, name in marks if mark in agent), "") for marks in (_BROWSERS, _SYSTEMS)]
    return " on ".join(filter(None, found)) or agent[:40] or "unknown browser"
