"""Cameras behind HTTPS: who gets the password is settled before anything is sent."""

from __future__ import annotations

import contextlib
import json
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from peoplecount.domain.camera import Camera
from peoplecount.simulator.certificates import ServedCertificate, make_certificate
from peoplecount.sunapi.certificate import Certificate, plain_fingerprint, with_colons
from peoplecount.sunapi.client import SunapiClient
from peoplecount.sunapi.connection import CameraConnection
from peoplecount.sunapi.errors import CameraUnreachable, CertificateChanged, CertificateUnknown, UnexpectedAnswer
from peoplecount.sunapi.trust import Authorities
from tests.support.camera_pages import CHECK, INFO
from tests.support.digest_camera import PASSWORD, USERNAME, DigestCamera
from tests.support.fake_clock import FakeClock

ClientFor = Callable[..., SunapiClient]


def made(host: str = "127.0.0.1", *, days: int = 1) -> ServedCertificate:
    now = datetime.now(UTC)
    return make_certificate("camera", host, now - timedelta(days=3), now + timedelta(days=days))


@pytest.fixture(scope="module")
def certificate() -> ServedCertificate:
    return made()


@pytest.fixture(scope="module")
def other() -> ServedCertificate:
    return made()


class SwappedContext:
    """Encrypts with whatever certificate it holds at the time."""

    def __init__(self, served: ServedCertificate) -> None:
        self.served = served

    def wrap_socket(self, sock: object, **options: bool) -> object:
        outer = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        outer.sni_callback = self._choose
        return outer.wrap_socket(sock, **options)  # type: ignore[arg-type]

    def _choose(self, connection: ssl.SSLObject, *_: object) -> None:
        connection.context = self.served.context


@pytest.fixture
def secure(classic: DigestCamera, certificate: ServedCertificate) -> Iterator[DigestCamera]:
    """The same camera, saying the same, behind HTTPS."""
    with DigestCamera(certificate.context) as camera:
        camera.says_as(classic)
        yield camera


@pytest.fixture
def authorities(certificate: ServedCertificate, tmp_path: Path) -> Authorities:
    """Those who vouch for the camera's own certificate, and for no other."""
    file = tmp_path / "authorities.pem"
    file.write_bytes(certificate.pem)
    return Authorities(file)


@pytest.fixture
def trusted(certificate: ServedCertificate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's authorities are the camera's own certificate."""
    file = tmp_path / "system.pem"
    file.write_bytes(certificate.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))


def reader(camera: DigestCamera, clock: FakeClock, authorities: Authorities, **fields: str) -> SunapiClient:
    given = {"address": camera.address, "username": USERNAME, "password": PASSWORD} | fields
    return SunapiClient(
        Camera("front", "Front", **given), clock=clock, sleep=clock.passes, authorities=authorities, connect_timeout=10
    )


class TestAuthorities:
    @pytest.mark.usefixtures("trusted")
    def test_a_camera_whom_the_systems_vouch_for_is_read_over_one_connection(
        self, secure: DigestCamera, client_for: ClientFor
    ) -> None:
        client = client_for(secure)
        for _ in range(3):
            client.read()

        assert secure.targets()[-3:] == [CHECK] * 3
        assert len({seen.connection for seen in secure.seen}) == 1

    def test_those_of_a_file_do_as_well(self, secure: DigestCamera, clock: FakeClock, authorities: Authorities) -> None:
        with contextlib.closing(reader(secure, clock, authorities)) as client:
            assert client.read().serial == "Z1"

    def test_a_certificate_that_nobody_vouches_for_is_told_and_gets_nothing(
        self, secure: DigestCamera, client_for: ClientFor, certificate: ServedCertificate
    ) -> None:
        with pytest.raises(CertificateUnknown, match="certificate is not trusted: self-signed certificate") as caught:
            client_for(secure).read()

        assert with_colons(certificate.fingerprint) in str(caught.value)
        assert "CN=camera, signed by itself, expires" in str(caught.value)
        assert "camera trust front" in str(caught.value)
        assert secure.seen == []

    @pytest.mark.parametrize(("host", "days", "words"), [("192.0.2.1", 1, "mismatch"), ("127.0.0.1", -1, "expired")])
    def test_one_of_another_host_or_out_of_date_gets_nothing_even_if_vouched_for(
        self,
        classic: DigestCamera,
        client_for: ClientFor,
        clock: FakeClock,
        tmp_path: Path,
        host: str,
        days: int,
        words: str,
    ) -> None:
        served = made(host, days=days)
        (tmp_path / "ca.pem").write_bytes(served.pem)
        with DigestCamera(served.context) as camera:
            camera.says_as(classic)
            client = reader(camera, clock, Authorities(tmp_path / "ca.pem"))
            with contextlib.closing(client), pytest.raises(CertificateUnknown, match=words):
                client.read()
            assert camera.seen == []


class TestAcceptedCertificate:
    @pytest.mark.parametrize("written", [str, with_colons, lambda plain: f" {with_colons(plain).lower()} "])
    def test_a_camera_that_shows_it_is_read_however_it_was_written_down(
        self,
        secure: DigestCamera,
        client_for: ClientFor,
        certificate: ServedCertificate,
        written: Callable[[str], str],
    ) -> None:
        assert client_for(secure, certificate=written(certificate.fingerprint)).read().serial == "Z1"

    def test_which_was_shown_last_and_until_when_it_is_good_is_known(
        self, secure: DigestCamera, client_for: ClientFor, certificate: ServedCertificate
    ) -> None:
        client = client_for(secure, certificate=certificate.fingerprint)
        assert client.device.certificate == ""
        client.read()
        assert client.device.certificate == certificate.fingerprint
        expires = Certificate.read(ssl.PEM_cert_to_DER_cert(certificate.pem.decode())).expires_at
        assert expires is not None
        assert client.device.expires == f"{expires:%Y-%m-%d}"

    def test_it_may_be_out_of_date_and_of_another_host(self, classic: DigestCamera, client_for: ClientFor) -> None:
        served = made("192.0.2.1", days=-1)
        with DigestCamera(served.context) as camera:
            camera.says_as(classic)
            assert client_for(camera, certificate=served.fingerprint).read().serial == "Z1"

    def test_another_one_gets_nothing_even_if_an_authority_vouches_for_it(
        self,
        secure: DigestCamera,
        client_for: ClientFor,
        clock: FakeClock,
        authorities: Authorities,
        certificate: ServedCertificate,
        other: ServedCertificate,
    ) -> None:
        client = reader(secure, clock, authorities, certificate=other.fingerprint)
        with contextlib.closing(client), pytest.raises(CertificateChanged) as caught:
            client.read()

        assert f"Accepted: SHA-256 {with_colons(other.fingerprint)}" in str(caught.value)
        assert f"Shown: SHA-256 {with_colons(certificate.fingerprint)}" in str(caught.value)
        assert secure.seen == []

    def test_a_camera_whose_certificate_changes_gets_nothing_until_the_old_one_is_back(
        self, classic: DigestCamera, client_for: ClientFor, certificate: ServedCertificate, other: ServedCertificate
    ) -> None:
        context = SwappedContext(certificate)
        with DigestCamera(context) as camera:  # type: ignore[arg-type]
            camera.says_as(classic)
            client = client_for(camera, certificate=certificate.fingerprint)
            client.read()
            context.served = other
            camera.hangs_up()
            camera.seen.clear()
            for _ in range(3):
                with pytest.raises(CertificateChanged):
                    client.read()
            assert camera.seen == []
            context.served = certificate

            assert client.read().serial == "Z1"

    def test_one_that_changes_between_challenge_and_answer_costs_no_sign_in(
        self, classic: DigestCamera, client_for: ClientFor, certificate: ServedCertificate, other: ServedCertificate
    ) -> None:
        context = SwappedContext(certificate)

        def challenge_and_change(handler: BaseHTTPRequestHandler) -> bool:
            handler.send_response(401)
            handler.send_header("WWW-Authenticate", 'Digest realm="iPolis", nonce="1", qop="auth"')
            handler.send_header("Content-Length", "0")
            handler.send_header("Connection", "close")
            handler.end_headers()
            context.served = other
            return True

        with DigestCamera(context) as camera:  # type: ignore[arg-type]
            camera.says_as(classic)
            client = client_for(camera, certificate=certificate.fingerprint)
            camera.before = challenge_and_change
            for _ in range(3):
                context.served = certificate
                with pytest.raises(CertificateChanged):
                    client.read()
            camera.before = lambda _: False
            context.served = certificate

            assert client.read().serial == "Z1"

    def test_a_fingerprint_that_is_none_is_no_permission(self, secure: DigestCamera, client_for: ClientFor) -> None:
        with pytest.raises(CertificateUnknown, match="64 hexadecimal digits"):
            client_for(secure, certificate="accept everything").read()
        assert secure.seen == []

    def test_without_encryption_there_is_no_password_for_it(
        self, classic: DigestCamera, client_for: ClientFor, certificate: ServedCertificate
    ) -> None:
        with pytest.raises(CertificateChanged, match="without encryption"):
            client_for(classic, certificate=certificate.fingerprint).read()

        assert classic.verdicts() == ["challenged"]


@pytest.mark.usefixtures("trusted")
def test_behind_https_too_an_answer_has_an_end(secure: DigestCamera, client_for: ClientFor) -> None:
    def flood(handler: BaseHTTPRequestHandler) -> bool:
        handler.close_connection = True
        with contextlib.suppress(OSError):
            handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n" * 100_000)
        return True

    secure.before = flood

    with pytest.raises(UnexpectedAnswer, match="more than 64 KiB of headers before its body"):
        client_for(secure).read()


class TestRedirects:
    @pytest.mark.usefixtures("trusted")
    @pytest.mark.parametrize("status", [301, 302, 307, 308])
    def test_to_https_is_followed_once_and_remembered(
        self, classic: DigestCamera, secure: DigestCamera, client_for: ClientFor, status: int
    ) -> None:
        classic.asks_for_password = False
        classic.says(INFO, "", status, Location=f"{secure.address}/login")
        client = client_for(classic)

        client.read()
        client.read()

        assert classic.targets() == [INFO]
        assert secure.targets().count(CHECK) == 2
        assert client.examine().address == secure.address

    def test_the_certificate_there_counts_before_there_is_a_password(
        self, classic: DigestCamera, secure: DigestCamera, client_for: ClientFor, other: ServedCertificate
    ) -> None:
        classic.asks_for_password = False
        classic.says(INFO, "", 301, Location=secure.address)

        with pytest.raises(CertificateUnknown):
            client_for(classic).read()
        with pytest.raises(CertificateChanged):
            client_for(classic, certificate=other.fingerprint).read()
        assert secure.seen == []
        assert all("Authorization" not in seen.headers for seen in classic.seen)

    @pytest.mark.usefixtures("trusted")
    def test_to_https_that_redirects_again_is_refused_with_the_reason(
        self, classic: DigestCamera, secure: DigestCamera, client_for: ClientFor
    ) -> None:
        classic.asks_for_password = False
        classic.says(INFO, "", 301, Location=secure.address)
        secure.says(INFO, "", 301, Location=f"{secure.address}/again")

        with pytest.raises(UnexpectedAnswer, match="only the step from http to https"):
            client_for(classic).read()
        assert secure.targets() == [INFO]

    @pytest.mark.usefixtures("trusted")
    @pytest.mark.parametrize("back", ["http", "https"])
    def test_from_https_none_is_followed(
        self, classic: DigestCamera, secure: DigestCamera, client_for: ClientFor, back: str
    ) -> None:
        secure.says(INFO, "", 302, Location=classic.address if back == "http" else f"{secure.address}/elsewhere")

        with pytest.raises(UnexpectedAnswer, match="only the step from http to https"):
            client_for(secure).read()
        assert classic.seen == []


class TestLooking:
    def look(self, camera: DigestCamera, clock: FakeClock, authorities: Authorities | None = None) -> object:
        connection = CameraConnection(
            Camera("front", "Front", camera.address, USERNAME, PASSWORD, certificate="0" * 64),
            clock=clock,
            connect_timeout=10,
            read_timeout=10,
            authorities=authorities,
        )
        with contextlib.closing(connection):
            return connection.look()

    def test_at_a_certificate_sends_nothing(
        self, secure: DigestCamera, clock: FakeClock, certificate: ServedCertificate
    ) -> None:
        shown = self.look(secure, clock)

        assert shown.certificate.fingerprint == certificate.fingerprint
        assert not shown.vouched_for
        assert secure.seen == []

    def test_tells_whether_somebody_vouches_for_it(
        self, secure: DigestCamera, clock: FakeClock, authorities: Authorities
    ) -> None:
        assert self.look(secure, clock, authorities).vouched_for

    def test_follows_a_redirect_without_credentials(
        self, classic: DigestCamera, secure: DigestCamera, clock: FakeClock, certificate: ServedCertificate
    ) -> None:
        classic.asks_for_password = False
        classic.says(INFO, "", 301, Location=secure.address)

        assert self.look(classic, clock).certificate.fingerprint == certificate.fingerprint
        assert all("Authorization" not in seen.headers for seen in (*classic.seen, *secure.seen))

    def test_finds_none_without_encryption(self, classic: DigestCamera, clock: FakeClock) -> None:
        assert self.look(classic, clock) is None

    def test_at_what_does_not_speak_it_says_so(self, device: DigestCamera, clock: FakeClock) -> None:
        device.scheme = "https"
        with pytest.raises(CameraUnreachable, match="no encrypted connection could be agreed"):
            self.look(device, clock)


UNDER_GEVENT = """
from gevent import monkey; monkey.patch_all()
import json, sys
from peoplecount.domain.camera import Camera
from peoplecount.services.played_clock import PlayedClock
from peoplecount.sunapi.client import SunapiClient
from peoplecount.sunapi.errors import CameraError

said = []
for pin in sys.argv[4:]:
    camera = Camera("front", "Front", sys.argv[1], sys.argv[2], sys.argv[3], certificate=pin)
    client = SunapiClient(camera, clock=PlayedClock(), connect_timeout=10)
    try:
        said.append(client.read().serial)
    except CameraError as error:
        said.append(type(error).__name__)
    client.close()
print(json.dumps(said))
"""


def test_under_gevent_too(secure: DigestCamera, certificate: ServedCertificate, other: ServedCertificate) -> None:
    pytest.importorskip("gevent")
    pins = [certificate.fingerprint, other.fingerprint, ""]
    command = [sys.executable, "-c", UNDER_GEVENT, secure.address, USERNAME, PASSWORD, *pins]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)

    assert json.loads(done.stdout) == ["Z1", "CertificateChanged", "CertificateUnknown"]


class TestFingerprints:
    def test_are_shown_as_browsers_show_them(self) -> None:
        assert with_colons("0a" * 32) == ":".join(["0A"] * 32)

    @pytest.mark.parametrize("text", ["0a" * 32, "0A:" * 31 + "0a", "0a " * 32])
    def test_are_read_in_any_usual_form(self, text: str) -> None:
        assert plain_fingerprint(text) == "0a" * 32

    @pytest.mark.parametrize("text", ["0a" * 20, "0a" * 33, "xy" * 32, "none"])
    def test_are_refused_otherwise(self, text: str) -> None:
        with pytest.raises(ValueError, match="64 hexadecimal digits"):
            plain_fingerprint(text)

    def test_are_known_of_certificates_that_make_no_sense(self) -> None:
        shown = Certificate.read(b"\x30\x03nonsense")

        assert len(shown.fingerprint) == 64
        assert shown.details == "unreadable"
