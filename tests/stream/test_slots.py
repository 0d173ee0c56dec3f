"""Places for streams, shared by processes."""

import subprocess
import sys
from pathlib import Path

import pytest

from peoplecount.stream.slots import OwnSlots, SharedSlots

ROOT = Path(__file__).resolve().parents[2]

HOLDER = """
import sys
from pathlib import Path
from peoplecount.stream.slots import SharedSlots

slots = SharedSlots(Path(sys.argv[1]))
print([slots.take("192.0.2.7", 4) for _ in range(3)], flush=True)
sys.stdin.read()
"""


@pytest.fixture(params=["own", "shared"])
def slots(request, tmp_path):
    slots = OwnSlots() if request.param == "own" else SharedSlots(tmp_path / "streams.lock")
    yield slots
    if isinstance(slots, SharedSlots):
        slots.close()
        slots.close()


def test_an_address_gets_as_many_as_it_may_and_others_are_not_touched_by_it(slots):
    assert [slots.take("192.0.2.7", 2) for _ in range(3)] == [0, 1, None]
    assert slots.take("192.0.2.8", 2) == 0


def test_what_is_given_back_is_free_again_and_may_be_given_back_twice(slots):
    for _ in range(2):
        slots.take("192.0.2.7", 2)
    slots.give_back("192.0.2.7", 0)
    slots.give_back("192.0.2.7", 0)
    assert slots.take("192.0.2.7", 2) == 0
    assert slots.take("192.0.2.7", 2) is None


def test_who_has_none_any_more_is_forgotten(slots):
    slots.give_back("192.0.2.7", slots.take("192.0.2.7", 2))
    assert slots.take("192.0.2.8", 0) is None
    assert slots._taken == {}


@pytest.mark.skipif(sys.platform == "win32", reason="one process serves there")
def test_processes_share_the_places_and_those_of_a_dead_one_are_free(tmp_path):
    path = tmp_path / "streams.lock"
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as other:
        assert other.stdout.readline() == b"[0, 1, 2]\n"
        slots = SharedSlots(path)
        assert [slots.take("192.0.2.7", 4) for _ in range(2)] == [3, None]
        assert slots.take("192.0.2.8", 4) == 0
        other.kill()
        other.wait()
        assert [slots.take("192.0.2.7", 4) for _ in range(4)] == [0, 1, 2, None]
    slots.close()


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such locks there")
def test_without_a_file_each_process_counts_for_itself_and_says_so_once(tmp_path, caplog):
    slots = SharedSlots(tmp_path / "nowhere" / "streams.lock")
    assert [slots.take("192.0.2.7", 2) for _ in range(3)] == [0, 1, None]
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    slots.give_back("192.0.2.7", 0)
