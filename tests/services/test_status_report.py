"""The status report: what it says of a sight, and in which condition that is."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from peoplecount.domain.site import Site
from peoplecount.services.fleet_camera import FleetCamera, Level, Remark
from peoplecount.services.sight import Answer, SharedLogSight, Sight
from peoplecount.services.status_report import MOST_NAMED, Condition, StatusReport
from peoplecount.services.worker_figures import WorkerFigures

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
SHOP = Site("shop", "Shop", "Europe/Zurich")


def camera(name, level=Level.FINE, sentence="well", state="up"):
    return FleetCamera(name, name.title(), SHOP, state=state, remarks=(Remark(level, sentence),))


def worker(number="1", *, leads=True, at=NOW, numbers=(), troubles=()):
    return WorkerFigures(number, at, NOW - timedelta(hours=27), 812, leads, tuple(numbers), {}, tuple(troubles))


WELL = Sight(
    at=NOW,
    version="1.2.3",
    address="http://127.0.0.1:8000",
    answer=Answer("ok"),
    workers=(
        worker(
            numbers=[
                ("consumer_lag", ("database",), 0),
                ("consumer_lag", ("alerts",), 0),
                ("database_answers", (), 1),
                ("mail_waiting", (), 0),
            ]
        ),
        worker("2", leads=False),
    ),
    cameras=(camera("north"), camera("south")),
    counted_at=NOW - timedelta(seconds=5),
    sites=({"siteName": "Shop", "inToday": 1234, "outToday": None},),
    log_events=5000,
    log_bytes=3_100_000,
    log_budget=2_000_000_000,
    database="SQLite, var/peoplecount.db",
    disk_free=12_000_000_000,
    certificate_end=NOW + timedelta(days=60),
)


def said(sight, name):
    return [step.said for step in StatusReport(sight).steps if step.name == name]


def test_all_is_said_in_plain_words():
    report = StatusReport(WELL)
    assert report.condition is Condition.HEALTHY
    assert {step.name: step.said for step in report.steps} == {
        "service": "runs since 2026-05-03 09:00:00 UTC (1 d 3 h), 2 workers; worker 1 (process 812) polls",
        "cameras": "2: 2 up",
        "counts": "the last 2026-05-04 11:59:55 UTC (5 s ago); Shop 1,234 in, unknown out",
        "log": "5,000 events so far, 3.1 MB of 2.0 GB",
        "database": "SQLite, var/peoplecount.db; up to date",
        "consumers": "alerts up to date",
        "mail": "nothing waits",
        "disk": "12.0 GB free",
        "certificate": "good until 2026-07-03 12:00:00 UTC",
    }


def leading(*numbers, **more):
    return replace(WELL, workers=(worker(numbers=numbers, **more),))


DEGRADED = {
    "a camera": replace(WELL, cameras=(camera("north", Level.BAD, "No answer.", "down"),)),
    "what the service says": replace(WELL, answer=Answer("degraded", degraded=("The database is away.",))),
    "only a word of the service": replace(WELL, answer=Answer("degraded")),
    "what a worker noted": leading(troubles=["registros cannot be written."]),
    "the database away": leading(("database_answers", (), 0)),
    "the database far behind": leading(("consumer_lag", ("database",), 2000)),
    "a consumer far behind": leading(("consumer_lag", ("webhooks",), 2000)),
    "a webhook that fails": leading(("webhook_waiting", ("abcd",), 7), ("webhook_failures", ("abcd",), 3)),
    "mail that waits for long": leading(("mail_waiting", (), 2), ("mail_waiting_since", (), NOW.timestamp() - 3600)),
    "a broker that takes nothing": leading(("mqtt_connected", (), 0)),
    "the log over its budget": replace(WELL, log_budget=1_000_000),
    "the disk full": replace(WELL, disk_free=1_000_000),
    "the certificate soon over": replace(WELL, certificate_end=NOW + timedelta(days=3)),
    "what cannot be read": replace(WELL, unread=["The event log cannot be read."]),
}


@pytest.mark.parametrize("what", DEGRADED)
def test_what_does_not_work_makes_it_degraded(what):
    assert StatusReport(DEGRADED[what]).condition is Condition.DEGRADED


@pytest.mark.parametrize("answer", [Answer("", "nobody listens there"), Answer("not ready", "no process polls")])
def test_where_nobody_answers_or_polls_it_is_down(answer):
    report = StatusReport(replace(WELL, answer=answer))
    assert report.condition is Condition.DOWN
    assert answer.reason in report.steps[0].said


def test_while_it_is_down_the_rest_is_as_it_was_last_known():
    ended = replace(WELL.workers[0], at=NOW - timedelta(hours=9), has_ended=True)
    sight = replace(WELL, answer=Answer("", "nobody listens there"), workers=(ended,))
    assert said(sight, "consumers") == ["alerts up to date"]
    assert StatusReport(sight).figures()["figuresAt"] == "2026-05-04T03:00:00.000Z"
    assert StatusReport(sight).figures()["workers"] == []


def test_while_it_runs_what_a_worker_kept_that_has_ended_is_not_told():
    old = worker("3", at=NOW - timedelta(hours=1), numbers=[("consumer_lag", ("database",), 9999)])
    assert StatusReport(replace(WELL, workers=(*WELL.workers, old))).condition is Condition.HEALTHY


def test_of_many_cameras_with_trouble_some_are_named():
    cameras = tuple(camera(f"c{index:02}", Level.BAD, "No answer.", "down") for index in range(MOST_NAMED + 3))
    assert said(replace(WELL, cameras=cameras), "")[-2:] == ["c07 (C07): No answer.", "and 3 more"]


def test_paused_cameras_are_named_and_no_trouble():
    paused = camera("yard", Level.WAITING, "Paused.", "paused")
    sight = replace(WELL, cameras=(*WELL.cameras, paused))
    report = StatusReport(sight)
    assert said(sight, "cameras") == ["3: 2 up, 1 paused"]
    assert said(sight, "") == ["paused: yard (Yard)"]
    assert report.condition is Condition.HEALTHY
    assert report.figures()["camerasPaused"] == [{"cameraId": "yard", "name": "Yard"}]
    many = tuple(replace(paused, camera_id=f"c{index:02}") for index in range(MOST_NAMED + 2))
    assert said(replace(WELL, cameras=many), "")[0].endswith("c07 (Yard), and 2 more")


def test_where_something_is_published_that_is_said_beside_the_other_consumers():
    sight = leading(("mqtt_connected", (), 1), ("consumer_lag", ("mqtt",), 3))
    assert said(sight, "mqtt") == ["the broker takes what is published"]
    assert said(sight, "consumers") == ["mqtt 3 behind"]


def test_what_is_not_known_is_said_or_left_out_and_is_not_0():
    bare = Sight(at=NOW, version="1.2.3", address="http://127.0.0.1:8000", answer=Answer("ok"), database="SQLite")
    report = StatusReport(bare)
    assert said(bare, "counts") == ["nobody has been counted yet"]
    assert said(bare, "database") == ["SQLite; unknown how far behind"]
    assert not {"log", "mail", "webhooks", "disk", "certificate"} & {step.name for step in report.steps}
    figures = json.loads(json.dumps(report.figures()))
    assert (figures["log"]["events"], figures["diskFreeBytes"], figures["lastCountAt"]) == (None, None, None)


def test_of_a_shared_log_it_says_how_many_machines_there_are_and_what_is_polled_here():
    here = replace(WELL, shared_log=SharedLogSight("redis.example:6379", machines=3))
    assert said(here, "redis") == [
        "redis.example:6379 answers; machines that share the cameras: 3; none of their sites is polled here"
    ]
    two = replace(here, workers=(worker(numbers=[("sites_here", (), 2)]),))
    assert said(two, "redis")[0].endswith("2 sites are polled here")
    assert StatusReport(here).condition is Condition.HEALTHY
    assert StatusReport(replace(WELL)).figures()["sharedLog"] is None


@pytest.mark.parametrize(
    "shared",
    [SharedLogSight("redis.example:6379", "Redis cannot be reached"), SharedLogSight("redis.example:6379", machines=0)],
)
def test_a_redis_that_is_away_or_that_nobody_shares_is_no_health(shared):
    assert StatusReport(replace(WELL, shared_log=shared)).condition is Condition.DEGRADED
