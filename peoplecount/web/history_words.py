"""How the history's pages say dates, parts of a period, and how figures were come by."""

from __future__ import annotations

from datetime import date

from peoplecount.domain.event import Quality
from peoplecount.domain.history_period import ONE_DAY, Grain, HistoryPeriod, Part
from peoplecount.domain.place_sum import PlaceSum
from peoplecount.services.history_report import HistoryRow
from peoplecount.web.formats import people

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_QUALITY_WORDS = {
    Quality.MEASURED: "measured",
    Quality.BACK_FILLED: "from the camera's history",
    Quality.CORRECTED: "corrected",
    Quality.IMPORTED: "imported",
    Quality.ESTIMATED: "estimated",
    Quality.MISSING: "not known",
}


def day_words(day: date, *, weekday: bool = True, year: bool = True) -> str:
    """``Mon 4 May 2026``."""
    words = f"{day.day} {MONTHS[day.month - 1]}"
    return (f"{WEEKDAYS[day.weekday()]} " if weekday else "") + words + (f" {day.year}" if year else "")


def period_words(period: HistoryPeriod) -> str:
    """``4 to 10 May 2026``."""
    if period.first == period.last:
        return day_words(period.first)
    first = day_words(period.first, weekday=False, year=period.first.year != period.last.year)
    return f"{first} to {day_words(period.last, weekday=False)}"


def part_words(part: Part, grain: Grain) -> str:
    """A part, in full."""
    if grain in (Grain.QUARTER, Grain.HOUR):
        again = ", the second time" if part.turn else ""
        return f"{day_words(part.local.date())}, {part.local:%H:%M}{again}"
    if grain is Grain.DAY:
        return day_words(part.local.date())
    cut = ", a part of it" if part.is_cut else ""
    if grain is Grain.WEEK:
        year, number, _ = part.local.isocalendar()
        return f"Week {number} of {year}, from {day_words(part.local.date())}{cut}"
    return f"{MONTHS[part.local.month - 1]} {part.local.year}{cut}"


def tick_words(part: Part, grain: Grain) -> str:
    """A part, as it stands under a chart."""
    if grain in (Grain.QUARTER, Grain.HOUR):
        is_midnight = (part.local.hour, part.local.minute) == (0, 0)
        return day_words(part.local.date(), weekday=False, year=False) if is_midnight else f"{part.local:%H:%M}"
    if grain is Grain.MONTH:
        return f"{MONTHS[part.local.month - 1]} {part.local.year % 100:02}"
    return day_words(part.local.date(), weekday=False, year=False)


def quality_words(total: PlaceSum) -> str:
    """How a figure was come by: all of it in one word, or the shares."""
    shares = total.shares()
    if not shares:
        return ""
    if len(shares) == 1:
        return _QUALITY_WORDS[next(iter(shares))]
    return ", ".join(f"{percent(share)} {_QUALITY_WORDS[quality]}" for quality, share in shares.items())


def percent(share: float | None) -> str:
    """A share of 0 to 1. Never 0 or 100 where it is not quite that."""
    if share is None:
        return people(None)
    hundred = 100 * share
    if 0 < hundred < 1:
        return "< 1 %"
    return f"{min(99, round(hundred)) if hundred < 100 else 100} %"


def change_words(now: PlaceSum, before: PlaceSum | None) -> str:
    """How much more or fewer came; empty where that cannot be said."""
    if before is None or now.figures is None or before.figures is None or not before.entered:
        return ""
    change = round(100 * (now.entered - before.entered) / before.entered)
    return f"+{change} %" if change > 0 else f"\N{MINUS SIGN}{-change} %" if change < 0 else "\N{PLUS-MINUS SIGN}0 %"


def row_words(row: HistoryRow, grain: Grain) -> str:
    """Everything about a part in one sentence, for whoever points at its bar or has it read out."""
    words = [part_words(row.part, grain) + (f" ({row.holiday})" if row.holiday else "")]
    if row.is_ahead:
        return f"{words[0]}: not yet"
    figures = row.total.figures
    if figures is None:
        return f"{words[0]}: not known"
    words.append(f": {people(figures.entered)} in, {people(figures.left)} out, {quality_words(row.total)}")
    if row.is_running:
        words.append(", so far")
    if row.before is not None and row.before.figures is not None:
        words.append(f"; before: {people(row.before.entered)} in, {people(row.before.left)} out")
    return "".join(words)


def presets(today: date) -> list[tuple[str, date, date]]:
    """Periods that are asked for often."""
    monday = today - today.weekday() * ONE_DAY
    first = today.replace(day=1)
    before = (first - ONE_DAY).replace(day=1)
    return [
        ("Today", today, today),
        ("Yesterday", today - ONE_DAY, today - ONE_DAY),
        ("This week", monday, monday + 6 * ONE_DAY),
        ("Last week", monday - 7 * ONE_DAY, monday - ONE_DAY),
        ("30 days", today - 29 * ONE_DAY, today),
        ("Last month", before, first - ONE_DAY),
        ("12 months", _a_year_before(first), first - ONE_DAY),
    ]


def _a_year_before(first: date) -> date:
    return first.replace(year=first.year - 1)
