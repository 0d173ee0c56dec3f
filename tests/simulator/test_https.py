"""Virtual cameras with HTTPS, as a caller sees them."""

import contextlib
import hashlib
import socket
import ssl
from datetime import UTC, datetime

import pytest
import requests
from cryptography import x509

from peoplecount.simulator.fleets import default_fleet
from peoplecount.simulator.server import Https, SimulatorServer

PATH = "/init-cgi/pw_init.cgi?msubmenu=statuscheck&action=view"


@pytest.fixture
def cameras():
    with SimulatorServer(default_fleet(2), https=Https.ONLY) as server:
        yield server


def shown_at(address):
    """The certificate shown there."""
    host, port = address.removeprefix("https://").split(":")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with socket.create_connection((host, int(port)), timeout=10) as plain, context.wrap_socket(plain) as encrypted:
        return encrypted.getpeercert(binary_form=True)


def fingerprint_at(address):
    return hashlib.sha256(shown_at(address)).hexdigest()


@contextlib.contextmanager
def caller(server, folder):
    """One who trusts camera 1, and nobody whom the environment names."""
    (folder / "camera.pem").write_bytes(server.certificate("1").pem)
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(folder / "camera.pem")
        yield session


def listed(server):
    fleet = requests.get(f"{server.control_url}/cameras", timeout=5).json()
    return {camera["cameraId"]: camera for camera in fleet}


def inject(server, **order):
    requests.post(f"{server.control_url}/faults", json=order, timeout=5).raise_for_status()


def test_each_camera_has_a_certificate_of_its_own_which_is_listed(cameras):
    fleet = listed(cameras)
    assert all(camera["address"].startswith("https://") for camera in fleet.values())
    fingerprints = {key: fingerprint_at(camera["address"]) for key, camera in fleet.items()}
    assert fingerprints == {key: camera["certificate"] for key, camera in fleet.items()}
    assert len(set(fingerprints.values())) == 2


def test_a_caller_who_trusts_the_certificate_gets_answers_over_one_connection(cameras, tmp_path):
    with caller(cameras, tmp_path) as session:
        for _ in range(3):
            assert session.get(cameras.address("1") + PATH, timeout=5).status_code == 200


def test_a_caller_who_does_not_is_told(cameras):
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(cameras.address("1") + PATH, timeout=5)


def test_a_changed_certificate_ends_connections_and_the_old_one_comes_back(cameras, tmp_path):
    own = fingerprint_at(cameras.address("1"))
    with caller(cameras, tmp_path) as session:
        session.get(cameras.address("1") + PATH, timeout=5)
        inject(cameras, camera="1", fault="certificate-changed")
        assert fingerprint_at(cameras.address("1")) != own
        assert listed(cameras)["1"]["certificate"] == fingerprint_at(cameras.address("1"))
        with pytest.raises(requests.ConnectionError):
            session.get(cameras.address("1") + PATH, timeout=5)
        requests.delete(f"{cameras.control_url}/faults", timeout=5)
        assert fingerprint_at(cameras.address("1")) == own
        assert session.get(cameras.address("1") + PATH, timeout=5).status_code == 200


def test_certificates_can_be_out_of_date_and_of_another_host(cameras):
    inject(cameras, camera="1", fault="certificate-expired")
    inject(cameras, camera="2", fault="certificate-wrong-name")
    expired = x509.load_der_x509_certificate(shown_at(cameras.address("1")))
    assert expired.not_valid_after_utc < datetime.now(UTC)
    stranger = x509.load_der_x509_certificate(shown_at(cameras.address("2")))
    names = stranger.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["another-camera.example"]


def test_a_redirect_leads_from_http_to_the_same_path_over_https():
    with SimulatorServer(default_fleet(1), https=Https.REDIRECT) as server:
        address = server.address("1")
        assert address.startswith("http://")
        answer = requests.get(address + PATH, timeout=5, allow_redirects=False)
        assert answer.status_code == 301
        location = answer.headers["Location"]
        assert location.startswith("https://127.0.0.1:")
        assert location.endswith(PATH)
        assert fingerprint_at(location.removesuffix(PATH)) == listed(server)["1"]["certificate"]


def test_without_https_no_certificate_is_listed():
    with SimulatorServer(default_fleet(1)) as server:
        assert listed(server)["1"]["certificate"] == ""
        assert server.certificate("1") is None


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01"])
def test_callers_who_shake_no_hands_disturb_nobody(cameras, sent):
    host, port = cameras.address("1").removeprefix("https://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as plain:
        plain.sendall(sent)
        if sent.startswith(b"GET"):
            with contextlib.suppress(ConnectionResetError):
                plain.recv(100)
        assert len(fingerprint_at(cameras.address("1"))) == 64


def test_stopping_ends_open_connections(tmp_path):
    server = SimulatorServer(default_fleet(1), https=Https.ONLY).start()
    with caller(server, tmp_path) as session:
        session.get(server.address("1") + PATH, timeout=5)
        server.stop()
        with pytest.raises(requests.ConnectionError):
            session.get(server.address("1") + PATH, timeout=5)
