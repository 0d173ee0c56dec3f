"""Who asks, behind proxies that are known and others."""

import pytest
from flask import Request
from werkzeug.test import EnvironBuilder

from peoplecount.stream.open_streams import OpenStreams
from peoplecount.web.app import create_app
from peoplecount.web.client_address import ClientAddresses

PROXIES = ("127.0.0.1", "10.0.0.0/8", "2001:db8::1")


def asked(peer: str, *forwarded: str) -> Request:
    builder = EnvironBuilder(
        environ_base={"REMOTE_ADDR": peer}, headers=[("X-Forwarded-For", one) for one in forwarded]
    )
    return Request(builder.get_environ())


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.7", [], "192.0.2.7"),
        ("192.0.2.7", ["198.51.100.1"], "192.0.2.7"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["203.0.113.5, 198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["203.0.113.5, 198.51.100.1, 10.1.2.3"], "198.51.100.1"),
        ("127.0.0.1", ["203.0.113.5", "198.51.100.1,10.1.2.3"], "198.51.100.1"),
        ("127.0.0.1", ["10.9.9.9, 10.1.2.3"], "10.9.9.9"),
        ("127.0.0.1", ["198.51.100.1:4711"], "198.51.100.1"),
        ("127.0.0.1", ["unknown"], "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.1, _hidden"], "127.0.0.1"),
        ("127.0.0.1", [""], "127.0.0.1"),
        ("::ffff:127.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["::ffff:198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["[2001:db8:7:8::9]:4711"], "2001:db8:7:8::/64"),
        ("2001:db8::1", ["2001:db8:7:8:1:2:3:4"], "2001:db8:7:8::/64"),
        ("2001:db8:0:1::5", ["198.51.100.1"], "2001:db8:0:1::/64"),
        ("fe80::1%eth0", [], "fe80::/64"),
        ("", ["198.51.100.1"], "this machine"),
    ],
)
def test_only_known_proxies_are_believed_and_only_what_they_say_themselves(peer, forwarded, client):
    assert ClientAddresses(PROXIES).of(asked(peer, *forwarded)) == client


def test_without_known_proxies_nobody_is_believed():
    assert ClientAddresses().of(asked("127.0.0.1", "198.51.100.1")) == "127.0.0.1"


def test_clients_behind_a_known_proxy_have_places_of_their_own(service):
    context = service.context(streams=OpenStreams(most_per_address=1), addresses=ClientAddresses(["127.0.0.1"]))
    client = create_app(context).test_client()
    first, second = ({"X-Forwarded-For": address} for address in ("192.0.2.7", "192.0.2.8"))
    streams = [client.get("/events", headers=one, buffered=False) for one in (first, second)]
    assert [one.status_code for one in streams] == [200, 200]
    refused = client.get("/events", headers=first)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "60")
    assert "192.0.2.7 has 1 streams open" in refused.json["description"]
    forged = client.get("/events", headers={"X-Forwarded-For": "203.0.113.99, 192.0.2.7"})
    assert forged.status_code == 503
    streams[0].close()
    again = client.get("/events", headers=first, buffered=False)
    assert again.status_code == 200
    for one in (again, streams[1]):
        one.close()
    assert len(context.streams) == 0
