"""How the history's pages say dates, parts of a period, and how figures were come by, in the visitor's language."""

from __future__ import annotations

from datetime import date, datetime, time
from functools import lru_cache

from babel.dates import format_skeleton, format_time, get_day_names

from peoplecount.domain.event import Quality
from peoplecount.domain.history_period import ONE_DAY, Beside, Grain, HistoryPeriod, Part
from peoplecount.domain.interval import Scope
from peoplecount.domain.percentages import whole_percentages
from peoplecount.domain.place_sum import PlaceSum
from peoplecount.domain.sentence import Sentence, figure, joined, per_cent, say
from peoplecount.services.history_query import Days, Hours
from peoplecount.services.history_report import HistoryRow
from peoplecount.web.formats import UNKNOWN
from peoplecount.web.formats import per_cent as share_words
from peoplecount.web.languages import book_now

_QUALITIES = {
    Quality.MEASURED: say("measured"),
    Quality.BACK_FILLED: say("from the camera's history"),
    Quality.CORRECTED: say("corrected"),
    Quality.IMPORTED: say("imported"),
    Quality.ESTIMATED: say("estimated"),
    Quality.MISSING: say("not known"),
}


def grain_words(grain: Grain) -> Sentence:
    """What a part of a period is."""
    return {
        Grain.QUARTER: say("Quarter of an hour"),
        Grain.HOUR: say("Hour"),
        Grain.DAY: say("Day"),
        Grain.WEEK: say("Week"),
        Grain.MONTH: say("Month"),
    }[grain]


def beside_words(beside: Beside) -> Sentence:
    """What a period is compared with."""
    return {
        Beside.NOTHING: say("nothing"),
        Beside.BEFORE: say("the period before"),
        Beside.YEAR: say("the year before"),
    }[beside]


def hours_words(hours: Hours) -> Sentence:
    """Which hours count."""
    return {Hours.ALL: say("all hours"), Hours.OPEN: say("while open"), Hours.CLOSED: say("while closed")}[hours]


def days_words(days: Days) -> Sentence:
    """Which days count."""
    return {
        Days.ALL: say("all days"),
        Days.ORDINARY: say("without holidays"),
        Days.HOLIDAYS: say("holidays only"),
    }[days]


def scope_words(scope: Scope) -> Sentence:
    """Several places."""
    return {Scope.SITE: say("Sites"), Scope.DOOR: say("Doors"), Scope.LINE: say("Lines")}[scope]


def one_of_words(scope: Scope) -> Sentence:
    """One place."""
    return {Scope.SITE: say("Site"), Scope.DOOR: say("Door"), Scope.LINE: say("Line")}[scope]


def day_words(day: date) -> str:
    """``Mon 4 May 2026``."""
    return _formed("yMMMEd", day)


def period_words(period: HistoryPeriod) -> Sentence | str:
    """``4 May 2026 to 10 May 2026``."""
    if period.first == period.last:
        return day_words(period.first)
    first = _formed("yMMMd" if period.first.year != period.last.year else "MMMd", period.first)
    return say("%(first)s to %(last)s", first=first, last=_formed("yMMMd", period.last))


def part_words(part: Part, grain: Grain) -> Sentence | str:
    """A part, in full."""
    day = day_words(part.local.date())
    if grain in (Grain.QUARTER, Grain.HOUR):
        told = f"{day}, {_clock(part.local)}"
        return say("%(time)s, the second time", time=told) if part.turn else told
    if grain is Grain.DAY:
        return day
    if grain is Grain.WEEK:
        year, number, _ = part.local.isocalendar()
        told = say("Week %(number)s of %(year)s, from %(day)s", number=str(number), year=str(year), day=day)
    else:
        told = _formed("yMMMM", part.local.date())
    return say("%(part)s, in part", part=told) if part.is_cut else told


def tick_words(part: Part, grain: Grain) -> str:
    """A part, as it stands under a chart."""
    if grain in (Grain.QUARTER, Grain.HOUR) and (part.local.hour, part.local.minute) != (0, 0):
        return _clock(part.local)
    return _formed("yMMM" if grain is Grain.MONTH else "MMMd", part.local.date())


def weekday_words() -> list[str]:
    """From Monday."""
    names = get_day_names("abbreviated", locale=book_now().formats)
    return [str(names[place]) for place in range(7)]


def quality_words(total: PlaceSum) -> Sentence:
    """How a figure was come by: all of it in one word, or the shares."""
    shares = total.shares()
    if len(shares) == 1:
        return _QUALITIES[next(iter(shares))]
    told = zip(shares, whole_percentages(list(shares.values())), strict=True)
    return joined([_share_words(percentage, _QUALITIES[quality]) for quality, percentage in told], ", ")


def _share_words(percentage: int, quality: Sentence) -> Sentence:
    if not percentage:
        return say("under %(share)s %(quality)s", share=per_cent(0.01), quality=quality)
    return say("%(share)s %(quality)s", share=per_cent(percentage / 100), quality=quality)


def percent(share: float | None) -> str:
    """A share of 0 to 1. Never 0 or 100 where it is not quite that."""
    return UNKNOWN if share is None else share_words(_careful(share))


ALIKE = 0.05
"""So much more may be known of one of two sums for them to be compared: else more is known, and not more have come."""


def change_words(now: PlaceSum, before: PlaceSum | None) -> str:
    """How much more or fewer came; empty where that cannot be said."""
    if before is None or now.figures is None or before.figures is None or not before.entered:
        return ""
    if abs((now.known_share or 0.0) - (before.known_share or 0.0)) > ALIKE:
        return ""
    change = round((now.entered - before.entered) / before.entered, 2)  # of less it is not said in which direction
    sign = "+" if change > 0 else "\N{MINUS SIGN}" if change < 0 else "\N{PLUS-MINUS SIGN}"
    return sign + share_words(abs(change))


def row_words(row: HistoryRow, grain: Grain) -> Sentence:
    """Everything about a part in one sentence, for whoever points at its bar or has it read out."""
    part: Sentence | str = part_words(row.part, grain)
    if row.holiday:
        part = say("%(part)s (%(holiday)s)", part=part, holiday=row.holiday)
    if row.is_ahead:
        return say("%(part)s: not yet", part=part)
    figures = row.total.figures
    if figures is None:
        return say("%(part)s: not known", part=part)
    known = quality_words(row.total)
    told = say(
        "%(part)s: %(in)s in, %(out)s out, %(known)s",
        **{"part": part, "in": figure(figures.entered), "out": figure(figures.left), "known": known},
    )
    more = [told, *([say("so far")] if row.is_running else [])]
    if row.before is not None and row.before.figures is not None:
        before = row.before.figures
        more.append(say("before: %(in)s in, %(out)s out", **{"in": figure(before.entered), "out": figure(before.left)}))
    return joined(more, "; ")


def presets(today: date) -> list[tuple[Sentence, date, date]]:
    """Periods that are asked for often."""
    monday = today - today.weekday() * ONE_DAY
    first = today.replace(day=1)
    before = (first - ONE_DAY).replace(day=1)
    return [
        (say("Today"), today, today),
        (say("Yesterday"), today - ONE_DAY, today - ONE_DAY),
        (say("This week"), monday, monday + 6 * ONE_DAY),
        (say("Last week"), monday - 7 * ONE_DAY, monday - ONE_DAY),
        (say("30 days"), today - 29 * ONE_DAY, today),
        (say("Last month"), before, first - ONE_DAY),
        (say("12 months"), first.replace(year=first.year - 1), first - ONE_DAY),
    ]


def _careful(share: float) -> float:
    return min(0.99, max(0.01, share)) if 0 < share < 1 else share


def _formed(skeleton: str, day: date) -> str:
    return _formed_in(book_now().formats_name, skeleton, day)


@lru_cache(maxsize=4096)  # each stands in a chart and in its table, and the same days on the next page
def _formed_in(locale: str, skeleton: str, day: date) -> str:
    return str(format_skeleton(skeleton, datetime(day.year, day.month, day.day), locale=locale))  # noqa: DTZ001 - a day


def _clock(local: datetime) -> str:
    return _clock_in(book_now().formats_name, local.time())


@lru_cache(maxsize=1024)
def _clock_in(locale: str, moment: time) -> str:
    return format_time(moment, "short", locale=locale)


FILTERS = {
    "percent": percent,
    "quality_words": quality_words,
    "day_words": day_words,
    "period_words": period_words,
    "grain_words": grain_words,
    "beside_words": beside_words,
    "hours_words": hours_words,
    "days_words": days_words,
    "scope_words": scope_words,
    "one_of_words": one_of_words,
}
