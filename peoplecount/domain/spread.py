"""Spreading people over time: which share of an increment belongs to which stretch of the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def stretch_of(moment: datetime, length: timedelta, shift: timedelta = timedelta(0)) -> datetime:
    """When the stretch that holds ``moment`` begins: they lie on a grid of ``length`` from 1970, moved by ``shift``.

    A person seen at the very end of a stretch came before it: stretches hold their end and not their beginning.
    """
    return moment - ((moment - _EPOCH - shift) % length or length)


def spread(
    people: int, started_at: datetime, ended_at: datetime, length: timedelta, shift: timedelta = timedelta(0)
) -> dict[datetime, int]:
    """How many of ``people``, counted between two moments, belong to each stretch; by its beginning, without zeros.

    All go to the stretch in which the counting ended, unless it took longer than a stretch: then they are spread
    in proportion to time. People stay whole (the largest remainders get the last ones) and their sum is kept.
    """
    if people == 0:
        return {}
    if ended_at - started_at <= length:
        return {stretch_of(ended_at, length, shift): people}
    duration = _microseconds(ended_at - started_at)
    shares: dict[datetime, int] = {}
    remainders: list[tuple[int, datetime]] = []
    begin = stretch_of(ended_at, length, shift)
    while begin + length > started_at:
        overlap = min(begin + length, ended_at) - max(begin, started_at)
        shares[begin], remainder = divmod(people * _microseconds(overlap), duration)
        remainders.append((-remainder, begin))
        begin -= length
    missing = people - sum(shares.values())
    for _, begin in sorted(remainders)[:missing]:
        shares[begin] += 1
    return {begin: share for begin, share in sorted(shares.items()) if share}


def _microseconds(duration: timedelta) -> int:
    return duration // timedelta(microseconds=1)
