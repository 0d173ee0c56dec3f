"""Changes of the audit log as texts."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime

from peoplecount.domain.change import Change, Subject


def change_text(change: Change) -> str:
    """JSON, without the number."""
    return json.dumps(
        {
            "moment": change.moment.isoformat(),
            "who": change.who,
            "verb": change.verb,
            "subject": change.subject.value,
            "subjectId": change.subject_id,
            "name": change.name,
            "sites": sorted(change.sites),
            "before": dict(change.before),
            "after": dict(change.after),
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def read_change(text: str) -> Change:
    """What ``change_text`` wrote."""
    row = json.loads(text)
    return Change(
        datetime.fromisoformat(row["moment"]),
        row["who"],
        row["verb"],
        Subject(row["subject"]),
        row["subjectId"],
        row["name"],
        frozenset(row["sites"]),
        row["before"],
        row["after"],
    )


def concerns_only(change: Change, sites: Collection[str]) -> bool:
    """Whether it concerns some of these sites and no other."""
    return bool(change.sites) and change.sites.issubset(sites)
