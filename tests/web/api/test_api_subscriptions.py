"""Subscriptions as a platform makes and ends them."""

import pytest

from peoplecount.domain.visitor import Scope
from peoplecount.outbound.errors import AddressRefused
from tests.support.api_shop import ApiShop
from tests.support.people import People

FLOW = "https://prod-1.westeurope.logic.azure.com/workflows/1/triggers/manual/paths/invoke?sig=secret"


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    service = ApiShop(tmp_path_factory.mktemp("shop"), hours=1)
    yield service
    service.end()


@pytest.fixture
def people(tmp_path):
    people = People(tmp_path)
    yield people
    people.close()


@pytest.fixture
def client(people, service):
    return people.app(service, webhooks=people.webhooks, public_url="https://counts.example").test_client()


@pytest.fixture
def key(people):
    return people.token(Scope.SUBSCRIBE)


def subscribe(client, key, status=201, **wish):
    answer = client.post("/api/v1/subscriptions", json={"callbackUrl": FLOW, **wish}, headers=key)
    assert answer.status_code == status, answer.text
    return answer


def listed(client, key):
    return client.get("/api/v1/subscriptions", headers=key).json["value"]


def test_the_platform_subscribes_and_deletes_without_its_key(client, key):
    made = subscribe(client, key, kinds=["IntervalClosed"], siteId="shop")
    location = made.headers["Location"]
    assert location == f"https://counts.example/api/v1/subscriptions/{made.json['id']}"
    (kept,) = listed(client, key)
    assert (kept["host"], kept["kinds"], kept["state"]) == (
        "prod-1.westeurope.logic.azure.com",
        ["IntervalClosed"],
        "active",
    )
    assert client.delete(location.removeprefix("https://counts.example")).status_code == 204
    assert listed(client, key) == []
    assert client.delete("/api/v1/subscriptions/never-was").status_code == 204


def test_to_subscribe_twice_is_to_subscribe_once(client, key):
    first, again = (subscribe(client, key, kinds=["CameraSilent"]).json["id"] for _ in range(2))
    assert first == again
    assert len(listed(client, key)) == 1


def test_who_cannot_keep_an_id_unsubscribes_by_the_address(client, key):
    subscribe(client, key)
    subscribe(client, key, kinds=["CameraBack"])
    answer = client.post("/api/v1/subscriptions/unsubscribe", json={"callbackUrl": FLOW}, headers=key)
    assert answer.status_code == 204
    assert listed(client, key) == []


def test_nothing_that_is_answered_shows_the_address(client, key):
    made = subscribe(client, key)
    assert "sig=" not in made.text
    assert "sig=" not in client.get("/api/v1/subscriptions", headers=key).text


def test_each_key_sees_its_own(client, key, people):
    made = subscribe(client, key).json["id"]
    other = people.token(Scope.SUBSCRIBE)
    assert listed(client, other) == []
    assert client.post(f"/api/v1/subscriptions/{made}/test", headers=other).status_code == 404
    tried = client.post(f"/api/v1/subscriptions/{made}/test", headers=key)
    assert set(tried.json) == {"delivered", "status", "words"}


def test_a_receiver_of_one_s_own_is_told_once_what_requests_are_signed_with(client, key):
    assert subscribe(client, key, kinds=["PeopleCountingUpdate"], signed=True).json["secret"].startswith("whsec_")
    assert subscribe(client, key, kinds=["PeopleCountingUpdate"], signed=True).json["secret"] is None


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"kinds": ["PeopleCountingUpdate"]}, "minGapSeconds of 60 or more"),
        ({"kinds": ["PeopleCountingUpdate"], "siteId": "shop", "minGapSeconds": 59}, "minGapSeconds of 60 or more"),
        ({"kinds": ["OccupancyChanged"], "minGapSeconds": 60}, "kinds: Single counts"),
        ({"kinds": ["Nothing"]}, "kinds: Must be one of"),
        ({"minGapSeconds": -1}, "minGapSeconds: -1 is not a number from 0"),
        ({"threshold": "many"}, "threshold"),
        ({"colour": "red"}, "'colour' is not known here"),
        ({"callbackUrl": ""}, "callbackUrl"),
    ],
)
def test_what_makes_no_sense_is_refused(client, key, wish, words):
    answer = subscribe(client, key, 400, **wish)
    assert answer.content_type == "application/problem+json"
    assert words in answer.json["detail"]


@pytest.mark.parametrize("place", [{"siteId": "shop"}, {"doorId": "shop-front"}, {"cameraId": "front"}])
def test_single_counts_are_told_of_a_place_once_in_a_while(client, key, place):
    subscribe(client, key, kinds=["PeopleCountingUpdate"], minGapSeconds=60, **place)


def test_an_address_that_may_not_be_called_is_refused(client, key, people, monkeypatch):
    def refuse(_address):
        raise AddressRefused("It lies in a private network.")

    monkeypatch.setattr(people.outbox, "demand", refuse)
    assert subscribe(client, key, 422).json["detail"] == "It lies in a private network."


def test_who_sees_some_sites_is_told_of_those_only(client, people):
    limited = people.token(Scope.SUBSCRIBE, sites=("shop",))
    assert "no site 'museum'" in subscribe(client, limited, 400, siteId="museum").json["detail"]
    subscribe(client, limited)
    (kept,) = people.webhooks.webhooks()
    assert kept.webhook.sites == {"shop"}


def test_to_read_is_not_to_subscribe(client, people):
    subscribe(client, people.token(Scope.READ), 403)


def test_where_nobody_is_told_of_events_there_is_nothing_to_subscribe_to(people, service, key):
    client = people.app(service, webhooks=None).test_client()
    assert subscribe(client, key, 404).json["detail"] == "Nobody is told of events here."
    assert client.delete("/api/v1/subscriptions/any").status_code == 204


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"callbackUrl": "https://hooks.example/x", "name": "\\ud800"}',
        b'{"callbackUrl": "https://hooks.example/x", "siteId": "\\udfff"}',
        b'{"callbackUrl": "https://hooks.example/x", "minGapSeconds": NaN}',
        b'\xff{"callbackUrl": "https://hooks.example/x"}',
        b"",
    ],
)
def test_what_is_no_json_is_refused_however_it_is_none(client, key, body):
    answer = client.post("/api/v1/subscriptions", data=body, headers=key, content_type="application/json")
    assert answer.status_code == 400
    assert listed(client, key) == []


def test_a_name_holds_nothing_that_nobody_can_see(client, key):
    subscribe(client, key, name="\x1b[31m\u202eshop\n\u200bof Anna")
    assert listed(client, key)[0]["name"] == "[31m shop of Anna"


def test_a_key_ends_its_own_subscriptions_alone(people, client, key):
    other = people.token(Scope.SUBSCRIBE, sites=("shop",))
    subscribe(client, key)
    subscribe(client, other)
    assert (
        client.post("/api/v1/subscriptions/unsubscribe", json={"callbackUrl": FLOW}, headers=other).status_code == 204
    )
    assert (len(listed(client, key)), listed(client, other)) == (1, [])
