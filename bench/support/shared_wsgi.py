"""``wsgi:app`` whose readers all wait for one condition and are woken for every event, whatever they chose."""

from collections.abc import Sequence

from peoplecount.stream import hub
from peoplecount.stream.ring import Frame
from peoplecount.stream.selection import Selection
from peoplecount.web.client_socket import ClientSocket


def everybody(_frames: Sequence[Frame], _selection: Selection) -> bool:
    return True


def nobody_listens(_connection: ClientSocket) -> None:
    return None


hub._concern = everybody  # noqa: SLF001
ClientSocket.line = nobody_listens  # type: ignore[assignment, method-assign]

from wsgi import app  # noqa: E402 - which builds the service

__all__ = ["app"]
