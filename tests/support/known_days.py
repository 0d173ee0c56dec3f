"""How far the history of a service has come."""

from __future__ import annotations

import csv
from datetime import date

import requests


def known_days(url: str, first: date, end: date) -> int:
    """Days of sites from ``first`` on and before ``end``; 0 as long as one of those it has is not complete."""
    asked = {"from": str(first), "to": str(end), "scope": "site", "step": "day"}
    answer = requests.get(f"{url}/export/counts.csv", params=asked, timeout=20)
    rows = list(csv.DictReader(answer.text.splitlines())) if answer.ok else []
    return len(rows) if all(row["complete"] == "true" for row in rows) else 0
