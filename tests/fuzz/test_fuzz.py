"""A slice of what ``./run.sh fuzz`` does, with the same inputs every time; and that it finds what it looks for."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import signal
import threading
import time

import pytest

import peoplecount.domain
import peoplecount.settings
import peoplecount.sunapi
from peoplecount.domain.reading import Totals
from peoplecount.sunapi.classic import parse_counts
from peoplecount.sunapi.configuration import LineTotals, LiveCounts, Spot
from tests.fuzz import run
from tests.fuzz.run import fuzz
from tests.fuzz.targets import Target, counts_were_said, numbers_said, only_reads, targets

TARGETS = targets()

BY_OTHER_NAMES = {
    "answers.decode": "part of answers.parse_answer",
    "env_file.read_env_file": "env_file.read_env_text with a file around it",
    "sources.read_sources": "the environment and env_file.read_env_text",
    "database.read_database": "database_url.split_url and the readers",
    "load.load_settings": "all of the settings",
    "correction_body.read_correction": "events of our own log",
    "clock_body.read_clock": "events of our own log",
    "interval_body.read_interval": "events of our own log",
    "event_body.read_increment": "events of our own log",
    "event_body.read_status": "events of our own log",
    "occupancy_body.read_occupancy_change": "events of our own log",
    "alert_body.read_kept": "states of our own log",
    "durations.read_durations": "figures of our own workers",
    "refusals.parsed": "calls a parser that it is given",
}
"""Functions that read something, and why they are in the table by another name or not at all."""


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_no_parser_crashes_hangs_or_makes_something_up(target: Target) -> None:
    report = fuzz([target], 400, seed=7)

    assert report.failures == []
    assert report.taken[target.name] > 0, "not one input was parsed: its samples are out of date"


def test_every_parser_is_in_the_table() -> None:
    tested = {name for target in TARGETS for name in [target.name.partition(" ")[0]]}
    missing = [name for name in _parsers() if name not in tested and name not in BY_OTHER_NAMES]

    assert missing == [], "add them to tests/fuzz/targets.py, or say here why not"


def _parsers() -> list[str]:
    """Public functions and class methods of these packages whose names say that they read something."""
    found = []
    for package in (peoplecount.domain, peoplecount.settings, peoplecount.sunapi):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            members = vars(importlib.import_module(module.name)).items()
            short = module.name.rpartition(".")[2]
            for name, member in members:
                if getattr(member, "__module__", "") != module.name:
                    continue
                if inspect.isfunction(member) and name.startswith(("parse_", "read_", "split_", "load_")):
                    found.append(f"{short}.{name}")
                if inspect.isclass(member) and isinstance(vars(member).get("parse"), classmethod):
                    found.append(f"{short}.{name}.parse")
    return found


def target_of(parse: object, **more: object) -> Target:
    return Target("it", parse, [b"1"], (ValueError,), **more)  # type: ignore[arg-type]


class TestTheFuzzerItself:
    def test_the_same_seed_gives_the_same_inputs_and_another_one_others(self) -> None:
        def inputs(seed: int) -> list[bytes]:
            given: list[bytes] = []
            fuzz([target_of(given.append)], 50, seed)
            return given

        assert inputs(1) == inputs(1) != inputs(2)

    def test_a_crash_is_found(self) -> None:
        def parse(given: bytes) -> None:
            raise KeyError(given) if len(given) > 3 else ValueError

        assert any("KeyError" in failure.what for failure in fuzz([target_of(parse)], 200, 1).failures)

    def test_a_zero_that_nobody_said_is_found(self) -> None:
        nothing = LiveCounts(frozenset({0}), (LineTotals(Spot(0, 1, 1), "", Totals(0, 0)),), (), True)
        report = fuzz([target_of(lambda _: nothing, holds=counts_were_said)], 3, 1)

        assert "counts that nobody said: [0]" in report.failures[0].what

    def test_what_is_said_is_no_finding(self) -> None:
        body = b'{"PeopleCount":[{"Lines":[{"LineIndex":1,"InCount":"\\u0030","OutCount":12.0}]}]}'
        counts_were_said(body, parse_counts(body))

    @pytest.mark.parametrize(
        ("given", "numbers"),
        [(b"a=0", {0.0}), (b"1e-400", {1.0}), (b"0.5", {0.5}), (b"x", set()), (b"12,13", {12, 13})],
    )
    def test_numbers_are_found_in_texts(self, given: bytes, numbers: set[float]) -> None:
        assert numbers_said(given) == numbers

    def test_slowness_is_found(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def parse(_: bytes) -> None:
            until = time.thread_time() + 0.05
            while time.thread_time() < until:
                pass

        monkeypatch.setattr(run, "LONGEST", 0.02)
        assert "takes" in fuzz([target_of(parse)], 1, 1).failures[0].what

    @pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="signals of timers are POSIX's")
    def test_a_hang_is_given_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        if threading.current_thread() is not threading.main_thread():
            pytest.skip("signals reach the main thread only")
        monkeypatch.setattr(run, "_HANGS_AFTER", 0.05)

        def parse(_: bytes) -> None:
            while True:
                pass

        assert "hangs" in fuzz([target_of(parse)], 1, 1).failures[0].what

    def test_a_question_that_changes_something_would_be_found(self) -> None:
        from peoplecount.sunapi.query import Query  # noqa: PLC0415

        with pytest.raises(AssertionError):
            only_reads(b"", Query("", "/stw-cgi/system.cgi", (("msubmenu", "databasereset"), ("action", "control"))))
