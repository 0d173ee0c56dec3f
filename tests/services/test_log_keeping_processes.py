"""A process that folds its log is killed, again and again."""

import subprocess
import sys
from collections import defaultdict
from itertools import pairwise

import pytest

from peoplecount.domain.event_body import read_increment
from peoplecount.eventlog.sqlite_log import SQLiteEventLog
from tests.support.processes import ROOT
from tests.support.waiting import wait_until


@pytest.fixture
def path(tmp_path):
    return tmp_path / "events.sqlite"


def live_and_die(path, output, rounds):
    """Some rounds of appending and folding, ended in the middle of one."""
    with output.open("wb") as file:
        command = [sys.executable, str(ROOT / "tests" / "support" / "fold_process.py"), str(path)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=file)
    try:
        wait_until(lambda: len(output.read_text().split("\n")) > rounds, 60)
    finally:
        process.kill()
        process.wait(20)


def chains_of(path):
    """What the log has of each line, in order."""
    log = SQLiteEventLog(path)
    entries, folded = log.read(0, 10**6), log.oldest().number
    log.close()
    numbers = [entry.event_id.number for entry in entries]
    assert numbers == sorted(set(numbers))
    chains = defaultdict(list)
    for entry in entries:
        chains[entry.event.subject].append(read_increment(entry.event))
    return chains, folded


def test_nobody_is_lost_or_doubled_wherever_folding_is_cut_short(path, tmp_path):
    folded_before = 0
    for life, rounds in enumerate((3, 1, 2, 4)):
        live_and_die(path, tmp_path / f"{life}.txt", rounds)
        chains, folded = chains_of(path)
        assert len(chains) == 2
        assert folded > folded_before
        folded_before = folded
        for chain in chains.values():
            assert chain[0].entered.before == chain[0].left.before == 0
            for earlier, later in pairwise(chain):
                assert (later.entered.before, later.left.before) == (earlier.entered.after, earlier.left.after)
            people = sum(one.people.entered for one in chain), sum(one.people.left for one in chain)
            assert people == (chain[-1].entered.after, chain[-1].left.after)
            assert people[0] == 2 * people[1] > 0
