"""Telling a difference from people who were merely put in the neighbouring hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Span:
    """By how many people one account may be ahead of the other at the end of an hour."""

    least: int
    most: int

    def moved(self, people: int) -> _Span:
        return _Span(self.least + people, self.most + people)

    def within(self, doubt: int) -> _Span | None:
        least, most = max(self.least, -doubt), min(self.most, doubt)
        return _Span(least, most) if least <= most else None

    def nearest_to(self, people: int) -> int:
        return min(max(self.least, people), self.most)


def agreed(
    told: Sequence[int],
    history: Sequence[int],
    doubts: Sequence[int],
    is_open: Sequence[bool],
    *,
    before: int = 0,
    ahead: int = 0,
) -> list[int]:
    """What each hour should be said to be, so that both accounts agree, changing as few hours as can be.

    ``doubts`` are the people of readings across the end of each hour: they may have been told of one hour and be in the
    other one in the history, and no more of them than that. An hour keeps its figure as long as that explains all
    differences. Where it does not, and where ``is_open`` says that nobody knows better, the hour gets what is left once
    its neighbours are explained. ``before`` is the doubt at the beginning of the first hour. ``ahead`` is by how many
    people the history is believed to be ahead at the end of the last one, as far as its doubt allows.
    """
    spans, free = [_Span(-before, before)], []
    for people, remembered, doubt, open_ in zip(told, history, doubts, is_open, strict=True):
        follows = None if open_ else spans[-1].moved(remembered - people).within(doubt)
        free.append(follows is None)
        spans.append(follows or _Span(-doubt, doubt))
    ahead = spans[-1].nearest_to(ahead)
    figures: list[int] = []
    for slot in reversed(range(len(told))):
        if free[slot]:
            at_begin = spans[slot].nearest_to(max(0, ahead - history[slot]))  # an hour has nobody at least
            figures.append(history[slot] - ahead + at_begin)
        else:
            at_begin = ahead - (history[slot] - told[slot])
            figures.append(told[slot])
        ahead = at_begin
    figures.reverse()
    return figures if min(figures, default=0) >= 0 else list(history)
