"""Letters with the figures of a period, and the same as a workbook."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from peoplecount.domain.history_period import Beside, Grain
from peoplecount.domain.offload import Offload, call_here
from peoplecount.domain.place_sum import PlaceSum
from peoplecount.domain.report_schedule import Cadence, ReportPeriod, ReportSchedule
from peoplecount.domain.sentence import Sentence, per_cent, say, say_number
from peoplecount.mail.letter import Enclosure, Writing
from peoplecount.services.counts import NoSuchPlace
from peoplecount.services.history_query import HistoryQuery
from peoplecount.services.history_report import HistoryDesk, HistoryReport, HistoryRow
from peoplecount.web.history_export import WORKBOOK, workbook_of
from peoplecount.web.letters.sheet import LetterPress, LetterTable, Sheet
from peoplecount.web.letters.voice import Voice
from peoplecount.web.phrase_book import PhraseBook

WHOLE = 0.9995
"""From which share on all is known, to the tenth of a per cent."""

MOST_NAMED = 3
"""Of more sites only the first ones are named in a title."""


class ReportLetters:
    """Writes them."""

    def __init__(
        self,
        press: LetterPress,
        desk: HistoryDesk,
        book: Callable[[str], PhraseBook],
        public_url: str,
        offload: Offload = call_here,
    ) -> None:
        """``book`` is that of a language; without a ``public_url`` there are no links."""
        self._press = press
        self._desk = desk
        self._book = book
        self._public_url = public_url
        self._offload = offload

    def report(self, schedule: ReportSchedule, period: ReportPeriod) -> Writing:
        """A period's report. Raises ``HistoryUnavailable`` and ``NoSuchPlace``."""
        found = self._desk.report(self._query(schedule, period), schedule.sites)
        voice = Voice(self._book(schedule.language))
        title = voice.told(
            say(
                "%(place)s, %(period)s",
                place=schedule.name or found.place.name or voice.told(self._sites_words(schedule)),
                period=_period_words(schedule.cadence, period, voice),
            )
        )
        address = self._address(found)
        return self._offload(lambda: self._press.writing(_sheet(title, period, found, voice, address)))

    def _sites_words(self, schedule: ReportSchedule) -> Sentence:
        """Which sites a report of several is about."""
        if schedule.sites is None:
            return say("All sites")
        names = sorted(self._desk.places.site(one).name for one in self._desk.places.sites(schedule.sites))
        if len(names) > MOST_NAMED:
            some, more = ", ".join(names[: MOST_NAMED - 1]), len(names) - MOST_NAMED + 1
            return say_number("%(some)s and %(num)s more site", "%(some)s and %(num)s more sites", more, some=some)
        return say("%(some)s and %(last)s", some=", ".join(names[:-1]), last=names[-1])

    def _query(self, schedule: ReportSchedule, period: ReportPeriod) -> HistoryQuery:
        there = self._desk.places.sites(schedule.sites)
        if not there:  # a sum of no sites is not nobody, and not all sites either
            raise NoSuchPlace(say("None of its sites is there any more."))
        grain = Grain.HOUR if schedule.cadence is Cadence.DAILY else Grain.DAY
        only = next(iter(there)) if len(there) == 1 else None
        return HistoryQuery(period.first, period.last, grain, site_id=only, beside=Beside.BEFORE)

    def _address(self, report: HistoryReport) -> str:
        """Of the same on the page of the history; empty where nobody has said how that is reached."""
        if not self._public_url:
            return ""
        asked = "&".join(f"{name}={value}" for name, value in report.query.parameters().items())
        return f"{self._public_url}/history?{asked}"


def _sheet(title: str, period: ReportPeriod, report: HistoryReport, voice: Voice, address: str) -> Sheet:
    body = workbook_of(report, address)
    name = f"people-{period.first:%Y%m%d}-{period.last:%Y%m%d}.xlsx"
    return Sheet(
        voice.book.code,
        voice.told(say("People counted: %(title)s", title=title)),
        title,
        [voice.told(words) for words in _sentences(report)],
        [(voice.told(label), value) for label, value in _figures(report, voice)],
        _tables(report, voice),
        [voice.told(words) for words in _notes(report)],
        (voice.told(say("The same on screen")), address) if address else None,
        enclosures=(Enclosure(name, WORKBOOK, body),),
    )


def _period_words(cadence: Cadence, period: ReportPeriod, voice: Voice) -> str:
    if cadence is Cadence.DAILY:
        return voice.weekday(period.first)
    if cadence is Cadence.MONTHLY:
        return voice.month(period.first)
    return voice.told(say("%(first)s to %(last)s", first=voice.day(period.first), last=voice.day(period.last)))


def _sentences(report: HistoryReport) -> Iterator[Sentence]:
    known = report.total.known_share
    if report.total.figures is None:
        yield say("Nothing is known of this time: no camera was read.")
    elif known is not None and known < WHOLE:
        yield say(
            "%(share)s of this time is known; what was counted in the rest is not in these figures.",
            share=per_cent(min(known, 0.99)),
        )


def _figures(report: HistoryReport, voice: Voice) -> Iterator[tuple[Sentence, str]]:
    total, before = report.total, report.before
    figures = total.figures
    yield say("In"), voice.people(figures.entered if figures else None)
    yield say("Out"), voice.people(figures.left if figures else None)
    earlier = before.figures if before else None
    if report.beside is not None:
        yield say("In, the period before"), voice.people(earlier.entered if earlier else None) + _change(report, voice)
    busiest = report.busiest
    if busiest is not None:
        most = voice.people(busiest.total.entered)
        yield say("Busiest"), f"{_part_name(report, busiest, voice)} ({most})"
    yield say("Complete"), voice.share(total.known_share, 1)


def _change(report: HistoryReport, voice: Voice) -> str:
    """By how much more or fewer came; nothing where either is not wholly known."""
    total, before = report.total, report.before
    if before is None or not (total.is_whole and before.is_whole) or not before.entered:
        return ""
    share = total.entered / before.entered - 1
    sign = "+" if share >= 0 else "\N{MINUS SIGN}"
    return f" ({sign}{voice.share(abs(share))})"


def _tables(report: HistoryReport, voice: Voice) -> list[LetterTable]:
    columns = [voice.told(words) for words in (say("In"), say("Out"), say("Complete"))]
    tables = []
    if report.children and report.are_children_told:
        title = voice.told(say("By site") if report.place.site is None else say("By door"))
        rows = [(child.place.name, *_cells(child.total, voice)) for child in report.children]
        tables.append(LetterTable(title, ["", *columns], rows))
    by_hour = report.query.grain is Grain.HOUR
    parts = [row for row in report.rows if not row.is_ahead]
    rows = [(_part_name(report, row, voice), *_cells(row.total, voice)) for row in _worth_telling(parts, by_hour)]
    tables.append(LetterTable(voice.told(say("By hour") if by_hour else say("By day")), ["", *columns], rows))
    return tables


def _worth_telling(rows: Sequence[HistoryRow], by_hour: bool) -> Sequence[HistoryRow]:  # noqa: FBT001
    """Hours of the night in which nobody came at either end of the day are left out; what is not known never is."""
    told = [bool(row.total.entered or row.total.left or not row.total.is_whole) for row in rows]
    if not by_hour or not any(told):
        return rows
    return rows[told.index(True) : len(told) - told[::-1].index(True)]


def _cells(total: PlaceSum | None, voice: Voice) -> tuple[str, str, str]:
    figures = total.figures if total else None
    return (
        voice.people(figures.entered if figures else None),
        voice.people(figures.left if figures else None),
        voice.share(total.known_share if total else None),
    )


def _part_name(report: HistoryReport, row: HistoryRow, voice: Voice) -> str:
    if report.query.grain is Grain.DAY:
        name = voice.weekday(row.part.local.date())
        return f"{name}, {voice.told(row.holiday)}" if row.holiday else name
    return f"{row.part.local:%H:%M}{'*' if row.part.turn else ''}"


def _notes(report: HistoryReport) -> Iterator[Sentence]:
    yield say("A dash is what is not known; 0 is that nobody came.")
    if any(row.part.turn for row in report.rows):
        yield say("* The same hour once more: clocks were put back.")
    if report.place.site is None:
        yield say("Each site by its own calendar.")
    else:
        yield say("Times are those of %(zone)s.", zone=report.place.zone.key)
    yield say("Figures are as they were known when this was written; corrections may follow in the history.")
