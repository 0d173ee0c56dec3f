"""The way to a SQL Server up to the log-in: driver, name, port, encryption, certificate, ticket.

Name and port are asked for first, because without them nothing else can be. What is wrong with encryption and the
certificate does not end the walk: a system may be set up to take what OpenSSL refuses by itself, so the log-in has the
last word.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from peoplecount.services.inspection import Step, odd, wrong
from peoplecount.services.server_approach import Door, look_up, why
from peoplecount.storage.kerberos import NoTicket, Ticket, ticket_for
from peoplecount.storage.odbc_driver import Family
from peoplecount.storage.sql_browser import NoInstance, instance_port
from peoplecount.storage.sql_server_place import SQLServerPlace
from peoplecount.storage.sql_server_target import SQLServerTarget
from peoplecount.storage.tds_handshake import (
    Encryption,
    HandshakeFailed,
    TdsServer,
    TlsFailed,
    TlsSession,
    ancient,
    modern,
    trusting_authorities,
)


@dataclass(frozen=True, slots=True)
class Approach:
    """The way to the server that ``target`` names. ``seconds`` is for each step."""

    target: SQLServerTarget
    seconds: float
    instance_port: Callable[..., int] = instance_port
    ticket_for: Callable[[str], Ticket] = ticket_for

    def steps(self) -> Iterator[Step]:
        """What each step finds; ends after one that makes the rest pointless."""
        yield Step("driver", self.target.driver.name)
        place = self.target.place
        if place is None:
            yield odd(
                "name", "a data source (DSN) of the system's keeps where the server is; the log-in tells the rest"
            )
            return
        addresses, step = look_up(place.machine)
        yield step
        if not addresses:
            return
        port, steps = self._port(place)
        yield from steps
        if port is not None:
            yield from self._at(place.machine, addresses, port)

    def _port(self, place: SQLServerPlace) -> tuple[int | None, list[Step]]:
        """The port, and what was found on the way where an instance had to be asked for."""
        if place.known_port is not None:
            return place.known_port, []
        try:
            port = self.instance_port(place.machine, place.instance, seconds=self.seconds)
        except NoInstance as error:
            return None, [wrong("instance", str(error), _no_instance(place.machine, place.instance), ends=True)]
        return port, [Step("instance", f"{place.instance} listens on port {port}")]

    def _at(self, machine: str, addresses: Sequence[str], port: int) -> Iterator[Step]:
        door = Door(machine, port, addresses, self.seconds, "SQL Server", self.target.many_addresses)
        address, step = door.knock()
        yield step
        if not address:
            return
        yield from self._encryption(TdsServer(address, port, self._name, self.seconds, self.target.strict))
        if self.target.by_ticket:
            yield self._ticket(machine, port)

    @property
    def _name(self) -> str:
        return self.target.certificate_name

    def _encryption(self, server: TdsServer) -> Iterator[Step]:
        try:
            greeting = server.greet()
            if greeting.encryption is Encryption.NOT_SUPPORTED:
                yield self._unencrypted()
                return
            session = server.secure(modern())
        except HandshakeFailed as error:
            yield wrong("TLS", str(error), _no_sql_server(error), ends=True)
            return
        except TlsFailed as error:
            yield self._old_or_broken(server, error)
            return
        except OSError as error:
            yield wrong("TLS", why(error), f"The connection broke off while encryption was agreed on: {why(error)}.")
            return
        yield Step("TLS", f"{session.protocol}, {session.cipher}" + self._how_much())
        yield self._certificate(server, session)

    def _how_much(self) -> str:
        return "" if self.target.encrypts else "; for the log-in only, as Encrypt=no says"

    def _unencrypted(self) -> Step:
        if self.target.encrypts:
            return wrong(
                "TLS",
                "the server does not encrypt",
                "The server does not encrypt at all, and Encrypt=yes demands it: let it have a certificate, or accept "
                "that the password can be read on the way with DB_OPTIONS=Encrypt=no.",
            )
        return odd("TLS", "none: password and counts travel in the clear", "The connection is not encrypted.")

    def _old_or_broken(self, server: TdsServer, refused: TlsFailed) -> Step:
        """A server that could be talked to in an older way is told from one that cannot be talked to at all."""
        try:
            old = server.secure(ancient())
        except (TlsFailed, HandshakeFailed, OSError):
            return wrong("TLS", str(refused), f"Encryption fails with every version of TLS: {refused}.")
        if old.protocol in {"TLSv1.2", "TLSv1.3"}:
            return wrong("TLS", f"{old.protocol}, {old.cipher}: {refused}", f"{_WEAK} ({refused}). {_UPDATE}")
        return wrong("TLS", f"{old.protocol} at most", f"The server speaks {old.protocol} at most, {_OLD} {_UPDATE}")

    def _certificate(self, server: TdsServer, session: TlsSession) -> Step:
        shown = _described(session.certificate)
        if self.target.certificate_file:
            return self._pinned(session, shown)
        failure = _distrust(server)
        if not failure:
            return Step("certificate", shown)
        if self.target.checks_certificate:
            return wrong("certificate", f"{failure}: {shown}", self._untrusted(failure))
        if self.target.driver.family is Family.FREETDS:
            return odd(
                "certificate", f"{failure}: {shown}; FreeTDS checks it only where freetds.conf names a `ca file`"
            )
        return odd("certificate", f"{failure}: {shown}; not checked, as TrustServerCertificate=yes or Encrypt=no says")

    def _pinned(self, session: TlsSession, shown: str) -> Step:
        file = self.target.certificate_file
        try:
            expected = _read_certificate(Path(file))
        except (OSError, ValueError) as error:
            return wrong("certificate", f"{file}: {error}", f"ServerCertificate={file} cannot be read: {error}.")
        if expected == session.certificate:
            return Step("certificate", f"the one in {file}: {shown}")
        return wrong(
            "certificate", f"not the one in {file}: {shown}", f"The server shows another certificate than {file}."
        )

    def _untrusted(self, failure: str) -> str:
        name = self.target.certificate_name
        return (
            f"The server's certificate is not trusted ({failure}): let the server have one for {name} from your own "
            "authority and add that authority to this system, or accept any certificate, and whoever shows one, with "
            "DB_OPTIONS=TrustServerCertificate=yes."
        )

    def _ticket(self, machine: str, port: int) -> Step:
        service = self.target.service or f"MSSQLSvc/{_canonical(machine)}:{port}"
        try:
            ticket = self.ticket_for(service)
        except NoTicket as error:
            advice = f"There is no Kerberos ticket for {service}: {error}. {_TICKET}"
            return wrong("ticket", f"{service}: {error}", advice)
        minutes = None if ticket.seconds is None else ticket.seconds // 60
        left = "for ever" if minutes is None else f"for {minutes // 60} h {minutes % 60} min"
        return Step("ticket", f"{ticket.principal} for {service}, good {left}; a keytab renews it")


_OLD = "which OpenSSL 3 refuses."
_WEAK = "The server's key or signature is weaker than OpenSSL 3 takes"
_UPDATE = (
    "Bring Windows and SQL Server to TLS 1.2 with a certificate of 2048 bits and SHA-256 (Microsoft KB3135244); "
    "lowering MinProtocol or the security level in openssl.cnf would help, too, and weaken every program here."
)
_TICKET = (
    "Set DB_KEYTAB, look that the name is registered (setspn -S NAME ACCOUNT on a domain controller), that krb5.conf "
    "names your domain, and that the clocks agree."
)


def _canonical(machine: str) -> str:
    """As the drivers make it: what the DNS calls it, where it was given in short."""
    if "." in machine:
        return machine
    try:
        return socket.getaddrinfo(machine, None, flags=socket.AI_CANONNAME)[0][3] or machine
    except OSError:
        return machine


def _no_sql_server(error: HandshakeFailed) -> str:
    return f"What listens there does not behave as a SQL Server ({error}): mend DB_SERVER and DB_PORT, or look at it."


def _no_instance(machine: str, instance: str) -> str:
    return (
        f"The port of the instance {instance} is not to be learnt from {machine}: start the SQL Server Browser there "
        "and open UDP 1434, or name the port with DB_PORT."
    )


def _distrust(server: TdsServer) -> str:
    """Why the certificate is not trusted; empty where it is."""
    try:
        server.secure(trusting_authorities())
    except (TlsFailed, HandshakeFailed, OSError) as error:
        return str(error)
    return ""


def _described(certificate: bytes) -> str:
    try:
        read = x509.load_der_x509_certificate(certificate)
    except ValueError:
        return "a certificate that cannot be read"
    return f"{read.subject.rfc4514_string() or 'without a name'}, until {read.not_valid_after_utc:%Y-%m-%d}"


def _read_certificate(file: Path) -> bytes:
    data = file.read_bytes()
    if b"-----BEGIN" in data:
        return x509.load_pem_x509_certificate(data).public_bytes(Encoding.DER)
    return x509.load_der_x509_certificate(data).public_bytes(Encoding.DER)
