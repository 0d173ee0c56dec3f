"""Which events a webhook is told of, and in which form."""

import json

import pytest

from peoplecount.domain.event import EventKind, LogEntry
from peoplecount.domain.event_id import EventId
from peoplecount.domain.interval import Scope, Step
from peoplecount.domain.threshold import Threshold
from peoplecount.domain.webhook import Topic, Wish
from peoplecount.domain.webhook_watch import WebhookWatch, margin, needs_capacity
from tests.support.events import NOON
from tests.support.webhook_desk import a_count, a_status, an_entry_of, an_interval, an_occupancy

EVERYTHING = frozenset(Topic)


def told(wish, *events, sites=None, sides=None):
    """Places of the events that were told, and the watch."""
    watch = WebhookWatch(wish, sites, sides)
    entries = [LogEntry(EventId("e", number), NOON, event) for number, event in enumerate(events)]
    return [telling.number for entry in entries if (telling := watch.take(entry))]


def above_or_below(limit, *people, topics=frozenset({Topic.OCCUPANCY_ABOVE, Topic.OCCUPANCY_BELOW}), capacity=None):
    wish = Wish(topics, threshold=Threshold.parse(limit) if limit else None)
    watch = WebhookWatch(wish, None)
    found = []
    for number, inside in enumerate(people):
        telling = watch.take(LogEntry(EventId("e", number), NOON, an_occupancy(inside, capacity)))
        if telling:
            fields = json.loads(telling.body)
            assert (fields["kind"], fields["id"]) == ("OccupancyThreshold", f"e-{number}")
            found.append((number, fields["direction"], fields["threshold"]))
    return found


@pytest.mark.parametrize(
    ("topic", "event"),
    [
        (Topic.COUNT, a_count()),
        (Topic.ALERT, an_entry_of(EventKind.ALERT)),
        (Topic.COUNTER_BREAK, an_entry_of(EventKind.COUNTER_BREAK)),
        (Topic.COUNT_CORRECTION, an_entry_of(EventKind.COUNT_CORRECTION)),
        (Topic.INTERVAL_CLOSED, an_interval("site")),
        (Topic.OCCUPANCY_CHANGED, an_occupancy(3)),
        (Topic.CAMERA_SILENT, a_status("front", "down")),
    ],
)
def test_each_topic_is_told_where_it_is_wished_and_only_there(topic, event):
    assert told(Wish(frozenset({topic})), event) == [0]
    assert told(Wish(EVERYTHING - {topic} - {Topic.OCCUPANCY_ABOVE, Topic.OCCUPANCY_BELOW}), event) == []


def test_what_is_told_is_the_event_as_the_stream_has_it():
    watch = WebhookWatch(Wish(frozenset({Topic.COUNT})), None)
    entry = LogEntry(EventId("3f9a61c2", 7), NOON, a_count(inToday=3))
    telling = watch.take(entry)
    assert (telling.body, telling.event_id) == (entry.json(), "3f9a61c2-7")


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        (Wish(EVERYTHING, camera_ids=frozenset({"front"})), [0, 1]),
        (Wish(EVERYTHING, door_ids=frozenset({"door"})), [0, 2]),
        (Wish(EVERYTHING, site_ids=frozenset({"other"})), [3]),
        (Wish(EVERYTHING, camera_ids=frozenset({"front"}), door_ids=frozenset({"door"})), [0]),
    ],
)
def test_places_that_are_wished_are_told_of_and_no_others(wish, expected):
    events = a_count("front"), a_count("front", door="back"), a_count("left"), a_count("right", site="other", door="")
    assert told(wish, *events) == expected


def test_nobody_is_told_of_sites_they_may_not_see():
    assert told(Wish(EVERYTHING), a_count(), a_count(site="other"), sites=frozenset({"other"})) == [1]


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        (Wish(frozenset({Topic.INTERVAL_CLOSED})), [0, 1]),
        (Wish(frozenset({Topic.INTERVAL_CLOSED}), steps=frozenset({Step.HOUR})), [1]),
        (Wish(frozenset({Topic.INTERVAL_CLOSED}), scopes=frozenset({Scope.LINE})), [3]),
        (Wish(frozenset({Topic.INTERVAL_CLOSED}), camera_ids=frozenset({"front"})), [3]),
        (Wish(frozenset({Topic.INTERVAL_CLOSED}), door_ids=frozenset({"door"})), [2]),
        (Wish(frozenset({Topic.INTERVAL_CLOSED}), scopes=frozenset(Scope)), [0, 1, 2, 3]),
    ],
)
def test_intervals_are_of_sites_unless_a_door_or_a_camera_or_something_else_was_chosen(wish, expected):
    events = (
        an_interval("site"), an_interval("site", "60"), an_interval("door", door="door"),
        an_interval("line", camera="front", door="back"),
    )  # fmt: skip
    assert told(wish, *events) == expected


def test_a_threshold_is_told_once_and_again_when_there_are_clearly_fewer():
    assert above_or_below("100", 90, 99, 100, 120, 99, 96, 100, 95, 99, 100) == [
        (2, "above", 100), (7, "below", 100), (9, "above", 100),
    ]  # fmt: skip


def test_where_nothing_was_known_before_the_first_number_is_no_crossing():
    assert above_or_below("100", 150, 90, 100) == [(1, "below", 100), (2, "above", 100)]


def test_what_was_learned_before_it_was_made_lets_the_first_number_be_one():
    watch = WebhookWatch(Wish(frozenset({Topic.OCCUPANCY_ABOVE}), threshold=Threshold(100)), None)
    watch.prime([LogEntry(EventId("e", 1), NOON, an_occupancy(90))])
    assert watch.take(LogEntry(EventId("e", 2), NOON, an_occupancy(100))) is not None


def test_only_the_side_that_is_wished_is_told():
    assert above_or_below("10", 5, 10, 5, 10, topics=frozenset({Topic.OCCUPANCY_BELOW})) == [(2, "below", 10)]


def test_a_share_is_one_of_the_capacity_and_of_none_nothing_is_told():
    assert above_or_below("85 %", 100, 170, 100, capacity=200) == [(1, "above", 170), (2, "below", 170)]
    assert above_or_below("85 %", 100, 170, 100) == []
    assert above_or_below("", 100, 200, capacity=200) == [(1, "above", 200)]
    assert needs_capacity(None)
    assert not needs_capacity(Threshold(5))


def test_unknown_people_cross_nothing():
    assert above_or_below("100", 90, None, 100) == [(2, "above", 100)]


@pytest.mark.parametrize(("limit", "fewer"), [(1, 1), (19, 1), (20, 1), (100, 5), (1000, 50)])
def test_the_margin_is_a_twentieth_and_one_at_least(limit, fewer):
    assert margin(limit) == fewer


def test_a_crossing_is_told_in_place_of_the_change_that_made_it():
    wish = Wish(frozenset({Topic.OCCUPANCY_ABOVE, Topic.OCCUPANCY_CHANGED}), threshold=Threshold(10))
    watch = WebhookWatch(wish, None)
    kinds = [watch.take(LogEntry(EventId("e", number), NOON, an_occupancy(number))).kind for number in range(8, 12)]
    assert kinds == ["OccupancyChanged", "OccupancyChanged", "OccupancyThreshold", "OccupancyChanged"]


def test_silence_and_return_are_told_once_each_and_a_camera_that_answers_is_no_news():
    states = "unknown", "up", "down", "certificate changed", "up", "up"
    wish = Wish(frozenset({Topic.CAMERA_SILENT, Topic.CAMERA_BACK}))
    assert told(wish, *(a_status("front", state) for state in states)) == [2, 4]
    assert told(Wish(frozenset({Topic.CAMERA_BACK})), *(a_status("front", state) for state in states)) == [4]


def test_what_a_watch_has_learned_goes_on_in_the_next_one():
    wish = Wish(frozenset({Topic.CAMERA_BACK}))
    watch = WebhookWatch(wish, None)
    watch.take(LogEntry(EventId("e", 1), NOON, a_status("front", "down")))
    assert told(wish, a_status("front", "up"), sides=watch.sides) == [0]
    assert told(wish, a_status("front", "up")) == []
