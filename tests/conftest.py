"""Rules for all tests: what may be skipped, and that nothing is left running."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator

import pytest

pytest_plugins = ["tests.support.databases"]

MAY_ALWAYS_BE_SKIPPED = "SQL Server"
"""A skip whose reason says this is allowed everywhere: there is no free server to install."""


class SkipRule:
    """Where ``CI`` is set everything must run, but what needs a SQL Server; a skipped test fails the run there."""

    def __init__(self) -> None:
        self.broken_by: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._look_at(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._look_at(report)

    def _look_at(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail"):
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            if MAY_ALWAYS_BE_SKIPPED not in reason:
                self.broken_by.append(f"{report.nodeid}: {reason}")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.broken_by and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.broken_by:
            terminalreporter.section("Nothing may be skipped here, but this was", red=True)
            for line in sorted(set(self.broken_by)):
                terminalreporter.line(line)


def pytest_configure(config: pytest.Config) -> None:
    is_worker = hasattr(config, "workerinput")
    if os.environ.get("CI") and not is_worker:
        config.pluginmanager.register(SkipRule(), "skip-rule")


@pytest.fixture(scope="session", autouse=True)
def nothing_is_left_running() -> Iterator[None]:
    """After the last test no thread that would keep the process alive, and no child process, is left."""
    yield
    deadline = time.monotonic() + 5
    while (left := _left_running()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left == []


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
