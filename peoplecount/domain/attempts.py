"""Attempts to sign in: how many may fail in a while, by account and by address.

Room is taken before a password is looked at and given back where it is right, so that attempts at the same time, at
other workers too, cannot spend it twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

WINDOW = 900.0
"""Seconds in which failures count together."""

MOST_OF_ACCOUNT = 10
"""A thousand guesses a day are none against twelve characters, and who has mistyped often gets in after a while."""

MOST_OF_ADDRESS = 30
"""Many people may share an address, and none of them mistypes for long."""

MOST_SUBJECTS = 4_000
"""That are remembered. Each failure is of two; past it those go whose failures are over soonest."""

Failures = Mapping[str, tuple[float, ...]]
"""Seconds since the epoch at which attempts were begun that did not succeed, by subject."""


class Subject(NamedTuple):
    """What failures are counted by."""

    key: str
    most: int


def still_counting(failures: Failures, now: float) -> dict[str, tuple[float, ...]]:
    """Without those that are over; one that lies ahead was noted before the clock was set back, and is of now."""
    kept = {key: tuple(min(at, now) for at in times if now - at < WINDOW) for key, times in failures.items()}
    return {key: times for key, times in kept.items() if times}


def wait(failures: Failures, subjects: Iterable[Subject], now: float) -> float:
    """Seconds until another attempt may be made; 0: at once. ``failures`` are those that still count."""
    waits = [0.0]
    for subject in subjects:
        times = sorted(failures.get(subject.key, ()))
        if len(times) >= subject.most:
            waits.append(times[-subject.most] + WINDOW - now)
    return max(waits)


def begun(failures: Failures, subjects: Iterable[Subject], now: float) -> dict[str, tuple[float, ...]]:
    """An attempt is begun: until it succeeds it counts as failed."""
    after = dict(failures)
    for subject in subjects:
        after[subject.key] = (*after.get(subject.key, ()), now)
    if len(after) > MOST_SUBJECTS:
        newest = sorted(after, key=lambda key: max(after[key]))[-MOST_SUBJECTS:]
        after = {key: after[key] for key in newest}
    return after


def succeeded(
    failures: Failures, account: Subject, others: Iterable[Subject], at: float
) -> dict[str, tuple[float, ...]]:
    """The attempt begun at ``at`` went well: the account begins anew, and of others it was no failure.

    Others keep their failures: whoever has one account must not make room with it for guesses at all others.
    """
    after = dict(failures)
    after.pop(account.key, None)
    for subject in others:
        times = list(after.get(subject.key, ()))
        if at in times:
            times.remove(at)
        after[subject.key] = tuple(times)
    return {key: times for key, times in after.items() if times}
