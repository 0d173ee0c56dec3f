import json
from datetime import timedelta

import pytest

from peoplecount.domain.event import utc_text
from peoplecount.eventlog.data_folder import DataFolder, open_data_folder
from peoplecount.services.fleet_body import CONDITION
from peoplecount.services.folder_walk import FolderWalk
from peoplecount.services.inspection import Verdict
from tests.support.fake_clock import FakeClock

NOW = FakeClock().now()


@pytest.fixture
def folder(tmp_path):
    folder = open_data_folder(tmp_path / "var")
    yield folder
    folder.close()


def steps(folder, budget=10**9):
    return {step.name: step for step in FolderWalk(folder, budget, NOW).steps()}


def note(folder, ago, **database):
    folder.store.put(CONDITION, json.dumps({"at": utc_text(NOW - ago), "database": database}))


def test_a_folder_that_is_not_there_is_not_made(tmp_path):
    found = steps(DataFolder.at(tmp_path / "var"))
    assert found["folder"].ends
    assert not (tmp_path / "var").exists()


def test_before_the_service_ran_nobody_polls_and_that_is_no_fault(folder):
    found = steps(folder)
    assert found["log"].said.startswith("0 events")
    assert found["polling"].verdict is Verdict.ODD


def test_a_process_that_has_said_nothing_for_long_does_not_poll(folder):
    note(folder, timedelta(minutes=6), lag=0, writes=True)
    found = steps(folder)
    assert found["polling"].verdict is Verdict.WRONG
    assert "writing" not in found


def test_how_far_the_database_is_behind_is_told(folder):
    note(folder, timedelta(minutes=1), lag=1200, writes=False, refused=3)
    found = steps(folder)
    assert found["polling"].verdict is Verdict.FINE
    assert found["writing"].verdict is Verdict.ODD
    assert "1,200 events behind" in found["writing"].said
    assert found["set aside"].said == "3 events"
    note(folder, timedelta(minutes=1), lag=0, writes=True)
    assert steps(folder)["writing"].said == "up to date"


def test_a_log_over_its_budget_is_said(folder):
    assert steps(folder, budget=1)["log"].verdict is Verdict.ODD


@pytest.mark.parametrize("body", ["nonsense", "[]", '{"at": 7}', '{"at": "soon"}'])
def test_a_note_that_makes_no_sense_is_none(folder, body):
    folder.store.put(CONDITION, body)
    assert steps(folder)["polling"].said == "nothing noted yet"
