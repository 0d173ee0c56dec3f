"""``wsgi:app`` whose readers are all woken for every event, whatever they chose: what a single condition would do."""

from collections.abc import Sequence

from peoplecount.stream import hub
from peoplecount.stream.ring import Frame
from peoplecount.stream.selection import Selection


def everybody(_frames: Sequence[Frame], _selection: Selection) -> bool:
    return True


hub._concern = everybody  # noqa: SLF001

from wsgi import app  # noqa: E402 - which builds the service

__all__ = ["app"]
