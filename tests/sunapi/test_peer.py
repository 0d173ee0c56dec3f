"""Where no camera may be nothing is asked, and nobody is even called, whatever the address is called."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from peoplecount.domain.camera import Camera
from peoplecount.domain.camera_networks import CameraNetworks, OwnService
from peoplecount.sunapi.connection import CameraConnection
from peoplecount.sunapi.errors import CameraUnreachable
from peoplecount.sunapi.peer import _is_here, refusal
from peoplecount.sunapi.queries import classic_counts
from tests.support.fake_clock import FakeClock

OUTSIDE = CameraNetworks(("10.20.0.0/16",))
HERE = CameraNetworks(("127.0.0.1",))


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """A port of this machine at which nobody has called yet."""
    with socket.create_server(("127.0.0.1", 0)) as made:
        made.setblocking(False)
        yield made


def was_called(listening: socket.socket) -> bool:
    try:
        listening.accept()[0].close()
    except BlockingIOError:
        return False
    return True


def said_by(scheme: str, host: str, port: int, networks: CameraNetworks, clock: FakeClock) -> str:
    """What asking a camera there comes to."""
    camera = Camera("front", "Front", f"{scheme}://{host}:{port}", "admin", "secret")
    connection = CameraConnection(camera, clock=clock, connect_timeout=10.0, read_timeout=0.1, networks=networks)
    try:
        with pytest.raises(CameraUnreachable) as caught:
            connection.ask(classic_counts(), bytes)
    finally:
        connection.close()
    return str(caught.value)


def knows(monkeypatch: pytest.MonkeyPatch, *found: str) -> list[str]:
    """Have the camera's name stand for these addresses; the names that were looked up are in what is returned."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def look_up(host, port, *more):
        if host != "camera.example":
            return real(host, port, *more)
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "[::ffff:127.0.0.1]"])
def test_outside_the_networks_of_cameras_nobody_is_called_under_any_name(listening, clock, scheme, host):
    said = said_by(scheme, host, listening.getsockname()[1], OUTSIDE, clock)
    assert "no camera may be at " in said
    assert said.endswith("CAMERA_NETWORKS allows 10.20.0.0/16")
    assert not was_called(listening)


def test_inside_the_camera_is_called(listening, clock):
    assert "no answer within 0.1 s" in said_by("http", "127.0.0.1", listening.getsockname()[1], HERE, clock)
    assert was_called(listening)


def test_services_of_clouds_are_not_called_where_a_name_leads_there(monkeypatch, clock):
    knows(monkeypatch, "169.254.169.254")
    said = said_by("http", "camera.example", 80, CameraNetworks(), clock)
    assert "no camera stands at this address: it is one of a cloud's own services" in said


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("host", ["127.0.0.1", "camera.example", "[::ffff:127.0.0.1]"])
def test_what_the_settings_lead_to_is_not_called_under_any_name(monkeypatch, listening, clock, scheme, host):
    knows(monkeypatch, "127.0.0.1")
    port = listening.getsockname()[1]
    networks = CameraNetworks(services=[OwnService("DB_SERVER", "localhost", port)])
    assert "DB_SERVER leads there" in said_by(scheme, host, port, networks, clock)
    assert not was_called(listening)


def test_under_two_names_it_is_the_same_service(monkeypatch, listening, clock):
    knows(monkeypatch, "127.0.0.1")
    port = listening.getsockname()[1]
    networks = CameraNetworks(services=[OwnService("SMTP_HOST", "camera.example", port)])
    assert "SMTP_HOST leads there" in said_by("http", "127.0.0.1", port, networks, clock)
    assert not was_called(listening)


def test_this_service_is_not_called_at_another_address_of_this_machine(monkeypatch):
    monkeypatch.setattr("peoplecount.sunapi.peer._is_here", lambda address: address == "192.0.2.9")
    networks = CameraNetworks(services=[OwnService("PORT", "0.0.0.0", 8000)])
    assert refusal("192.0.2.9", 8000, networks) == "no camera stands at 192.0.2.9:8000: PORT leads there"
    assert refusal("192.0.2.8", 8000, networks) == refusal("192.0.2.9", 80, networks) == ""


def test_this_machine_is_known_by_its_address():
    assert _is_here("127.0.0.1")
    assert not _is_here("192.0.2.1")


def test_where_a_service_of_ours_is_not_known_cameras_are_called_all_the_same(monkeypatch, listening, clock):
    def look_up(host, *_):
        raise socket.gaierror("Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    port = listening.getsockname()[1]
    networks = CameraNetworks(services=[OwnService("DB_SERVER", "sql.example", port)])
    assert refusal("127.0.0.1", port, networks) == ""


def test_of_a_name_with_several_addresses_those_are_called_at_which_a_camera_may_be(monkeypatch, listening, clock):
    asked = knows(monkeypatch, "192.0.2.1", "127.0.0.1")
    said = said_by("http", "camera.example", listening.getsockname()[1], HERE, clock)
    assert "no answer within 0.1 s" in said
    assert was_called(listening)
    assert asked == ["camera.example"], "once: what it stands for a moment later counts for nothing"


def test_where_the_first_address_does_not_answer_the_next_is_called(monkeypatch, listening, clock):
    both = CameraNetworks(("127.0.0.0/8",))
    knows(monkeypatch, "127.0.0.2", "127.0.0.1")  # nobody listens at the first
    assert "no answer within 0.1 s" in said_by("http", "camera.example", listening.getsockname()[1], both, clock)
    assert was_called(listening)


def test_a_name_that_is_unknown_is_said_to_be(monkeypatch, clock):
    def look_up(*_):
        raise socket.gaierror("Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    assert "the host name in the camera's address is unknown" in said_by("http", "camera.example", 80, HERE, clock)
