"""The log between real processes, one of which dies."""

import subprocess
import sys
from pathlib import Path

import pytest

from peoplecount.eventlog.sqlite_log import SQLiteEventLog
from tests.support.events import said
from tests.support.log_process import FENCED
from tests.support.waiting import wait_until

ROOT = Path(__file__).parents[2]


class Child:
    """A process at the log, and the lines it has written so far."""

    def __init__(self, role: str, path: Path, output: Path) -> None:
        script = ROOT / "tests" / "support" / "log_process.py"
        self._output = output
        with output.open("wb") as file:
            self.process = subprocess.Popen([sys.executable, str(script), role, str(path)], cwd=ROOT, stdout=file)

    def lines(self) -> list[str]:
        """Whole lines only."""
        return self._output.read_text().split("\n")[:-1]

    def has_written(self, count: int) -> bool:
        return len(self.lines()) >= count

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(20)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "events.sqlite"


@pytest.fixture
def start(path, tmp_path):
    children = []

    def start(role):
        child = Child(role, path, tmp_path / f"{len(children)}-{role}.txt")
        children.append(child)
        return child

    yield start
    for child in children:
        child.kill()


def entries_of(path):
    log = SQLiteEventLog(path)
    try:
        states = log.load_states().states
        return [(entry.event_id.number, said(entry.event)) for entry in log.read(0, 1_000_000)], states
    finally:
        log.close()


def test_a_writer_is_fenced_by_its_successor_and_a_follower_sees_everything_in_order(start, path):
    follower, first = start("follow"), start("write")
    wait_until(lambda: first.has_written(50))
    second = start("write")
    assert first.process.wait(20) == FENCED
    wait_until(lambda: second.has_written(50))
    second.kill()
    entries, _ = entries_of(path)
    wait_until(lambda: follower.has_written(len(entries)))

    assert follower.lines() == [f"{number} {text}" for number, text in entries]
    assert [number for number, _ in entries] == list(range(1, len(entries) + 1))
    terms = [int(text.split()[0]) for _, text in entries]
    assert terms == sorted(terms), "the first one appended nothing once the second one led"
    assert set(terms) == {1, 2}
    assert int(first.lines()[-1].split()[0]) == terms.index(2), "its last acknowledged append was its last"


def test_what_was_acknowledged_is_there_after_sigkill_and_nothing_is_half(start, path):
    acknowledged: list[str] = []
    for life in range(3):
        writer = start("write")
        wait_until(lambda writer=writer: writer.has_written(40))
        writer.kill()
        acknowledged += writer.lines()
        entries, states = entries_of(path)
        texts = dict(entries)
        for line in acknowledged:
            number, turn = line.split()
            assert texts[int(number)].split()[1:] == [turn, "c"]
        turns = len(entries) // 3
        assert [text.split()[1:] for _, text in entries] == [
            [str(turn), part] for turn in range(1, turns + 1) for part in "abc"
        ]
        assert (states["turn"].version, states["turn"].body) == (turns, str(turns))
        assert len(acknowledged) <= turns <= len(acknowledged) + life + 1


def test_processes_that_open_a_new_log_at_once_agree_on_its_epoch(start, path):
    writers = [start("write") for _ in range(4)]
    wait_until(lambda: sum(writer.process.poll() == FENCED for writer in writers) == 3)
    entries, _ = entries_of(path)
    terms = [int(text.split()[0]) for _, text in entries]
    assert terms == sorted(terms)
    log = SQLiteEventLog(path)
    assert log.raise_term() == 5
    log.close()
