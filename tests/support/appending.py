"""The plainest appender: every append is a commit of its own."""

from peoplecount.eventlog.log import Append, EventLog


class DirectAppender:
    """Appends at once; ``break_with`` makes the next appends fail."""

    def __init__(self, log: EventLog, now) -> None:
        self._log = log
        self._now = now
        self._error: Exception | None = None

    def break_with(self, error: Exception | None) -> None:
        self._error = error

    def submit(self, term: int, append: Append) -> "Outcome":
        if self._error is not None:
            return Outcome(self._error)
        try:
            return Outcome(None, self._log.append(term, [append], self._now()))
        except Exception as error:  # noqa: BLE001 - handed to whoever waits
            return Outcome(error)


class Outcome:
    def __init__(self, error: Exception | None, head=None) -> None:
        self._error = error
        self._head = head

    def wait(self):
        if self._error is not None:
            raise self._error
        return self._head
