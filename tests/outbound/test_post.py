"""Sending over real sockets: what is answered, what is not, and where nothing is sent."""

import socket
import ssl
import threading
from contextlib import contextmanager

import pytest

from peoplecount.outbound import post
from peoplecount.outbound.errors import AddressRefused, Unanswered
from peoplecount.outbound.networks import Networks
from peoplecount.outbound.post import Outbox
from peoplecount.outbound.rules import OutboundRules
from tests.support.certificate_files import write_certificate
from tests.support.flooding import flooding
from tests.support.receivers import Reply, a_receiver, nobody_listens
from tests.support.waiting import wait_until

LOOPBACK = Networks(["127.0.0.0/8"])
HEADERS = {"Content-Type": "application/json"}


@pytest.fixture
def receiver():
    with a_receiver() as receiver:
        yield receiver


@pytest.fixture
def outbox():
    outbox = Outbox(OutboundRules([".example"], LOOPBACK), connect_seconds=20, answer_seconds=20)
    yield outbox
    outbox.close()


def test_what_is_sent_is_what_arrives(receiver, outbox):
    answer = outbox.post(receiver.address(), b'{"id":"1"}', HEADERS)
    assert (answer.status, answer.retry_after) == (202, None)
    (got,) = receiver.got
    assert (got.path, got.body, got.headers["Content-Type"]) == ("/in", b'{"id":"1"}', "application/json")


def test_connections_are_kept_and_nothing_else_is(receiver, outbox):
    receiver.says = lambda _: Reply(200, {"Set-Cookie": "a=b"}, b"thanks")
    for _ in range(3):
        assert outbox.post(receiver.address(), b"{}", HEADERS).status == 200
    assert not any("Cookie" in got.headers for got in receiver.got)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(receiver, outbox, status):
    receiver.says = lambda _: Reply(status, {"Location": receiver.address("/elsewhere")})
    assert outbox.post(receiver.address(), b"{}", HEADERS).status == status
    assert [got.path for got in receiver.got] == ["/in"]


@pytest.mark.parametrize("status", [202, 204, 410, 429, 500, 503])
def test_every_answer_is_told(receiver, outbox, status):
    receiver.says = lambda _: Reply(status, {"Retry-After": "7"})
    answer = outbox.post(receiver.address(), b"{}", HEADERS)
    assert (answer.status, answer.retry_after) == (status, "7")


def test_of_a_long_answer_little_is_read(receiver, outbox):
    receiver.says = lambda _: Reply(200, body=b"x" * 5_000_000)
    assert outbox.post(receiver.address(), b"{}", HEADERS).status == 200
    receiver.says = lambda _: Reply(204)
    assert outbox.post(receiver.address(), b"{}", HEADERS).status == 204


@pytest.mark.parametrize("reply", [Reply(silent=True), Reply(drips=True)])
def test_who_does_not_answer_in_time_is_not_waited_for(receiver, reply):
    receiver.says = lambda _: reply
    outbox = Outbox(OutboundRules([], LOOPBACK), answer_seconds=0.2)
    with pytest.raises(Unanswered, match=r"no answer in time|closed without an answer"):
        outbox.post(receiver.address(), b"{}", HEADERS)
    outbox.close()


def test_a_connection_that_is_closed_is_told(receiver, outbox):
    receiver.says = lambda _: Reply(hangs_up=True)
    with pytest.raises(Unanswered, match="closed without an answer"):
        outbox.post(receiver.address(), b"{}", HEADERS)


def test_nobody_there_is_told_without_the_address(outbox):
    with pytest.raises(Unanswered, match="nothing listens there") as refused:
        outbox.post(nobody_listens() + "?sig=SECRET", b"{}", HEADERS)
    assert "SECRET" not in str(refused.value)
    assert refused.value.__cause__ is None


def stands_for(monkeypatch, *addresses, calls=None):
    """Have every name stand for these addresses; each look-up is one of them where there are ``calls``."""
    real = socket.getaddrinfo

    def looked_up(host, port, *rest, **options):
        if host[0].isdigit():
            return real(host, port, *rest, **options)
        given = addresses if calls is None else (addresses[min(len(calls), len(addresses) - 1)],)
        if calls is not None:
            calls.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in given]

    monkeypatch.setattr(post.socket, "getaddrinfo", looked_up)


@pytest.mark.parametrize("inside", [["10.0.0.1"], ["169.254.169.254"], ["93.184.216.34", "10.0.0.1"], ["::1"]])
def test_a_name_that_stands_for_an_address_inside_is_not_called(monkeypatch, inside):
    stands_for(monkeypatch, *inside)
    outbox = Outbox(OutboundRules([".example"]))
    with pytest.raises(AddressRefused, match="private network"):
        outbox.demand("https://hooks.example/")
    with pytest.raises(AddressRefused, match="private network"):
        outbox.post("https://hooks.example/", b"{}", HEADERS)


def test_a_name_that_stands_for_another_address_a_moment_later_leads_nowhere(monkeypatch, receiver):
    calls = []
    stands_for(monkeypatch, "93.184.216.34", "127.0.0.1", calls=calls)
    connected = []

    def connect(address, *_, **__):
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(post, "create_connection", connect)
    outbox = Outbox(OutboundRules([".example"]))
    with pytest.raises(Unanswered):
        outbox.post("https://hooks.example/", b"{}", HEADERS)
    assert connected == [("93.184.216.34", 443)], "what was checked is what is connected to"
    assert calls == ["hooks.example"], "it is looked up once"
    with pytest.raises(AddressRefused):
        outbox.post("https://hooks.example/", b"{}", HEADERS)
    assert len(connected) == 1
    assert receiver.got == []


def test_over_plain_http_a_name_must_stand_for_an_opened_network(monkeypatch, receiver, outbox):
    stands_for(monkeypatch, "127.0.0.1")
    assert outbox.post(f"http://hooks.example:{receiver.port}/in", b"{}", HEADERS).status == 202
    stands_for(monkeypatch, "93.184.216.34")
    with pytest.raises(AddressRefused, match="https://"):
        outbox.post(f"http://hooks.other.example:{receiver.port}/in", b"{}", HEADERS)


def test_a_name_that_cannot_be_looked_up_is_taken_and_told_when_it_is_sent_to(monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(post.socket, "getaddrinfo", unknown)
    outbox = Outbox(OutboundRules([".example"]))
    assert outbox.demand("https://hooks.example/").host == "hooks.example"
    with pytest.raises(Unanswered, match="its name is unknown"):
        outbox.post("https://hooks.example/", b"{}", HEADERS)


def test_the_environment_sends_nothing_elsewhere(monkeypatch, receiver, outbox):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, nobody_listens())
    assert outbox.post(receiver.address(), b"{}", HEADERS).status == 202


def test_a_proxy_is_asked_where_one_is_set_and_nothing_is_looked_up(monkeypatch, receiver):
    """The receiver plays the proxy: of plain HTTP it is sent the whole address."""
    calls = []
    stands_for(monkeypatch, "127.0.0.1", calls=calls)
    outbox = Outbox(OutboundRules([".example"], Networks(), f"http://127.0.0.1:{receiver.port}"))
    with pytest.raises(Unanswered, match="OUTBOUND_PROXY"):  # it knows no CONNECT
        outbox.post("https://hooks.example/?sig=SECRET", b"{}", HEADERS)
    assert calls == []


@pytest.fixture
def certificate(receiver, tmp_path):
    """Of the receiver, which speaks HTTPS."""
    certificate, key = write_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    receiver.server.socket = context.wrap_socket(
        receiver.server.socket, server_side=True, do_handshake_on_connect=False
    )
    return certificate


def test_a_certificate_that_nobody_vouches_for_is_refused(certificate, receiver, outbox):
    with pytest.raises(Unanswered, match="nobody vouches for its certificate"):
        outbox.post(f"https://127.0.0.1:{receiver.port}/in", b"{}", HEADERS)
    assert receiver.got == []


def test_authorities_of_ones_own_vouch_for_receivers(certificate, receiver):
    outbox = Outbox(OutboundRules([], LOOPBACK, ca_file=certificate))
    assert outbox.post(f"https://127.0.0.1:{receiver.port}/in", b"{}", HEADERS).status == 202
    outbox.close()


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nfoo",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nfoo",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\n\x00\xff\r\n\r\n",
        b"HTTP/1.1 200 \xff\xfe\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
    ],
)
def test_what_was_taken_is_taken_however_odd_the_rest_of_the_answer(outbox, said):
    with says_once(said) as address:
        assert outbox.post(address, b"{}", HEADERS).status == 200


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"garbage\r\n",
        b"HTTP/1.1 99999 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nA: " + b"x" * 70_000 + b"\r\n\r\n",
    ],
)
def test_what_is_no_answer_is_none(outbox, said):
    with says_once(said) as address, pytest.raises(Unanswered):
        outbox.post(address, b"{}", HEADERS)


@contextmanager
def says_once(said):
    """Somebody who answers a request with these bytes, and hangs up."""

    def serve():
        connection, _ = listening.accept()
        with connection:
            connection.recv(65_536)
            connection.sendall(said)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/in"
        thread.join(10)


def test_answers_before_the_answer_do_not_go_on_for_ever(outbox):
    with flooding(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000) as flood:
        with pytest.raises(Unanswered, match="without an answer"):
            outbox.post(f"http://127.0.0.1:{flood.port}/in", b"{}", HEADERS)
        wait_until(lambda: flood.said)
