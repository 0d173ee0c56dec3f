"""What pages tell of MQTT: what the process says that publishes."""

from datetime import UTC, datetime, timedelta

from peoplecount.services.mqtt_desk import MqttDesk
from peoplecount.services.worker_figures import WorkerFigures

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


def worker(number, *numbers, leads=True, at=NOW):
    return WorkerFigures(number, at, NOW - timedelta(days=1), 812, leads, numbers)


def standing(*workers):
    return MqttDesk("broker.example:8883", "counts", "", lambda: "peoplecount-1", lambda: workers).standing()


def test_it_is_told_as_the_process_says_that_leads():
    follower = worker("1", ("mqtt_connected", (), 0.0), leads=False)
    leader = worker("2", ("mqtt_connected", (), 1.0), ("consumer_lag", ("mqtt",), 7))
    told = standing(follower, leader)
    assert (told.is_connected, told.behind) == (True, 7)
    assert (told.broker, told.topic, told.client_id) == ("broker.example:8883", "counts", "peoplecount-1")


def test_of_two_that_say_they_lead_the_later_is_believed():
    before = worker("1", ("mqtt_connected", (), 1.0), at=NOW - timedelta(seconds=20))
    assert standing(before, worker("2", ("mqtt_connected", (), 0.0))).is_connected is False


def test_what_nobody_says_is_not_known():
    told = standing(worker("1"))
    assert (told.is_connected, told.behind) == (None, None)
    assert standing().is_connected is None
