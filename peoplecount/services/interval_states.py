"""What the projections remember, as it is beside the log: versions, cursor, and what is not written down yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from peoplecount.domain.interval import Scope
from peoplecount.domain.interval_book import IntervalBook, Subject
from peoplecount.domain.line import LineKey
from peoplecount.eventlog.log import LoadedStates, StateChange
from peoplecount.services.interval_state_body import (
    CURSOR_STATE,
    INTERVAL_STATE,
    read_subject,
    state_key,
    write_subject,
)


class IntervalStates:
    """Keeps the states of one interval book in step with the log.

    Every line's state says up to which entry its sums reach. So lines may be written down at different times: after a
    crash all is read again from the cursor, and each line takes what is new to it.
    """

    def __init__(self, epoch: str = "", cursor: int = 0) -> None:
        self.epoch = epoch
        self.cursor = cursor
        """The number of the newest log entry that was folded."""
        self.folded_since = 0
        """Counts and corrections folded since the last ``remembered``."""
        self._versions: dict[str, int] = {}
        self._folded: dict[LineKey, int] = {}
        self._unwritten: set[Subject] = set()

    @classmethod
    def load(
        cls, loaded: LoadedStates, book: IntervalBook, breathe: Callable[[], None] = lambda: None
    ) -> IntervalStates:
        """Begin from what the log holds, and put it into the (empty) ``book``. Raises ``ValueError``.

        ``breathe`` is called after each of them.
        """
        states = cls(loaded.head.epoch)
        for key, state in loaded.states.items():
            if key == CURSOR_STATE:
                states._versions[key] = state.version
                states.cursor = int(state.body)
            elif key.startswith(INTERVAL_STATE):
                states._versions[key] = state.version
                states._put(key, state.body, book)
                breathe()
        book.remove(())
        return states

    def _put(self, key: str, body: str, book: IntervalBook) -> None:
        known = read_subject(key, body)
        book.closed[known.subject] = dict(known.closed)
        if known.tally is not None:
            line = LineKey.parse(known.subject.subject_id)
            book.lines[line] = known.tally
            self._folded[line] = known.folded

    def is_new(self, key: LineKey, number: int) -> bool:
        """Whether a line's sums do not hold this entry yet; from now on they are taken to."""
        if number <= self._folded.get(key, 0):
            return False
        self._folded[key] = number
        self._unwritten.add(Subject(Scope.LINE, str(key)))
        self.folded_since += 1
        return True

    def touch(self, keys: Iterable[LineKey]) -> None:
        """Lines were removed."""
        for key in keys:
            self._folded.pop(key, None)
            self._unwritten.add(Subject(Scope.LINE, str(key)))

    def changes(
        self, book: IntervalBook, subjects: Iterable[Subject], breathe: Callable[[], None] = lambda: None
    ) -> tuple[StateChange, ...]:
        """The states of these subjects as they are now; ``breathe`` is called after each of them."""
        wanted = dict.fromkeys(subjects)
        self._unwritten -= wanted.keys()
        bodies = {}
        for one in wanted:
            bodies[state_key(one)] = write_subject(book, one, self.cursor)
            breathe()
        return tuple(self._change(key, body) for key, body in bodies.items() if body or key in self._versions)

    def unwritten(self) -> Iterator[Subject]:
        """Subjects whose state has changed since it was written."""
        return iter(sorted(self._unwritten))

    def cursor_change(self) -> StateChange:
        """The cursor as it is now; to be written once nothing is ``unwritten`` any more."""
        self.folded_since = 0
        return self._change(CURSOR_STATE, str(self.cursor))

    def _change(self, key: str, body: str) -> StateChange:
        version = self._versions.pop(key, 0)
        if body:
            self._versions[key] = version + 1
        return StateChange(key, version, body)
