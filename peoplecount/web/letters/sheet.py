"""The sheet a letter is written on: the same words as plain text and as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader

from peoplecount.mail.letter import Enclosure, Writing


class LetterTable(NamedTuple):
    """A table: the first column are names, the others figures."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


_EDGES = {"plain": "#2f5d8c", "bad": "#b3261e", "good": "#1b7f4b"}
"""The colour of the edge, by tone."""

_CELL = "padding:6px 12px 6px 0;border-bottom:1px solid #dfe3e8;"


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a letter says; everything in its language."""

    language: str
    subject: str
    title: str
    sentences: Sequence[str] = ()
    figures: Sequence[tuple[str, str]] = ()
    """Labels and values."""

    tables: Sequence[LetterTable] = ()
    notes: Sequence[str] = ()
    """What is said at the end, in small print."""

    link: tuple[str, str] | None = None
    """Words, and where they lead."""

    tone: str = "plain"
    """``bad`` or ``good`` where it is about something that is."""

    enclosures: tuple[Enclosure, ...] = field(default=())


class LetterPress:
    """Makes writings of sheets."""

    def __init__(self, template_folder: Path) -> None:
        loader = FileSystemLoader(template_folder)
        self._pages = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)

    def writing(self, sheet: Sheet) -> Writing:
        """As it is sent."""
        html = self._pages.get_template("mail/letter.html").render(sheet=sheet, edge=_EDGES[sheet.tone], cell=_CELL)
        return Writing(sheet.subject, plain_text(sheet), html, sheet.enclosures)


def plain_text(sheet: Sheet) -> str:
    """The sheet for programs that show no HTML, and for people who want none."""
    parts = [sheet.title, "\n".join(sheet.sentences)]
    parts.append("\n".join(f"{label}: {value}" for label, value in sheet.figures))
    parts += [_table_text(table) for table in sheet.tables]
    parts.append("\n".join(sheet.notes))
    if sheet.link:
        parts.append(": ".join(sheet.link))
    return "\n\n".join(part for part in parts if part) + "\n"


def _table_text(table: LetterTable) -> str:
    rows = [list(table.columns), *map(list, table.rows)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(table.columns))]
    lines = ["  ".join(_cell(cell, place, widths) for place, cell in enumerate(row)).rstrip() for row in rows]
    return "\n".join([table.title, *lines] if table.title else lines)


def _cell(cell: str, place: int, widths: Sequence[int]) -> str:
    return cell.ljust(widths[0]) if place == 0 else cell.rjust(widths[place])
