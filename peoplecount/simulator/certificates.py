"""The certificates that virtual cameras show over HTTPS: self-signed, as those of real ones mostly are."""

from __future__ import annotations

import ipaddress
import ssl
import tempfile
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from peoplecount.simulator.fault import ON_CERTIFICATES, FaultName
from peoplecount.simulator.virtual_camera import VirtualCamera

_A_DAY = timedelta(days=1)
_LIFE = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class ServedCertificate:
    """A certificate with its key, ready to be shown."""

    context: ssl.SSLContext
    pem: bytes
    """Without the key."""

    fingerprint: str
    """SHA-256, 64 small hexadecimal digits."""


class CameraCertificates:
    """The certificates of one camera: its own, and those it shows while a fault is on. Each is made when needed."""

    def __init__(self, camera: VirtualCamera, host: str) -> None:
        """``host`` is the name or address it is asked for by."""
        self._camera = camera
        self._host = host
        self._made: dict[FaultName | None, ServedCertificate] = {}
        self._lock = threading.Lock()

    def current(self) -> ServedCertificate:
        """The one to show now."""
        with self._camera.lock:
            fault = self._camera.faults.take(ON_CERTIFICATES, self._camera.clock.unstopped())
        kind = fault.name if fault else None
        with self._lock:
            if kind not in self._made:
                self._made[kind] = self._make(kind)
            return self._made[kind]

    def _make(self, kind: FaultName | None) -> ServedCertificate:
        host = "another-camera.example" if kind is FaultName.CERTIFICATE_WRONG_NAME else self._host
        since = datetime.now(UTC) - _A_DAY - (_LIFE if kind is FaultName.CERTIFICATE_EXPIRED else timedelta(0))
        return make_certificate(f"virtual camera {self._camera.plan.camera_id}", host, since, since + _LIFE)


def make_certificate(name: str, host: str, since: datetime, until: datetime) -> ServedCertificate:
    """A new self-signed certificate for ``host``."""
    certificate, pem, private = self_signed(name, host, since, until)
    return ServedCertificate(_context(pem + private), pem, certificate.fingerprint(hashes.SHA256()).hex())


def self_signed(name: str, host: str, since: datetime, until: datetime) -> tuple[x509.Certificate, bytes, bytes]:
    """A new self-signed certificate for ``host``, as it is and in PEM form, and its key in PEM form."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
        .add_extension(x509.SubjectAlternativeName([_general_name(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate, certificate.public_bytes(serialization.Encoding.PEM), private


def _context(pem: bytes) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:  # ``ssl`` takes a file and nothing else
        file = Path(folder) / "camera.pem"
        file.write_bytes(pem)
        context.load_cert_chain(file)
    return context


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
