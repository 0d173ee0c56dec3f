"""Apportioning people: whole numbers in proportion, whose sum is kept."""

from __future__ import annotations

from collections.abc import Sequence


def apportion(people: int, weights: Sequence[int]) -> list[int]:
    """``people`` in proportion to ``weights``, the largest remainders getting the last ones; evenly without weights.

    Both are 0 or more, and there is at least one weight. Of equal remainders the earlier gets one first.
    """
    total = sum(weights)
    if total == 0:
        weights, total = [1] * len(weights), len(weights)
    shares, remainders = [], []
    for place, weight in enumerate(weights):
        share, remainder = divmod(people * weight, total)
        shares.append(share)
        remainders.append((-remainder, place))
    for _, place in sorted(remainders)[: people - sum(shares)]:
        shares[place] += 1
    return shares


def rescale(parts: Sequence[int], people: int, unknown: Sequence[bool]) -> list[int]:
    """``parts`` changed so that they sum up to ``people``.

    Whoever is missing came in those parts that are ``unknown``, where there are such; otherwise all parts
    are scaled alike.
    """
    missing = people - sum(parts)
    if missing > 0 and any(unknown):
        places = [place for place, is_unknown in enumerate(unknown) if is_unknown]
        more = dict(zip(places, apportion(missing, [0] * len(places)), strict=True))
        return [part + more.get(place, 0) for place, part in enumerate(parts)]
    return list(parts) if missing == 0 else apportion(people, parts)
