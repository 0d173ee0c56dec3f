"""Cameras behind HTTPS: certificates are verified, and a redirect to HTTPS is followed."""

from __future__ import annotations

import contextlib
import ipaddress
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from peoplecount.sunapi.client import SunapiClient
from peoplecount.sunapi.errors import CameraUnreachable, UnexpectedAnswer
from tests.support.camera_pages import CHECK, INFO
from tests.support.digest_camera import DigestCamera


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate of 127.0.0.1 with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "camera")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("https") / "camera.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return path


@pytest.fixture
def secure(classic: DigestCamera, certificate: Path) -> Iterator[DigestCamera]:
    """The same camera, saying the same, behind HTTPS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with DigestCamera(context) as camera:
        camera.says_as(classic)
        yield camera


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's authorities are the camera's own certificate."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


@pytest.mark.usefixtures("trusted")
def test_a_camera_with_a_trusted_certificate_is_read_over_one_connection(
    secure: DigestCamera, client_for: Callable[..., SunapiClient]
) -> None:
    client = client_for(secure)
    for _ in range(3):
        client.read()

    assert secure.targets()[-3:] == [CHECK] * 3
    assert len({seen.connection for seen in secure.seen}) == 1


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(
    secure: DigestCamera, client_for: Callable[..., SunapiClient]
) -> None:
    with pytest.raises(CameraUnreachable, match="certificate is not trusted: self-signed certificate"):
        client_for(secure).read()
    assert secure.seen == []


@pytest.mark.usefixtures("trusted")
def test_behind_https_too_an_answer_has_an_end(secure: DigestCamera, client_for: Callable[..., SunapiClient]) -> None:
    def flood(handler: BaseHTTPRequestHandler) -> bool:
        handler.close_connection = True
        with contextlib.suppress(OSError):
            handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n" * 100_000)
        return True

    secure.before = flood

    with pytest.raises(UnexpectedAnswer, match="more than 64 KiB of headers before its body"):
        client_for(secure).read()


@pytest.mark.usefixtures("trusted")
def test_a_redirect_to_https_is_followed_once_and_remembered(
    classic: DigestCamera, secure: DigestCamera, client_for: Callable[..., SunapiClient]
) -> None:
    classic.asks_for_password = False
    classic.says(INFO, "", 301, Location=f"{secure.address}/login")
    client = client_for(classic)

    client.read()
    client.read()

    assert classic.targets() == [INFO]
    assert secure.targets().count(CHECK) == 2
    assert client.examine().address == secure.address
