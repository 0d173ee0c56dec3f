"""What the history's pages show, as files: comma-separated values and a workbook, with the same figures in them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, NamedTuple

from flask import Blueprint, Response, abort, request

from peoplecount.domain.event import utc_text
from peoplecount.domain.history_period import Beside, Grain
from peoplecount.domain.place_sum import PlaceSum
from peoplecount.domain.sentence import say
from peoplecount.services.counts import NoSuchPlace
from peoplecount.services.history_report import HistoryReport, HistoryUnavailable
from peoplecount.services.history_sums import HOURS_A_WEEK
from peoplecount.services.unhurried import Breath, unhurried
from peoplecount.web.context import WebContext
from peoplecount.web.counts import harmless
from peoplecount.web.errors import unavailable
from peoplecount.web.history import address_of, asked

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

Cell = str | int | float | bool | datetime | None

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_EXACT = 4
"""Digits of shares."""

_WIDTHS = {
    **dict.fromkeys(("local_start", "from_utc", "to_utc", "time_zone", "holiday"), 18),
    **dict.fromkeys(("site", "door", "line"), 26),
    **dict.fromkeys(("in", "out", "hour"), 8),
    **dict.fromkeys(("what", "value"), 60),
}
_WIDTH = 14
"""Of other columns, in characters."""

_LAST_IN_WORKBOOKS = ("site_id", "door_id", "line_id", "from_utc", "to_utc")
"""For programs, which find columns by name; people read from the left."""

ROWS_AT_ONCE = 20
"""Rows of a workbook after which others have their turn."""

_FORMATS = {
    **dict.fromkeys(("known", "known_before", "coverage"), "share"),
    **dict.fromkeys(("mean_in", "mean_out", "hours_known"), "mean"),
}
"""Of numbers, by column; the others are whole."""

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Sheet(NamedTuple):
    """A table to be written; an empty cell is what is not known, never 0."""

    name: str
    columns: Sequence[str]
    rows: Iterable[Sequence[Cell]]


def routes(context: WebContext) -> Blueprint:
    """``/history.csv`` (one table of the page, ``table`` says which) and ``/history.xlsx`` (all of them)."""
    blueprint = Blueprint("history_export", __name__)

    @blueprint.get("/history.csv")
    def as_csv() -> Response:
        report = _report(context)
        wanted = request.args.get("table", "parts")
        sheets = {sheet.name: sheet for sheet in sheets_of(report)}
        if wanted not in sheets:
            allowed = ", ".join(sheets)
            abort(
                400,
                say(
                    "table: %(given)s is not known; allowed are %(allowed)s.", given=repr(wanted[:40]), allowed=allowed
                ),
            )
        return _file(report, csv_of(sheets[wanted]).encode(), "csv", "text/csv; charset=utf-8", wanted)

    @blueprint.get("/history.xlsx")
    def as_workbook() -> Response:
        report = _report(context)
        address = request.url_root.rstrip("/") + address_of(report.query.parameters())
        return _file(report, workbook_of(report, address), "xlsx", WORKBOOK)

    return blueprint


def sheets_of(report: HistoryReport) -> list[Sheet]:
    """The tables of a page: parts of the period, hours of the week, and the places within."""
    sheets = [_parts(report)]
    if report.week is not None:
        sheets.append(_week(report))
    if report.children and report.are_children_told:
        sheets.append(_places(report))
    return sheets


def csv_of(sheet: Sheet) -> str:
    """One header, then a line for each row (RFC 4180)."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(sheet.columns)
    writer.writerows([_plain(cell) for cell in row] for row in sheet.rows)
    return text.getvalue()


def workbook_of(report: HistoryReport, address: str) -> bytes:
    """A sheet for each table, with typed cells, and one that says what this is. Names are never formulas."""
    from xlsxwriter import Workbook  # noqa: PLC0415 - 8 MB, for the few processes that are asked for one

    made = BytesIO()
    with Workbook(made, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        formats = {
            "time": book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
            "share": book.add_format({"num_format": "0%"}),
            "count": book.add_format({"num_format": "#,##0"}),
            "mean": book.add_format({"num_format": "#,##0.0"}),
        }
        first, *others = (_for_people(sheet) for sheet in sheets_of(report))
        for sheet in [first, _about(report, address), *others]:
            page: Worksheet = book.add_worksheet(sheet.name)
            for column, title in enumerate(sheet.columns):
                page.write_string(0, column, title, bold)
                page.set_column(column, column, _WIDTHS.get(title, _WIDTH))
            for number, row in unhurried(enumerate(sheet.rows, 1), Breath(ROWS_AT_ONCE)):
                for column, cell in enumerate(row):
                    _write(page, number, column, cell, sheet.columns[column], formats)
            page.freeze_panes(1, 0)
    return made.getvalue()


def _for_people(sheet: Sheet) -> Sheet:
    """The same columns: first the wall clock's time and what it says, last what is empty and what is for programs."""
    rows = [*sheet.rows]

    def rank(column: int) -> tuple[bool, bool, bool]:
        title = sheet.columns[column]
        is_empty = all(row[column] in (None, "") for row in rows)
        return title in _LAST_IN_WORKBOOKS, is_empty, title != "local_start"

    order = sorted(range(len(sheet.columns)), key=rank)
    return Sheet(sheet.name, [sheet.columns[at] for at in order], ([row[at] for at in order] for row in rows))


def _write(page: Worksheet, row: int, column: int, cell: Cell, title: str, formats: dict[str, object]) -> None:
    if cell is None or cell == "":
        return
    if isinstance(cell, bool):
        page.write_boolean(row, column, cell)
    elif isinstance(cell, datetime):  # spreadsheets know no time zones; the column says which
        page.write_datetime(row, column, cell.replace(tzinfo=None), formats["time"])
    elif isinstance(cell, str):
        page.write_string(row, column, cell)
    else:
        page.write_number(row, column, cell, formats[_FORMATS.get(title, "count")])


def _plain(cell: Cell) -> object:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime):
        return utc_text(cell) if cell.tzinfo is UTC else cell.isoformat(timespec="seconds")
    return harmless(cell) if isinstance(cell, str) else cell


def _parts(report: HistoryReport) -> Sheet:
    columns = ["from_utc", "to_utc", "local_start", "time_zone", *_PLACE, *_FIGURES, "complete", "holiday"]
    if report.beside:
        columns += ["in_before", "out_before", "known_before"]
    place = _place_cells(report)
    rows: list[list[Cell]] = []
    for row in report.rows:
        if row.is_ahead:
            continue
        cells: list[Cell] = [row.part.start, row.part.end, row.part.local, report.place.zone.key, *place]
        cells += [*_figures(row.total), row.total.is_whole and not row.is_running, row.holiday or None]
        rows.append(cells + (_beside(row.before) if report.beside else []))
    return Sheet("parts", columns, rows)


def _week(report: HistoryReport) -> Sheet:
    week = report.week
    if week is None:
        return Sheet("week", (), ())
    rows = [
        (
            _WEEKDAYS[place // 24],
            place % 24,
            report.place.zone.key,
            _rounded(week.mean(place)),
            _rounded(week.left[place] / week.hours[place] if week.hours[place] else None),
            _rounded(week.hours[place]),
        )
        for place in range(HOURS_A_WEEK)
    ]
    return Sheet("week", ("weekday", "hour", "time_zone", "mean_in", "mean_out", "hours_known"), rows)


def _places(report: HistoryReport) -> Sheet:
    kind = report.child_scope.value
    rows = [
        (
            *(child.period.start, child.period.end, child.period.zone.key),
            *(child.place.subject, child.place.name, *_figures(child.total or PlaceSum())),
        )
        for child in report.children
    ]
    return Sheet("places", ("from_utc", "to_utc", "time_zone", f"{kind}_id", kind, *_FIGURES), rows)


def _about(report: HistoryReport, address: str) -> Sheet:
    """In English, as all names of columns are: for programs and people of all languages."""
    query, place = report.query, report.place
    told: list[tuple[str, Cell]] = [
        ("title", f"People counted at {place.name or 'all sites'}, {query.first} to {query.last}"),
        ("place", place.name or "all sites"),
        ("period", f"{query.first} to {query.last}, both included"),
        ("time zone", place.zone.key if place.site else "each site's own; sums are named in " + place.zone.key),
        ("step", {Grain.QUARTER: "quarter of an hour", Grain.HOUR: "hour"}.get(query.grain, query.grain.value)),
        ("compared with", f"{report.beside.first} to {report.beside.last}" if report.beside else Beside.NOTHING.value),
        ("hours", query.hours.value + (f" ({place.opening_hours})" if place.opening_hours else "")),
        ("days", query.days.value + (f" (holidays: {place.holidays})" if place.holidays else "")),
        ("figures as known", f"at the end of {query.known}" if query.known else "when this was made"),
        ("made (UTC)", report.now.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")),
        ("complete", _share_text(report.total.known_share)),
        ("live readings", _share_text(report.total.coverage)),
        ("an empty cell", "is what is not known; 0 is that nobody came"),
        ("address", address),
    ]
    return Sheet("about", ("what", "value"), told)


_PLACE = ("site_id", "site", "door_id", "door", "line_id", "line")
_FIGURES = ("in", "out", "quality", "known", "coverage")


def _place_cells(report: HistoryReport) -> list[Cell]:
    places = (report.place.site, report.place.door, report.place.line)
    return [cell for one in places for cell in ((one.subject, one.name) if one else (None, None))]


def _figures(total: PlaceSum) -> list[Cell]:
    return [*_people(total), total.quality.value, _rounded(total.known_share), _rounded(total.coverage)]


def _beside(total: PlaceSum | None) -> list[Cell]:
    return [*_people(total), _rounded(total.known_share) if total is not None else None]


def _people(total: PlaceSum | None) -> list[Cell]:
    figures = total.figures if total is not None else None
    return [None, None] if figures is None else [figures.entered, figures.left]


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, _EXACT)


def _share_text(share: float | None) -> str:
    return "not known" if share is None else f"{100 * share:.1f} %"


def _report(context: WebContext) -> HistoryReport:
    desk, query, own = asked(context, but="table")
    try:
        return desk.report(query, own)
    except HistoryUnavailable:
        unavailable(say("The history cannot be read just now."), 10)
    except NoSuchPlace as error:
        abort(404, error.args[0])


def _file(report: HistoryReport, body: bytes, ending: str, kind: str, table: str = "") -> Response:
    query = report.query
    days = f"{query.first:%Y%m%d}-{query.last:%Y%m%d}"
    name = "-".join(["history", days, *([table] if table not in {"", "parts"} else [])])
    headers = {"Content-Disposition": f'attachment; filename="{name}.{ending}"', "Cache-Control": "no-store"}
    return Response(body, headers=headers, content_type=kind)
