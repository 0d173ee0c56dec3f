"""``/metrics``, as Prometheus reads it."""

from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from peoplecount.domain.camera import CameraState
from peoplecount.domain.visitor import Scope
from peoplecount.services.worker_figures import WorkerFigures
from peoplecount.storage.errors import DatabaseUnavailable
from peoplecount.web.worker_metrics import worker_families
from tests.support.board_service import BoardService
from tests.support.fleet import WatchedFleet
from tests.support.people import People
from tests.support.shop import BACK, FRONT, SHOP, at

ELSEWHERE = {"REMOTE_ADDR": "192.0.2.9"}


@pytest.fixture
def people(tmp_path):
    people = People(tmp_path)
    yield people
    people.close()


@pytest.fixture
def service():
    service = BoardService([SHOP], now=at(14))
    service.status(FRONT, CameraState.UP, minutes_ago=90)
    service.status(BACK, CameraState.DOWN, "no answer", minutes_ago=30)
    service.count(FRONT, 5, 3)
    service.catch_up()
    return service


@pytest.fixture
def fleet(people, service):
    fleet = WatchedFleet(service, people.store)
    for gate in (FRONT, BACK):
        fleet.has(gate)
    return fleet


@pytest.fixture
def app(people, service, fleet):
    return people.app(service, fleet=fleet.desk, anybody_may_look=True)


def samples(answer):
    assert answer.status_code == 200
    return {
        (sample.name.removeprefix("peoplecount_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_it_says_of_each_camera_whether_it_answers_and_how_polling_it_goes(app, fleet):
    fleet.counted(front=(100, 2, 4500), back=(90, 90, 0))
    found = samples(app.test_client().get("/metrics"))
    assert (found["camera_up", "front", "shop"], found["camera_up", "back", "shop"]) == (1, 0)
    assert (found["cameras", "up"], found["cameras", "down"], found["cameras", "paused"]) == (1, 1, 0)
    assert found["camera_polls_total", "front", "shop"] == 100
    assert found["camera_poll_failures_total", "front", "shop"] == 2
    assert found["camera_poll_seconds_total", "front", "shop"] == 4.5
    assert found["camera_last_reading_timestamp_seconds", "front", "shop"] == at(14).timestamp()


def test_it_says_how_the_log_and_the_database_keep_up(app, fleet):
    fleet.condition(
        '{"at":"2026-05-04T12:00:00.000Z","log":{"bytes":1000,"budgetBytes":2000},'
        '"database":{"lag":7,"writes":false,"refused":1}}'
    )
    found = samples(app.test_client().get("/metrics"))
    assert [found[name,] for name in ("log_bytes", "log_budget_bytes")] == [1000, 2000]
    assert (found["database_writes",], found["database_refused_events",]) == (0, 1)


def test_what_is_not_known_has_no_sample_and_is_not_0(app, fleet):
    fleet.pause("back")
    found = samples(app.test_client().get("/metrics"))
    names = {name for name, *_ in found}
    assert not names & {"camera_polls_total", "log_bytes", "database_writes"}
    assert ("camera_up", "back", "shop") not in found
    assert found["cameras", "paused"] == 1


def test_while_the_database_is_away_nobody_knows_how_many_are_paused(app, fleet):
    fleet.paused_error = DatabaseUnavailable("gone")
    found = samples(app.test_client().get("/metrics"))
    assert ("cameras", "paused") not in found
    assert found["cameras", "up"] == 1


def test_from_another_machine_it_takes_a_token_for_health(app, people):
    client = app.test_client()
    health, other = people.token(Scope.HEALTH), people.token(Scope.READ)
    answers = [client.get("/metrics", environ_base=ELSEWHERE, headers=headers) for headers in ({}, other, health)]
    assert [answer.status_code for answer in answers] == [401, 403, 200]


def test_where_people_sign_in_it_takes_a_token_on_this_machine_too(people, service, fleet):
    client = people.app(service, fleet=fleet.desk).test_client()
    refused = client.get("/metrics")
    assert (refused.status_code, refused.mimetype) == (401, "application/problem+json")
    assert client.get("/metrics", headers=people.token(Scope.HEALTH)).status_code == 200


def test_no_address_and_no_login_of_a_camera_is_in_it(app):
    text = app.test_client().get("/metrics").text
    assert "front.example" not in text
    assert "secret" not in text
    assert "admin" not in text


def test_it_is_the_same_whichever_process_answers(people, service, fleet):
    fleet.counted(front=(100, 2, 4500))
    workers = [people.app(service, fleet=fleet.desk, anybody_may_look=True) for _ in range(2)]
    first, second = (worker.test_client().get("/metrics") for worker in workers)
    assert first.text == second.text


def test_where_no_worker_of_this_machine_polls_its_disk_is_told_once_all_the_same():
    now = at(14)
    workers = [WorkerFigures(str(one), now, now, 1, False, [("disk_free", (), 7.0 + one)]) for one in (1, 2)]
    (disk,) = [one for one in worker_families(workers) if one.name == "peoplecount_disk_free_bytes"]
    assert [(sample.labels, sample.value) for sample in disk.samples] == [({}, 8.0)]
    workers[1] = replace(workers[1], leads=True)
    (disk,) = [one for one in worker_families(workers) if one.name == "peoplecount_disk_free_bytes"]
    assert [sample.value for sample in disk.samples] == [9.0]
