"""The certificate of the service itself: refused where it cannot be shown, and taken up where it was renewed."""

from __future__ import annotations

import hashlib
import logging
import shutil
import socket
import ssl
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from peoplecount.launch import CannotStart
from peoplecount.own_certificate import OwnCertificate
from tests.support.certificate_files import write_certificate


def fingerprint(cert: Path) -> str:
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(cert.read_text())).hexdigest()


def shown(context: ssl.SSLContext) -> str:
    """The fingerprint of what a client is shown now."""
    ours, theirs = socket.socketpair()
    asking = ssl.create_default_context()
    asking.check_hostname, asking.verify_mode = False, ssl.CERT_NONE

    def serve() -> None:
        with context.wrap_socket(ours, server_side=True) as served:
            served.recv(1)

    server = threading.Thread(target=serve)
    server.start()
    with asking.wrap_socket(theirs) as client:
        der = client.getpeercert(binary_form=True)
        client.send(b".")
    server.join()
    assert der
    return hashlib.sha256(der).hexdigest()


def test_a_renewed_certificate_is_shown_from_then_on(tmp_path: Path) -> None:
    certificate = OwnCertificate(*write_certificate(tmp_path))
    context = certificate.context()
    assert shown(context) == fingerprint(tmp_path / "cert.pem")
    assert not certificate.renew()
    write_certificate(tmp_path)
    assert certificate.renew()
    assert certificate.context() is context
    assert shown(context) == fingerprint(tmp_path / "cert.pem")
    assert not certificate.renew()


def test_a_certificate_whose_key_has_not_come_waits_for_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    cert, key = write_certificate(tmp_path)
    certificate = OwnCertificate(cert, key)
    context, before = certificate.context(), fingerprint(cert)
    (tmp_path / "new").mkdir()
    new_cert, new_key = write_certificate(tmp_path / "new")
    shutil.copy(new_cert, cert)
    assert not certificate.renew()
    assert "does not belong to" in caplog.text
    assert shown(context) == before
    shutil.copy(new_key, key)
    assert certificate.renew()
    assert shown(context) == fingerprint(cert) != before


def test_files_that_are_gone_for_a_moment_change_nothing(tmp_path: Path) -> None:
    cert, key = write_certificate(tmp_path)
    certificate = OwnCertificate(cert, key)
    context, before = certificate.context(), fingerprint(cert)
    cert.unlink()
    assert not certificate.renew()
    assert shown(context) == before


def test_a_file_that_is_gone_when_its_end_is_looked_at_ends_no_watch(tmp_path: Path) -> None:
    cert, key = write_certificate(tmp_path)
    certificate = OwnCertificate(cert, key)
    certificate.context()
    cert.unlink()
    certificate.demand_usable()  # it was loaded, and its end is not known just now


def test_both_may_be_in_one_file(tmp_path: Path) -> None:
    cert, key = write_certificate(tmp_path)
    both = tmp_path / "both.pem"
    both.write_bytes(key.read_bytes() + cert.read_bytes())
    assert shown(OwnCertificate(both).context()) == fingerprint(cert)


def test_a_key_of_another_certificate_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    cert, _ = write_certificate(tmp_path)
    _, key = write_certificate(tmp_path / "other")
    with pytest.raises(CannotStart, match="does not belong to the first certificate in TLS_CERT"):
        OwnCertificate(cert, key).demand_usable()


def test_a_key_with_a_password_is_refused_without_asking_for_it(tmp_path: Path) -> None:
    cert, key = write_certificate(tmp_path)
    private = serialization.load_pem_private_key(key.read_bytes(), None)
    locked = serialization.BestAvailableEncryption(b"a secret")
    key.write_bytes(private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked))
    with pytest.raises(CannotStart, match="without a password"):
        OwnCertificate(cert, key).demand_usable()


def test_a_certificate_without_any_key_is_refused(tmp_path: Path) -> None:
    cert, _ = write_certificate(tmp_path)
    with pytest.raises(CannotStart, match="which has the key where TLS_KEY is not set"):
        OwnCertificate(cert).demand_usable()


def test_a_key_that_is_gone_is_said_to_be(tmp_path: Path) -> None:
    cert, key = write_certificate(tmp_path)
    key.unlink()
    with pytest.raises(CannotStart, match="cannot be read: No such file"):
        OwnCertificate(cert, key).demand_usable()


@pytest.mark.parametrize(
    ("good_for", "words"),
    [
        (timedelta(hours=-1), "browsers warn of it"),
        (timedelta(days=5), "was not renewed yet"),
        (timedelta(days=60), ""),
    ],
)
def test_an_end_that_is_near_or_past_is_spoken_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, good_for: timedelta, words: str
) -> None:
    caplog.set_level(logging.WARNING)
    OwnCertificate(*write_certificate(tmp_path, good_for=good_for)).demand_usable()
    assert words in caplog.text
    assert bool(caplog.text) == bool(words)
