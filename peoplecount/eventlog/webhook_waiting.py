"""What waits for webhooks, as rows of their book."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace

from peoplecount.domain.redelivery import thinned
from peoplecount.domain.webhook import Condition, Telling, Webhook
from peoplecount.eventlog import webhook_rows as rows


@dataclass(frozen=True, slots=True)
class KeptWebhook:
    """A webhook as it is in the book."""

    webhook: Webhook
    condition: Condition
    waiting: int
    """Events."""


@dataclass(frozen=True, slots=True)
class TakenUp:
    """What was found for one webhook, and where its places stand after it."""

    tellings: tuple[Telling, ...]
    sides: Mapping[str, str]
    gap: bool = False


def let_wait(
    connection: sqlite3.Connection, kept: KeptWebhook, taken: TakenUp, busy: int | None, most: int
) -> Condition:
    """Let what was found wait; the condition after it. Of more than ``most`` the superfluous goes, but not ``busy``."""
    hook_id, condition = kept.webhook.hook_id, replace(kept.condition, sides=taken.sides)
    condition = replace(condition, gap=condition.gap or taken.gap)
    tellings = list(taken.tellings)
    if tellings and (condition.untold or condition.gap):
        tellings[0] = replace(tellings[0], dropped=condition.untold, gap=condition.gap)
        condition = replace(condition, untold=0, gap=False)
    connection.executemany(
        "INSERT OR REPLACE INTO waiting (hook_id, number, event_id, kind, key, body, dropped, gap) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [rows.waiting_row(hook_id, one) for one in tellings],
    )
    states_alone = kept.webhook.wish.min_gap > 0
    if tellings and (states_alone or kept.waiting + len(tellings) > most):
        condition = _thin(connection, hook_id, condition, busy, most, states_alone=states_alone)
    return condition


def _thin(
    connection: sqlite3.Connection,
    hook_id: str,
    condition: Condition,
    busy: int | None,
    most: int,
    *,
    states_alone: bool,
) -> Condition:
    waiting = [one for one in of_webhook(connection, hook_id) if one.number != busy]
    gone, more, rest = thinned(waiting, most, states_alone=states_alone)
    connection.executemany(
        "DELETE FROM waiting WHERE hook_id = ? AND number = ?", [(hook_id, number) for number in gone]
    )
    connection.executemany(
        "UPDATE waiting SET dropped = dropped + ? WHERE hook_id = ? AND number = ?",
        [(count, hook_id, number) for number, count in more.items()],
    )
    return replace(condition, dropped=condition.dropped + len(gone), untold=condition.untold + rest)


def of_webhook(connection: sqlite3.Connection, hook_id: str, most: int = -1) -> list[Telling]:
    """What waits for one, in order."""
    sql = (
        "SELECT number, event_id, kind, key, body, dropped, gap FROM waiting WHERE hook_id = ? ORDER BY number LIMIT ?"
    )
    return [rows.read_waiting(row) for row in connection.execute(sql, (hook_id, most)).fetchall()]


def with_left_out(connection: sqlite3.Connection, hook_id: str, condition: Condition, count: int) -> Condition:
    """The condition once it is said by the next that waits, or is to be said by the next that comes."""
    sql = (
        "UPDATE waiting SET dropped = dropped + ? WHERE hook_id = ? AND number = "
        "(SELECT min(number) FROM waiting WHERE hook_id = ?)"
    )
    said = connection.execute(sql, (count, hook_id, hook_id)).rowcount
    return replace(condition, dropped=condition.dropped + 1, untold=condition.untold + (0 if said else count))


def emptied(connection: sqlite3.Connection, hook_id: str, condition: Condition) -> Condition:
    """The condition once nothing waits any more: how much that was is told with the next event."""
    (told,) = connection.execute(
        "SELECT coalesce(sum(1 + dropped), 0) FROM waiting WHERE hook_id = ?", (hook_id,)
    ).fetchone()
    (gaps,) = connection.execute("SELECT coalesce(max(gap), 0) FROM waiting WHERE hook_id = ?", (hook_id,)).fetchone()
    went = connection.execute("DELETE FROM waiting WHERE hook_id = ?", (hook_id,)).rowcount
    return replace(
        condition, dropped=condition.dropped + went, untold=condition.untold + told, gap=condition.gap or bool(gaps)
    )
