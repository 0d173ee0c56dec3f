"""Which rows of the roll-ups are to be written."""

from __future__ import annotations

from peoplecount.domain.count_book import CountBook
from peoplecount.domain.event import Quality
from peoplecount.domain.roll_up import HOUR, Cell, Stretch
from peoplecount.storage.roll_ups import LoadedRows
from tests.domain.test_count_book import DOOR, EIGHT, LINE, correction, crossings


def test_what_is_untouched_is_neither_new_nor_changed():
    there = Stretch(str(LINE), EIGHT, *DOOR)
    hours, quarters = LoadedRows({there: Cell(3, coverage=1.0)}), LoadedRows({there: Cell(3)})
    book = CountBook(hours, quarters)
    assert book.correct(correction(EIGHT, 3, quality=Quality.MEASURED), *DOOR) is None
    assert not hours.changed | hours.new | quarters.changed | quarters.new
    book.add(crossings(EIGHT + HOUR, 1, 1))
    book.add(crossings(EIGHT, 1, 1))
    assert (hours.changed, hours.new) == ({there}, {there._replace(starts_at=EIGHT + HOUR)})
