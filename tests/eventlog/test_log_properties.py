"""Whatever is done to a log, in whatever order, it agrees with a list."""

import tempfile
from datetime import datetime, timedelta
from pathlib import Path

import pytest

pytest.importorskip("hypothesis")

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from peoplecount.domain.folding import Rewrite
from peoplecount.eventlog.log import StaleState, StaleTerm, State
from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.eventlog.sqlite_log import SQLiteEventLog
from tests.support.events import NOON, an_event, changing, said, some

KEYS = st.sampled_from(["a", "b", "c"])


class LogMachine(RuleBasedStateMachine):
    """Appends, refusals, trims, new epochs and reopening at random, beside a model of lists and dicts."""

    def __init__(self):
        super().__init__()
        self.kept: list[tuple[int, str, datetime]] = []
        self.latest: dict[str, int] = {}
        self.states: dict[str, State] = {}
        self.ids = set()
        self.number = 0
        self.term = 0
        self.trimmed = self.folded = 0
        self.now = NOON

    def make_log(self):
        raise NotImplementedError

    @initialize()
    def start(self):
        self.log = self.make_log()
        self.term = self.log.raise_term()

    @rule(seconds=st.integers(-30, 60))
    def time_passes(self, seconds):
        self.now += timedelta(seconds=seconds)

    @rule(sizes=st.lists(st.integers(0, 4), max_size=3), subject=KEYS)
    def append_events(self, sizes, subject):
        batch = [some(*(f"{part}.{turn}" for turn in range(size)), subject=subject) for part, size in enumerate(sizes)]
        head = self.log.append(self.term, batch, self.now)
        self._note(head, [said(event) for part in batch for event in part.events], subject)

    @rule(key=KEYS, text=st.text(min_size=1, max_size=20))
    def append_with_a_state(self, key, text):
        version = self.states[key].version if key in self.states else 0
        head = self.log.append(self.term, [changing(key, version, text, text)], self.now)
        self.states[key] = State(version + 1, text)
        self._note(head, [text], "")

    @precondition(lambda self: self.states)
    @rule(data=st.data())
    def drop_a_state(self, data):
        key = data.draw(st.sampled_from(sorted(self.states)))
        head = self.log.append(self.term, [changing(key, self.states.pop(key).version, "", "dropped")], self.now)
        self._note(head, ["dropped"], "")

    @rule(key=KEYS, wrong=st.integers(1, 5))
    def append_from_a_stale_state(self, key, wrong):
        version = (self.states[key].version if key in self.states else 0) + wrong
        with pytest.raises(StaleState):
            self.log.append(self.term, [some("lost"), changing(key, version, "lost", "lost")], self.now)

    @rule(back=st.integers(1, 3))
    def append_of_an_earlier_term(self, back):
        with pytest.raises(StaleTerm):
            self.log.append(self.term - back, [some("lost")], self.now)

    @rule()
    def somebody_else_takes_the_lead(self):
        before, self.term = self.term, self.log.raise_term()
        assert self.term > before

    @precondition(lambda self: self.number)
    @rule(back=st.integers(0, 20), age=st.integers(-10, 100))
    def trim(self, back, age):
        up_to, before = self.number - back, self.now - timedelta(seconds=age)
        young = (number for number, _, at in self.kept if number > up_to or at >= before)
        first_kept = next(young, self.number + 1)
        dropped = [entry for entry in self.kept if entry[0] < first_kept]
        assert self.log.trim(up_to, before) == len(dropped)
        self.trimmed = max(self.trimmed, *(number for number, _, _ in dropped), 0)
        self.kept = self.kept[len(dropped) :]

    @precondition(lambda self: self.kept)
    @rule(data=st.data())
    def rewrite(self, data):
        """Some entries of a stretch go, another takes the place of its last one."""
        end = data.draw(st.integers(1, len(self.kept)))
        numbers = [number for number, _, _ in self.kept[:end]]
        entries = [one for one in self.log.read(0, 10_000) if one.event_id.number in numbers]
        dropped = data.draw(st.lists(st.sampled_from(entries[:-1]), unique=True)) if entries[:-1] else []
        new = an_event("folded", subject=entries[-1].event.subject)
        self.log.rewrite(self.term, Rewrite(tuple(dropped), ((entries[-1], new),), numbers[-1]))
        gone = {one.event_id.number for one in dropped}
        number, _, at = self.kept[end - 1]
        self.kept[end - 1] = (number, "folded", at)
        self.kept = [one for one in self.kept if one[0] not in gone]
        self.folded = max(self.folded, number)

    @rule()
    def start_epoch(self):
        epoch = self.log.head().epoch
        assert self.log.start_epoch().epoch != epoch

    @rule()
    def reopen(self):
        self.log.close()
        self.log = self.make_log()

    @rule(after=st.integers(0, 60), limit=st.integers(1, 10))
    def read_a_part(self, after, limit):
        expected = [entry for entry in self.kept if entry[0] > after][:limit]
        assert self._plain(self.log.read(after, limit)) == expected

    @invariant()
    def the_log_agrees_with_the_model(self):
        if not hasattr(self, "log"):
            return
        assert self._plain(self.log.read(0, 10_000)) == self.kept
        assert self.log.load_states().states == self.states
        assert self.log.head().number == self.number
        assert self.log.oldest().number == max(self.trimmed, self.folded)
        assert self.log.beginning().number == self.trimmed < (self.kept[0][0] if self.kept else self.number + 1)
        assert [entry.event_id.number for entry in self.log.latest().entries] == sorted(self.latest.values())

    def _note(self, head, texts, subject):
        for text in texts:
            self.number += 1
            self.kept.append((self.number, text, self.now))
            if subject:
                self.latest[subject] = self.number
        assert head.number == self.number
        if texts:
            assert str(head) not in self.ids, "an id was given twice"
            self.ids.add(str(head))

    @staticmethod
    def _plain(entries):
        return [(entry.event_id.number, said(entry.event), entry.appended_at) for entry in entries]

    def teardown(self):
        if hasattr(self, "log"):
            self.log.close()


class MemoryMachine(LogMachine):
    def make_log(self):
        if not hasattr(self, "log"):
            return MemoryEventLog()
        self.log.open()
        return self.log


class SQLiteMachine(LogMachine):
    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()

    def make_log(self):
        return SQLiteEventLog(Path(self.folder.name) / "events.sqlite")

    def teardown(self):
        super().teardown()
        self.folder.cleanup()


TestMemoryLog = MemoryMachine.TestCase
TestMemoryLog.settings = settings(max_examples=50, stateful_step_count=30, deadline=None)
TestSQLiteLog = SQLiteMachine.TestCase
TestSQLiteLog.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
