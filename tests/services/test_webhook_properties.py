"""Whatever receivers answer and whenever the service dies: every event comes, in order, the same each time."""

import tempfile
from itertools import groupby
from pathlib import Path

import pytest

from peoplecount.domain.redelivery import LONGEST_WAIT
from peoplecount.domain.webhook import Topic, Wish
from peoplecount.outbound.errors import Unanswered
from tests.support.webhook_desk import FLOW, WebhookDesk

hypothesis = pytest.importorskip("hypothesis")
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

OTHER = "https://hooks.example/other"
CAMERAS = ("front", "back", "wide")

answers = st.sampled_from([202, 200, 204, 500, 429, 404, 302, "away", "dies before", "dies after"])
acts = st.one_of(
    st.tuples(st.just("count"), st.sampled_from(CAMERAS), st.integers(1, 4)),
    st.tuples(st.just("answer"), answers, st.integers(1, 3)),
    st.tuples(st.just("pass"), st.sampled_from([0.0, 3.0, 60.0, 4000.0]), st.just(0)),
    st.tuples(st.just("restart"), st.just(""), st.just(0)),
    st.tuples(st.just("pause"), st.booleans(), st.just(0)),
    st.tuples(st.just("epoch"), st.just(""), st.just(0)),
)


class Died(BaseException):
    """The process ends where it stands."""


class Town:
    """A desk with two webhooks; the receiver of the first one answers what was asked for."""

    def __init__(self, folder: Path) -> None:
        self.desk = WebhookDesk(folder)
        self.flow, self.one = self.desk.has(), self.desk.has(
            OTHER, Wish(frozenset({Topic.COUNT}), camera_ids=frozenset({"front"}))
        )  # fmt: skip
        self.happened: list[tuple[str, str]] = []
        """Id and camera."""
        self.taken: list[tuple[str, str, str]] = []
        """Address, id and camera, whenever a receiver had it."""
        self.to_answer: list[object] = []
        self.bodies: dict[tuple[str, str], dict] = {}
        self.desk.outbox.says = {FLOW: self.answered, OTHER: self.took}

    def took(self, address, event):
        assert self.bodies.setdefault((address, event["id"]), event) == event, "the same each time"
        self.taken.append((address, event["id"], event["cameraId"]))
        return 202

    def answered(self, address, event):
        answer = self.to_answer.pop() if self.to_answer else 202
        if answer == "dies before":
            raise Died
        if answer == "away":
            return Unanswered("nobody there")
        if answer == "dies after" or answer in {200, 202, 204}:
            self.took(address, event)
        if answer == "dies after":
            raise Died
        return answer

    def does(self, act, what, many) -> None:
        if act == "count":
            self.happened += [(one, what) for one in self.desk.counts(many, what)]
        elif act == "answer":
            self.to_answer += [what] * many
        elif act == "pause":
            change = self.desk.desk.pause if what else self.desk.desk.resume
            change("anna", self.flow.hook_id)
        elif act == "epoch":
            self.lives(0)  # of what was not looked at yet the ids would be others
            self.desk.clock.passes(1)
            self.desk.log.start_epoch()
        elif act == "restart":
            self.desk.restarts()
        self.lives(what if act == "pass" else 0)

    def lives(self, seconds) -> None:
        self.desk.clock.passes(seconds)
        while True:
            try:
                self.desk.sends()
            except Died:
                self.desk.restarts()
            else:
                return

    def comes_to_rest(self) -> None:
        self.to_answer.clear()
        self.desk.desk.resume("anna", self.flow.hook_id)
        for _ in range(3):
            self.lives(LONGEST_WAIT)


@settings(max_examples=60, deadline=None)
@given(st.lists(acts, max_size=25))
def test_every_event_comes_at_least_once_in_order_and_the_same_each_time(script):
    with tempfile.TemporaryDirectory() as folder:
        town = Town(Path(folder))
        try:
            for act in script:
                town.does(*act)
            town.comes_to_rest()
            expected = [one for one, _ in town.happened]
            assert once(town.taken, FLOW) == expected
            assert once(town.taken, OTHER) == [one for one, camera in town.happened if camera == "front"]
        finally:
            town.desk.close()


def once(taken, address):
    """Ids in the order in which they came; what came again right after is one."""
    return [event_id for event_id, _ in groupby(one for at, one, _ in taken if at == address)]
