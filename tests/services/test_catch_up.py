import logging

import pytest

from peoplecount.services.catch_up import CatchUp, Progress


class Reader:
    """Takes batches that last as long as it is told."""

    def __init__(self, behind, batch=500):
        self.now = 1000.0
        self.behind = behind
        self.catch_up = CatchUp(batch, lambda: self.now)

    def take(self, seconds=0.3, arriving=0):
        taken = min(self.catch_up.size, self.behind)
        self.behind += arriving - taken
        self.now += seconds
        self.catch_up.note(taken, seconds, self.behind)


def test_whoever_is_a_little_behind_does_not_catch_up():
    reader = Reader(5000)
    reader.take()
    assert (reader.catch_up.progress, reader.catch_up.pause, reader.catch_up.size) == (None, 0.0, 500)


def test_rate_and_time_left_are_told_while_it_is_far_behind():
    reader = Reader(10_500)
    reader.take(seconds=1.0)
    assert reader.catch_up.progress is None  # one batch tells little
    reader.take(seconds=1.0)
    assert reader.catch_up.progress == Progress(rate=500.0, seconds_left=19.0)


def test_what_comes_in_meanwhile_is_reckoned_with():
    reader = Reader(10_500)
    for arriving in (900, 250, 250):
        reader.take(seconds=1.0, arriving=arriving)
    assert reader.catch_up.progress == Progress(rate=500.0, seconds_left=reader.behind / 250)


def test_that_more_comes_in_than_is_written_is_no_time_at_all():
    reader = Reader(10_500)
    for arriving in (0, 600, 600):
        reader.take(seconds=1.0, arriving=arriving)
    assert reader.catch_up.progress == Progress(rate=500.0, seconds_left=None)


def test_batches_grow_while_they_are_quick_and_shrink_when_they_are_slow():
    reader = Reader(10**6)
    sizes = []
    for seconds in (0.1, 0.1, 0.1, 0.1, 1.5, 2.1, 2.1, 2.1, 2.1):
        reader.take(seconds)
        sizes.append(reader.catch_up.size)
    assert sizes == [1000, 2000, 4000, 4000, 4000, 2000, 1000, 500, 500]


def test_others_are_left_a_share_of_the_time_but_not_long():
    reader = Reader(10**6)
    reader.take(seconds=0.2)
    assert reader.catch_up.pause == pytest.approx(0.02)
    reader.take(seconds=9.0)
    assert reader.catch_up.pause == 0.05


def test_it_is_told_twice_a_minute_and_at_the_end(caplog):
    caplog.set_level(logging.INFO)
    reader = Reader(500 * 75)
    while reader.behind:
        reader.take(seconds=1.2)
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 2 + 1
    assert said[0] == "The history is 24500 events behind the event log and catches up, 417 a second: about 59 s to go"
    assert said[-1] == "The history has caught up with the event log: 37000 events in 89 s"
    assert (reader.catch_up.progress, reader.catch_up.size, reader.catch_up.pause) == (None, 500, 0.0)


def test_what_takes_less_than_half_a_minute_is_not_told(caplog):
    caplog.set_level(logging.INFO)
    reader = Reader(20_000)
    while reader.behind:
        reader.take(seconds=0.3)
    assert caplog.records == []


def test_that_more_comes_in_than_is_written_is_said(caplog):
    caplog.set_level(logging.INFO)
    reader = Reader(50_000)
    while not caplog.records:
        reader.take(seconds=1.2, arriving=501)
    assert caplog.records[0].getMessage().endswith("417 a second; they come as quickly")


@pytest.mark.parametrize(("behind", "words"), [(100_000, "about 16 min"), (10**6, "about 2.8 h")])
def test_long_times_are_told_in_minutes_and_hours(caplog, behind, words):
    caplog.set_level(logging.INFO)
    reader = Reader(behind)
    while not caplog.records:
        reader.take(seconds=5.0)
    assert caplog.records[0].getMessage().endswith(f"100 a second: {words} to go")


def test_after_an_interruption_it_is_measured_anew():
    reader = Reader(100_000)
    reader.take(seconds=0.1)
    reader.catch_up.interrupted()
    assert (reader.catch_up.progress, reader.catch_up.size) == (None, 500)
    reader.now += 3600  # the database was away
    reader.take(seconds=1.0)
    reader.take(seconds=1.0)
    assert reader.catch_up.progress.rate == 500.0
