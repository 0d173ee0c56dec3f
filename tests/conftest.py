"""Rules for all tests: what may be skipped, and that nothing is left running."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.support.commands import end_command_server
from tests.support.processes import ANYWHERE

# How long an example takes is the machine's affair, which may be busy with something else.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell has begun us in the background. What tests start inherits that, and would not hear their SIGINT.
    signal.signal(signal.SIGINT, signal.default_int_handler)

pytest_plugins = [
    "tests.support.compiled_templates",
    "tests.support.databases",
    "tests.support.redis_servers",
    "tests.support.replayed_days",
    "tests.support.skip_rule",
    "tests.support.towns",
]


TESTS = Path(__file__).parent
LONG_FIRST = ("e2e", "browser", "clients", "commands", "")
"""Folders of tests that take seconds each; the last is this one.

What is begun last should be short: else one worker is waited for.

Each file falls to one worker, which takes the next one when it is through: what is started for a file is started once.
"""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Folder by folder, the long ones first; in each in the usual order."""
    ranks = {TESTS / name: rank for rank, name in enumerate(LONG_FIRST)}
    items.sort(key=lambda item: ranks.get(item.path.parent, len(ranks)))


@pytest.fixture(scope="session", autouse=True)
def nothing_is_left_running() -> Iterator[None]:
    """After the last test no thread that would keep the process alive, and no child process, is left."""
    yield
    end_command_server()
    deadline = time.monotonic() + 5
    while (left := _left_running()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left == []


@pytest.fixture(scope="session", autouse=True)
def cameras_on_this_machine() -> Iterator[None]:
    """Commands that run in this process may ask them; processes of their own have it from ``bare_environment``."""
    with pytest.MonkeyPatch.context() as patched:
        for name, value in ANYWHERE.items():
            patched.setenv(name, value)
        yield


@pytest.fixture(autouse=True)
def own_umask() -> Iterator[None]:
    """Every test starts with the usual umask, whatever a command that ran in this process has set."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def _left_running() -> list[str]:
    threads = [
        thread.name
        for thread in threading.enumerate()
        if not thread.daemon and thread is not threading.main_thread() and thread is not threading.current_thread()
    ]
    return threads + _children()


def _children() -> list[str]:
    try:
        import psutil  # noqa: PLC0415  not in requirements.txt
    except ImportError:
        return []
    return [str(child) for child in psutil.Process().children(recursive=True)]
