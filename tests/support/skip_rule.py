"""What may be skipped: anything on one's own machine, almost nothing in CI."""

from __future__ import annotations

import os

import pytest

MAY_ALWAYS_BE_SKIPPED = ("SQL Server", "git history")
"""A skip whose reason says one of these is allowed everywhere: there is no free server to install, and a tree that was
handed over without its history has no older programs in it (``.ci/run`` fetches them where it can)."""


class SkipRule:
    """Where ``CI`` is set everything must run but what cannot be had there; another skipped test fails the run."""

    def __init__(self) -> None:
        self.broken_by: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._look_at(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._look_at(report)

    def _look_at(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail"):
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            if not any(allowed in reason for allowed in MAY_ALWAYS_BE_SKIPPED):
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
