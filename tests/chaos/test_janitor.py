"""The janitor: whatever ends a run, nothing of it stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.chaos.janitor import Janitor
from tests.support.processes import ROOT, bare_environment
from tests.support.waiting import wait_until

SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]

RUN = """
import subprocess, sys, time
from tests.chaos.janitor import Janitor
with Janitor() as janitor:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    janitor.group(child.pid)
    janitor.folder(sys.argv[1])
    print(child.pid, flush=True)
    time.sleep(600)
"""


def is_gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_when_a_run_is_killed_its_processes_and_folders_go_with_it(tmp_path: Path, number: signal.Signals) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    run = subprocess.Popen(
        [sys.executable, "-c", RUN, str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
        env=bare_environment(PYTHONPATH=str(ROOT)),
    )
    with run:
        assert run.stdout is not None
        child = int(run.stdout.readline())
        run.send_signal(number)
        wait_until(lambda: is_gone(child))
        wait_until(lambda: not folder.exists())


def test_what_has_ended_by_itself_is_left_alone(tmp_path: Path) -> None:
    """Its number may be somebody else's by then."""
    with Janitor() as janitor:
        child = subprocess.Popen(SLEEPER, start_new_session=True)
        janitor.group(child.pid)
        janitor.ended(child.pid)
    try:
        assert child.poll() is None
    finally:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
