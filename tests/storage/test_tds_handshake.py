"""The first words with servers that are as they should be, and with others."""

import pytest

from peoplecount.storage.tds_handshake import (
    Encryption,
    HandshakeFailed,
    TdsServer,
    TlsFailed,
    ancient,
    modern,
    trusting_authorities,
)
from tests.support import tds_server
from tests.support.processes import free_port
from tests.support.tds_server import certificate, listening, old_tls, tds


def server(port, *, seconds=5.0, name="localhost", strict=False):
    return TdsServer("127.0.0.1", port, name, seconds, strict)


def test_a_server_says_its_version_and_whether_it_encrypts():
    with listening(tds(None, encryption=3)) as port:
        greeting = server(port).greet()
    assert greeting.version == (15, 0, 2000)
    assert greeting.encryption is Encryption.REQUIRED


@pytest.mark.parametrize("is_strict", [False, True])
def test_tls_is_set_up_inside_the_packets_and_around_them(is_strict):
    shown = certificate()
    talk = tds_server.strict(shown.context) if is_strict else tds(shown.context)
    with listening(talk) as port:
        session = server(port, strict=is_strict).secure(modern())
    assert session.protocol in {"TLSv1.2", "TLSv1.3"}
    assert session.cipher
    assert session.certificate[:1] == b"\x30"


def test_an_old_protocol_is_refused_and_can_be_told_all_the_same():
    with listening(tds(old_tls(certificate().context))) as port:
        with pytest.raises(TlsFailed, match="protocol"):
            server(port).secure(modern())
        assert server(port).secure(ancient()).protocol == "TLSv1.1"


@pytest.mark.parametrize(
    ("host", "days", "says"),
    [("localhost", 365, None), ("other.example", 365, "mismatch"), ("localhost", -1, "expired")],
)
def test_a_certificate_is_held_against_an_authority_and_the_name(tmp_path, host, days, says):
    shown = certificate(host, days=days)
    (tmp_path / "authority.pem").write_bytes(shown.pem)
    with listening(tds(shown.context)) as port:
        trusting = trusting_authorities(str(tmp_path / "authority.pem"))
        if says is None:
            assert server(port).secure(trusting).protocol
            return
        with pytest.raises(TlsFailed, match=says):
            server(port).secure(trusting)


def test_a_certificate_that_nobody_vouches_for_is_not_trusted():
    with listening(tds(certificate().context)) as port, pytest.raises(TlsFailed, match="self-signed"):
        server(port).secure(trusting_authorities())


def test_a_server_that_does_not_encrypt_is_told():
    with listening(tds(None, encryption=2)) as port, pytest.raises(TlsFailed, match="does not encrypt"):
        server(port).secure(modern())


@pytest.mark.parametrize(
    ("talk", "says"),
    [
        (tds_server.hangs, "says nothing within 0.2 s"),
        (tds_server.speaks_http, "not a SQL Server"),
        (tds_server.ends_at_once, "ends"),
        (tds(None, version=b""), "does not speak"),
        (tds(None, encryption=9), "does not speak"),
        (tds_server.ends_in_the_middle, "ends the connection in the middle"),
    ],
)
def test_what_is_no_sql_server_is_said_to_be_none(talk, says):
    with listening(talk) as port, pytest.raises(HandshakeFailed, match=says):
        server(port, seconds=0.2).greet()


def test_where_nobody_listens_the_system_says_so():
    with pytest.raises(ConnectionRefusedError):
        server(free_port()).greet()
