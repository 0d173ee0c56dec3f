"""What a connection string of SQL Server leads to, whichever driver's words it is in."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from peoplecount.storage.odbc_driver import Family, OdbcDriver
from peoplecount.storage.odbc_string import parted
from peoplecount.storage.odbc_wishes import is_yes
from peoplecount.storage.sql_server_place import SQLServerPlace


@dataclass(frozen=True, slots=True)
class SQLServerTarget:
    """Where a connection goes, and what is demanded on the way."""

    driver: OdbcDriver
    place: SQLServerPlace | None
    """``None``: a data source (DSN) of the system's keeps it."""

    encrypts: bool
    """Whether everything is encrypted, and not the log-in only."""

    strict: bool
    checks_certificate: bool
    """FreeTDS does only where its own configuration says so, which nobody sees from here."""

    certificate_name: str
    """What the certificate must be for."""

    certificate_file: str
    """The one certificate that will do; empty: whichever an authority vouches for."""

    by_ticket: bool
    """Whether it signs in with a Kerberos ticket."""

    service: str
    """The service's name in the domain, where somebody has given one."""

    many_addresses: bool
    """Whether all addresses of the name are tried at once (availability groups)."""

    @classmethod
    def parse(cls, connection_string: str) -> SQLServerTarget:
        """Of what the driver is told."""
        words = {key.lower(): value for key, value in parted(connection_string)}
        driver = OdbcDriver(words.get("driver", ""))
        server = words.get("server") or words.get("address") or words.get("addr") or ""
        place = SQLServerPlace.parse(server) if server else None
        if place is not None and words.get("port", "").isdigit():
            place = SQLServerPlace(place.host, int(words["port"]))
        encrypt = (words.get("encrypt") or words.get("encryption") or "").lower()
        strict = encrypt == "strict"
        of_microsoft = driver.family is Family.MICROSOFT
        encrypts = strict or is_yes(encrypt) or (of_microsoft and not encrypt and (driver.version or 0) >= 18)
        return cls(
            driver=driver,
            place=place,
            encrypts=encrypts,
            strict=strict,
            checks_certificate=of_microsoft
            and (strict or (encrypts and not is_yes(words.get("trustservercertificate", "")))),
            certificate_name=words.get("hostnameincertificate") or (place.machine if place else ""),
            certificate_file=words.get("servercertificate", ""),
            by_ticket=is_yes(words.get("trusted_connection", "")) and sys.platform != "win32",
            service=words.get("serverspn", ""),
            many_addresses=not of_microsoft or is_yes(words.get("multisubnetfailover", "")),
        )
