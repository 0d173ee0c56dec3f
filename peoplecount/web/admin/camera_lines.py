"""The lines of a camera in a form: what each is called, at which door it counts, and from when on it is swapped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from peoplecount.domain.door import Door
from peoplecount.domain.line import Line, LineKey
from peoplecount.domain.sentence import say
from peoplecount.domain.visitor import Visitor
from peoplecount.services.camera_desk import EnteredCamera
from peoplecount.services.line_desk import LineDesk, LineWish
from peoplecount.services.trial import Trial
from peoplecount.storage.errors import InvalidEntry

MOST = 256
"""Lines of one form."""


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line as a form shows it."""

    line_id: str
    read_name: str
    """What the camera calls it; empty where nobody knows."""

    name: str = ""
    """What it is called here; empty: as the camera calls it."""

    door_id: str = ""
    doors: tuple[Door, ...] = ()
    """To choose from."""

    elsewhere: bool = False
    """Whether its door is at a site that is not theirs to see: it stays as it is."""

    is_read: bool = True
    """Whether the camera has told of it."""

    entered: int | None = None
    left: int | None = None
    is_off: bool = False
    swaps: tuple[datetime, ...] = ()
    is_swapped: bool = False

    @property
    def label(self) -> str:
        """What it is best called."""
        return self.name or self.read_name or say("Line %(index)s", index=LineKey.parse(self.line_id).index)


class LineRows:
    """Rows for whoever looks."""

    def __init__(self, lines: LineDesk, by: Visitor) -> None:
        self._lines = lines
        self._doors = tuple(sorted(lines.doors(by).values(), key=lambda door: door.name.casefold()))
        self._names = lines.names_read()

    def of_trial(self, trial: Trial, camera_id: str) -> list[LineRow]:
        """The lines that a camera has just shown; of one that is entered nothing is to be chosen here."""
        return [
            LineRow(
                line.line_id,
                line.name,
                doors=() if camera_id else self._doors,
                entered=line.entered,
                left=line.left,
                is_off=not line.enabled,
            )
            for line in trial.lines
        ]

    def of_camera(self, one: EnteredCamera) -> list[LineRow]:
        """The lines of a camera that is entered."""
        now = self._lines.now()
        return [self._row(line, now) for line in self._lines.lines(one.camera)]

    def _row(self, line: Line, now: datetime) -> LineRow:
        known = {door.door_id for door in self._doors}
        return LineRow(
            str(line.key),
            self._names.get(str(line.key), ""),
            line.name,
            line.door_id,
            self._doors,
            elsewhere=bool(line.door_id) and line.door_id not in known,
            is_read=str(line.key) in self._names,
            swaps=line.swaps,
            is_swapped=line.is_swapped(now),
        )


def wishes(form: Mapping[str, str]) -> list[LineWish]:
    """What somebody wants of the lines in a form. Raises ``InvalidEntry``."""
    return list(_wishes(form))


def _wishes(form: Mapping[str, str]) -> Iterable[LineWish]:
    ids = [name.removeprefix("line:") for name in form if name.startswith("line:")]
    if len(ids) > MOST:
        raise InvalidEntry(say("a form with %(number)s lines is none of ours", number=len(ids)))
    for line_id in ids:
        try:
            key = LineKey.parse(line_id)
        except ValueError as error:
            raise InvalidEntry(str(error)) from error
        yield LineWish(
            key,
            form.get(f"name:{line_id}", "").strip(),
            form.get(f"door:{line_id}", "").strip(),
            form.get(f"new-door:{line_id}", "").strip(),
        )
