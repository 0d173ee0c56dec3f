"""The way to servers that are as they should be, and to all kinds of others."""

import socket
from collections.abc import Callable

import pytest

from peoplecount.services import server_approach
from peoplecount.services.inspection import Verdict, conclusion
from peoplecount.services.sql_server_approach import Approach
from peoplecount.storage.kerberos import NoTicket, Ticket
from peoplecount.storage.sql_browser import NoInstance
from peoplecount.storage.sql_server_target import SQLServerTarget
from tests.support import tds_server
from tests.support.processes import free_port
from tests.support.tds_server import certificate, listening, old_tls, tds

EIGHTEEN = "Driver=ODBC Driver 18 for SQL Server"


def walk(server: str, *words: str, driver: str = EIGHTEEN, seconds: float = 5.0, **ways: Callable):
    target = SQLServerTarget.parse(";".join([driver, f"Server={server}", "Database=counts", *words]))
    steps = list(Approach(target, seconds, **ways).steps())
    return {step.name: step for step in steps}, conclusion(steps)


def at(port: int) -> str:
    return f"127.0.0.1,{port}"


def failed(steps):
    return [name for name, step in steps.items() if step.verdict is Verdict.WRONG]


def test_a_server_that_is_as_it_should_be_but_for_its_own_certificate():
    with listening(tds(certificate("127.0.0.1").context)) as port:
        steps, said = walk(at(port), "TrustServerCertificate=yes")
    assert list(steps) == ["driver", "name", "port", "TLS", "certificate"]
    assert failed(steps) == []
    assert steps["TLS"].said.startswith("TLSv1.")
    assert steps["certificate"].verdict is Verdict.ODD
    assert "self-signed" in steps["certificate"].said
    assert "CN=SSL_Self_Signed_Fallback, until 2" in steps["certificate"].said
    assert said == "All is as it should be."


def test_a_certificate_that_nobody_vouches_for_is_what_is_wrong_where_it_is_checked():
    with listening(tds(certificate("127.0.0.1").context)) as port:
        steps, said = walk(at(port))
    assert failed(steps) == ["certificate"]
    assert "not trusted (self-signed certificate)" in said
    assert "DB_OPTIONS=TrustServerCertificate=yes" in said


@pytest.mark.parametrize(
    ("host", "days", "words", "says"),
    [
        ("127.0.0.1", 365, (), None),
        ("db.example", 365, (), "mismatch"),
        ("db.example", 365, ("HostNameInCertificate=db.example",), None),
        ("127.0.0.1", -1, (), "expired"),
    ],
)
def test_a_certificate_of_an_authority_of_the_systems(tmp_path, monkeypatch, host, days, words, says):
    shown = certificate(host, days=days)
    (tmp_path / "authorities.pem").write_bytes(shown.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authorities.pem"))
    with listening(tds(shown.context)) as port:
        steps, said = walk(at(port), *words)
    if says is None:
        assert steps["certificate"].verdict is Verdict.FINE
    else:
        assert failed(steps) == ["certificate"]
        assert says in said


def test_freetds_is_said_not_to_check_certificates():
    with listening(tds(certificate("127.0.0.1").context)) as port:
        steps, _ = walk(at(port), "Encryption=require", driver="Driver=FreeTDS")
    assert failed(steps) == []
    assert "`ca file`" in steps["certificate"].said


@pytest.mark.parametrize("same", [True, False])
def test_a_certificate_may_be_the_one_in_a_file(tmp_path, same):
    shown, other = certificate("127.0.0.1"), certificate("127.0.0.1")
    (tmp_path / "db.pem").write_bytes(shown.pem if same else other.pem)
    with listening(tds_server.strict(shown.context)) as port:
        steps, said = walk(at(port), "Encrypt=strict", f"ServerCertificate={tmp_path / 'db.pem'}")
    assert steps["certificate"].verdict is (Verdict.FINE if same else Verdict.WRONG)
    assert same or "another certificate" in said


@pytest.mark.parametrize("content", [None, b"nonsense"])
def test_a_certificate_file_that_is_none_is_named(tmp_path, content):
    file = tmp_path / "db.pem"
    if content is not None:
        file.write_bytes(content)
    with listening(tds(certificate().context)) as port:
        _, said = walk(at(port), f"ServerCertificate={file}")
    assert said.startswith(f"ServerCertificate={file} cannot be read")


def test_a_version_of_tls_that_openssl_refuses_is_named_with_the_remedy():
    with listening(tds(old_tls(certificate().context))) as port:
        steps, said = walk(at(port), "TrustServerCertificate=yes")
    assert failed(steps) == ["TLS"]
    assert said.startswith(
        "The server speaks TLSv1.1 at most, which OpenSSL 3 refuses. Bring Windows and SQL Server to"
    )


@pytest.mark.parametrize(("words", "fails"), [((), True), (("Encrypt=no",), False)])
def test_a_server_that_does_not_encrypt_at_all(words, fails):
    with listening(tds(None, encryption=2)) as port:
        steps, said = walk(at(port), *words)
    assert failed(steps) == (["TLS"] if fails else [])
    assert "not encrypt" in said


def test_nobody_at_the_port():
    port = free_port()
    steps, said = walk(at(port))
    assert failed(steps) == ["port"]
    assert list(steps)[-1] == "port"
    assert f"nothing listens on port {port}" in said


def test_a_port_behind_a_firewall(monkeypatch):
    def silence(address, timeout):
        raise TimeoutError

    monkeypatch.setattr(server_approach.socket, "create_connection", silence)
    steps, said = walk(at(1433))
    assert steps["port"].said == "1433 at 127.0.0.1: no answer in time"
    assert "a firewall in between drops it" in said


@pytest.mark.parametrize(
    ("words", "advice"), [((), "MultiSubnetFailover=yes"), (("MultiSubnetFailover=yes",), "All is as it should be.")]
)
def test_a_name_with_an_address_at_which_nobody_is(monkeypatch, words, advice):
    real = socket.getaddrinfo

    def two(machine, port, *args, **kwargs):
        addresses = ("127.0.0.2", "127.0.0.1") if machine == "db" else (machine,)
        return [found for address in addresses for found in real(address, port, *args, **kwargs)]

    monkeypatch.setattr(socket, "getaddrinfo", two)
    with listening(tds(certificate().context)) as port:
        steps, said = walk(f"db,{port}", "TrustServerCertificate=yes", *words)
    assert steps["name"].said == "db is 127.0.0.2, 127.0.0.1"
    assert steps["port"].said.startswith(f"{port} takes connections at 127.0.0.1 only (127.0.0.2: ")
    assert advice in said


def test_a_name_that_nobody_knows():
    steps, said = walk("nowhere.invalid")
    assert failed(steps) == ["name"]
    assert said.startswith("The name nowhere.invalid is not known")


@pytest.mark.parametrize(
    ("talk", "says"), [(tds_server.speaks_http, "not a SQL Server"), (tds_server.hangs, "says nothing within 0.3 s")]
)
def test_something_else_at_the_port(talk, says):
    with listening(talk) as port:
        steps, said = walk(at(port), seconds=0.3)
    assert steps["TLS"].ends
    assert says in said


def test_a_named_instance_is_asked_for():
    with listening(tds(certificate().context)) as port:
        steps, _ = walk(r"127.0.0.1\main", "Encrypt=no", instance_port=lambda *_, **__: port)
    assert steps["instance"].said == f"main listens on port {port}"
    assert failed(steps) == []


def test_a_named_instance_that_is_not_to_be_found():
    def nobody(*_, **__):
        raise NoInstance("the SQL Server Browser does not answer")

    steps, said = walk(r"127.0.0.1\main", instance_port=nobody)
    assert failed(steps) == ["instance"]
    assert "open UDP 1434, or name the port with DB_PORT" in said


def test_a_data_source_of_the_systems_is_left_to_the_log_in():
    target = SQLServerTarget.parse("DSN=doors;Trusted_Connection=yes")
    assert [step.name for step in Approach(target, 1).steps()] == ["driver", "name"]


def test_a_ticket_is_asked_for_as_the_driver_would():
    asked = []

    def give(service):
        asked.append(service)
        return Ticket("peoplecount@EXAMPLE.COM", 36000)

    with listening(tds(certificate().context)) as port:
        steps, _ = walk(at(port), "Trusted_Connection=yes", "Encrypt=no", ticket_for=give)
        walk(at(port), "Trusted_Connection=yes", "Encrypt=no", "ServerSPN=MSSQLSvc/db", ticket_for=give)
    assert asked == [f"MSSQLSvc/127.0.0.1:{port}", "MSSQLSvc/db"]
    assert steps["ticket"].said.startswith(
        f"peoplecount@EXAMPLE.COM for MSSQLSvc/127.0.0.1:{port}, good for 10 h 0 min"
    )


def test_where_there_is_no_ticket_it_is_said_why():
    def none(service):
        raise NoTicket("Server not found in Kerberos database")

    with listening(tds(certificate().context)) as port:
        steps, said = walk(at(port), "Trusted_Connection=yes", "Encrypt=no", ticket_for=none)
    assert failed(steps) == ["ticket"]
    assert "Server not found in Kerberos database" in said
    assert "setspn" in said
