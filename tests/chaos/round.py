"""A round: begin, strike, be quiet, and compare."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import requests

from tests.chaos.accounts import Difference, Source, differences, table
from tests.chaos.assault import Assault
from tests.chaos.inquiry import Inquiry
from tests.chaos.janitor import Janitor
from tests.chaos.round_table import RoundLine
from tests.chaos.schedule import QUIET, SETTLING, Round
from tests.chaos.stage import Stage
from tests.support.postgres import PostgresServer

Say = Callable[[str], None]

PATIENCE = 12.0
"""Real seconds in which nothing moves any more after the clock has stopped."""

MOST_PATIENCE = 45.0
MOST_HOURS_MORE = 4
"""Played hours that may be added until everybody agrees: a camera that did not answer is asked again within the hour,
and what a machine had no time for comes later."""

MOST_QUIET = 90.0
SECONDS_TO_HEAR = 4.0
AFTER_MIDNIGHT = timedelta(minutes=10)
"""After midnight in Greenwich it is after midnight in every zone of the town."""


@dataclass(slots=True)
class Outcome:
    """What came of a round."""

    number: int
    blows: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    lines: int = 0
    people: int = 0
    differences: list[Difference] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    polls: int = 0
    overruns: int = 0
    reconnections: int = 0
    gaps: int = 0
    hours_more: int = 0
    """Played after the end, because somebody was not done yet."""

    seconds: float = 0.0

    @property
    def marked(self) -> int:
        """Differences that everybody marks as unknown."""
        return sum(not one.unmarked for one in self.differences)

    @property
    def is_good(self) -> bool:
        """Whether everybody agrees, or says what is unknown."""
        return not self.doubts and all(not one.unmarked for one in self.differences)

    def line(self) -> RoundLine:
        """What is kept of it."""
        return RoundLine(
            number=self.number,
            good=self.is_good,
            seconds=round(self.seconds, 1),
            lines=self.lines,
            people=self.people,
            polls=self.polls,
            overruns=self.overruns,
            marked=self.marked,
            unmarked=len(self.differences) - self.marked,
            doubts=len(self.doubts),
            reconnections=self.reconnections,
            gaps=self.gaps,
            hours_more=self.hours_more,
            blows=dict(self.blows),
            left_out=dict(self.left_out),
        )


def play(planned: Round, folder: Path, server: PostgresServer, janitor: Janitor, say: Say, *, keep: bool) -> Outcome:
    """Play a round in an empty folder."""
    began = time.monotonic()
    with Stage(folder, planned, server, janitor) as stage:
        stage.begin()
        say(f"{stage.elapsed:6.1f} s  the service serves; {planned.cameras} cameras, {planned.starts_at} played")
        assault = Assault(stage, say)
        assault.run()
        stage.make_whole()
        say(f"{stage.elapsed:6.1f} s  quiet")
        outcome = Outcome(planned.number, assault.done, assault.left_out)
        _let_settle(stage, outcome, say)
        _compare_until_good(stage, outcome, say)
        outcome.reconnections, outcome.gaps = stage.witness.connections - 1, stage.witness.gaps
        code = stage.service.stop()
        if code != 0:
            outcome.doubts.append(f"the service ended with {code} when it was told to stop")
        if keep or not outcome.is_good:
            stage.keep_data()
    outcome.seconds = time.monotonic() - began
    return outcome


def _let_settle(stage: Stage, outcome: Outcome, say: Say) -> None:
    """Read every camera again, be away until the days are over, settle them, and stop the clock."""
    _be_quiet(stage, outcome, QUIET)
    noon = stage.town.now() + timedelta(hours=12)  # of the day that has begun by now, or is about to begin
    over = datetime.combine(noon.date() + timedelta(days=1), datetime.min.time(), UTC) + AFTER_MIDNIGHT
    say(f"{stage.elapsed:6.1f} s  nobody is there until {over:%Y-%m-%d %H:%M} UTC")
    code = stage.sleep_until(over)
    if code != 0:
        outcome.doubts.append(f"the service ended with {code} when it was told to stop")
    _be_quiet(stage, outcome, SETTLING)
    # The service asks for the clock once a second, and must hear of the end before it comes.
    stage.stops_at(stage.town.now() + timedelta(seconds=SECONDS_TO_HEAR * stage.planned.speed))


def _be_quiet(stage: Stage, outcome: Outcome, seconds: float) -> None:
    """Wait so long, and until every camera is up, but for those that may not be signed in to for half an hour.

    Whoever is killed twice in the middle of signing in to a camera has used up its sign-in budget.
    """
    begun = time.monotonic()
    while time.monotonic() - begun < MOST_QUIET:
        if stage.service.process is None or stage.service.process.ended():
            raise RuntimeError("the service has ended by itself")
        if _note_lag(stage, outcome) and time.monotonic() - begun >= seconds:
            return
        time.sleep(0.5)


def _note_lag(stage: Stage, outcome: Outcome) -> bool:
    """How polling goes, and whether all cameras are up; of two workers only the one that leads can say."""
    try:
        health = requests.get(f"{stage.service.url}/health/ready", timeout=20).json()
    except requests.RequestException as error:
        outcome.doubts.append(f"the service does not say how it is: {error}")
        return False
    polling = health.get("polling")
    if polling:
        outcome.polls, outcome.overruns = polling["polls"], polling["overruns"]
    return bool(polling) and health["cameras"].keys() <= {"up", "credentials rejected"}


def _compare_until_good(stage: Stage, outcome: Outcome, say: Say) -> None:
    """Compare; where somebody is not done, let another hour pass."""
    said = [*outcome.doubts]
    while True:
        say(f"{stage.elapsed:6.1f} s  the clock stands; comparing")
        outcome.doubts = [*said]
        _compare(stage, outcome)
        if outcome.is_good or outcome.hours_more == MOST_HOURS_MORE:
            return
        outcome.hours_more += 1
        say("\n".join([*report(outcome), f"{stage.elapsed:6.1f} s  an hour more"]))
        stage.plays_on(timedelta(hours=1))


def _compare(stage: Stage, outcome: Outcome) -> None:
    """Until all agree, or nothing has moved for a while: what is in arrears is still being worked off."""
    deadline = time.monotonic() + MOST_PATIENCE
    moved_at, before = time.monotonic(), None
    silent, inquiry = outcome.doubts, Inquiry(stage)
    while True:
        heard = inquiry.hear_all()
        outcome.differences = differences(heard.days, heard.marks, heard.slack, heard.forgotten)
        outcome.doubts = [*silent, *heard.doubts]
        now = time.monotonic()
        found = (outcome.differences, outcome.doubts)
        if found != before:
            moved_at, before = now, found
        if found == ([], []) or now > min(deadline, moved_at + PATIENCE):
            break
        time.sleep(1)
    seen = heard.days[Source.CAMERA]
    outcome.lines = len({line for line, _ in seen})
    outcome.people = sum(sum(people) for people in seen.values())


def report(outcome: Outcome) -> list[str]:
    """What came of a round, in words."""
    lines = [
        f"round {outcome.number}: {sum(outcome.blows.values())} blows, {outcome.people} people at {outcome.lines} lines"
    ]
    if outcome.differences:
        lines += table(outcome.differences)
    lines += outcome.doubts
    return lines
