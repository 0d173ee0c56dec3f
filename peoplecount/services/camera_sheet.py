"""Cameras in a file of comma-separated values, as spreadsheets read and write it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from peoplecount.domain.door import Door
from peoplecount.domain.sentence import say
from peoplecount.services import sheet_lines
from peoplecount.services.camera_desk import EnteredCamera
from peoplecount.services.camera_entry import texts_of

COLUMNS = ("id", "name", "address", "user", "password", "site", "time_zone", "interval", "protocol", "nvr_channel",
           "https_pin", "paused")  # fmt: skip
"""In the order in which they are written; in a file that is read, any order will do."""

NEEDED = ("name", "address")

MOST_ROWS = 5000
MOST_BYTES = 4_000_000
LONGEST_CELL = 1000

_YES = {"yes", "y", "true", "1", "x", "ja", "sí", "si", "oui"}
_NO = {"", "no", "n", "false", "0", "nein", "non"}


_FORMULA = re.compile(r"(^|[;\t\r\n])('*\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])")
"""Where a spreadsheet may take a cell for a formula, or one that was marked as text already. Where decimals have
commas, spreadsheets part cells at semicolons, quoted or not."""

_MARKED = re.compile(r"(^|[;\t\r\n])'('*\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])")


class SheetRefused(ValueError):
    """The file as a whole cannot be used; the message says why and what is expected."""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row as it was typed."""

    number: int
    """As a spreadsheet counts: the header is 1."""

    texts: Mapping[str, str]
    """By column; without blanks around them."""

    fault: str = ""
    """What is wrong with it as a row."""

    def __repr__(self) -> str:
        return f"SheetRow({self.number})"  # a cell may hold a password


def read_sheet(body: bytes) -> list[SheetRow]:
    """The rows of a file: UTF-8, UTF-16 or what Excel calls ANSI, divided by ``,``, ``;`` or tabs.

    Raises ``SheetRefused``.
    """
    if len(body) > MOST_BYTES:
        raise SheetRefused(
            say("the file is larger than %(value)s MB, which is no list of cameras", value=MOST_BYTES // 1_000_000)
        )
    text = _decoded(body)
    first = next((line for line in text.splitlines() if line.strip()), "")
    divider = max(",;\t", key=first.count)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=divider, strict=True)
        filled = ((number, row) for number, row in enumerate(reader, start=1) if any(cell.strip() for cell in row))
        numbered = list(islice(filled, MOST_ROWS + 2))  # and no more: the rest would only take time
    except csv.Error as error:
        raise SheetRefused(say("the file cannot be read as comma-separated values: %(error)s", error=error)) from error
    if not numbered:
        raise SheetRefused(
            say("the file is empty; its first row names the columns: %(value)s", value=", ".join(COLUMNS))
        )
    columns = _columns(numbered[0][1])
    rows = [_row(number, columns, row) for number, row in numbered[1:]]
    if not rows:
        raise SheetRefused(say("the file has no row but the one that names the columns"))
    if len(rows) > MOST_ROWS:
        raise SheetRefused(
            say(
                "the file has more than %(most_rows)s rows, as many as are allowed at once: divide it",
                most_rows=MOST_ROWS,
            )
        )
    return rows


def write_sheet(
    entered: Iterable[EnteredCamera], doors: Mapping[str, Door], passwords: Mapping[str, str] | None = None
) -> str:
    """A file that reads as these cameras again, with their lines; with their passwords where they are given.

    ``doors`` by id.
    """
    entered = list(entered)
    lines = {
        one.camera.camera_id: sheet_lines.write_lines(one.camera.lines, one.site.site_id, doors) for one in entered
    }
    out = io.StringIO(newline="")
    columns = [name for name in COLUMNS if passwords is not None or name != "password"]
    columns += sheet_lines.in_order({column for cells in lines.values() for column in cells})
    writer = csv.DictWriter(out, columns, extrasaction="ignore", lineterminator="\r\n")
    writer.writeheader()
    for one in entered:
        said = texts_of(one.camera) | {
            "site": one.site.name,
            "time_zone": one.site.time_zone,
            "paused": "yes" if one.paused else "no",
            "password": (passwords or {}).get(one.camera.camera_id, ""),
        }
        said |= lines[one.camera.camera_id]
        writer.writerow({name: _harmless(text) for name, text in said.items()})
    return out.getvalue()


def _harmless(text: str) -> str:
    """What a spreadsheet would take for a formula, marked as text as it marks it; ``_plain`` takes that off."""
    return _FORMULA.sub(r"\1'\2", text)


def _plain(cell: str) -> str:
    return _MARKED.sub(r"\1\2", cell)


def wants_pause(texts: Mapping[str, str]) -> bool | None:
    """What the column ``paused`` says; ``None`` where it says nothing. Raises ``ValueError``."""
    text = texts.get("paused", "").lower()
    if not text:
        return None
    if text not in _YES | _NO:
        raise ValueError(say("%(text)s says not whether it is paused: yes or no, or nothing", text=repr(text[:20])))
    return text in _YES


def _decoded(body: bytes) -> str:
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: Sequence[str] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            text = body.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise SheetRefused(say("the file is no text: save the table as CSV (UTF-8), not as a workbook"))


def _columns(header: Sequence[str]) -> list[str]:
    columns = [sheet_lines.canonical(cell.strip().lower().replace(" ", "_")) for cell in header]
    while columns and not columns[-1]:
        columns.pop()
    strange = [name for name in columns if name not in COLUMNS and not sheet_lines.is_column(name)]
    if strange:
        raise SheetRefused(
            say(
                "unknown column %(value)s; the first row names the columns, and %(value2)s are known",
                value=", ".join(repr(name[:40]) for name in strange[:6]),
                value2=", ".join((*COLUMNS, *sheet_lines.COLUMNS)),
            )
        )
    if len(set(columns)) < len(columns):
        raise SheetRefused(say("a column is there twice"))
    missing = [name for name in NEEDED if name not in columns]
    if missing:
        raise SheetRefused(
            say(
                "the column %(value)s is missing; needed are %(value2)s",
                value=", ".join(missing),
                value2=" and ".join(NEEDED),
            )
        )
    return columns


def _row(number: int, columns: Sequence[str], cells: Sequence[str]) -> SheetRow:
    fault = ""
    if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
        fault = say(
            "it has %(number)s cells, but there are %(number2)s columns: put a text with the divider in quotes",
            number=len(cells),
            number2=len(columns),
        )
    elif any(len(cell) > LONGEST_CELL for cell in cells):
        fault = say("a cell is longer than %(longest_cell)s characters", longest_cell=LONGEST_CELL)
    # A password may begin or end with a blank.
    texts = {
        name: _plain(cell if name == "password" else cell.strip()) for name, cell in zip(columns, cells, strict=False)
    }
    return SheetRow(number, texts, fault)
