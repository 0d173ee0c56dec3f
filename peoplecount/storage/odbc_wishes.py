"""What can be wished of an ODBC driver, and how each says it.

The names are those of Microsoft's driver ("DSN and connection string keywords and attributes", Microsoft Learn), as
these are the ones people know. FreeTDS has other words for some (FreeTDS user guide, "ODBC connection attributes").
Both drivers pass over words that they do not know, a mistyped ``Encrypt`` too: so what cannot be said is refused here.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from peoplecount.storage.errors import DriverUnfit
from peoplecount.storage.odbc_driver import Family, OdbcDriver

FAILOVER_PARTNER = "Failover_Partner"
"""Ours and no driver's: Microsoft's knows it on Windows only, FreeTDS not at all."""

_MICROSOFTS_WORDS_BY_VERSION = {
    0: """AnsiNPW APP ApplicationIntent AttachDBFileName Authentication AutoTranslate ClientCertificate ClientKey
          ColumnEncryption ConnectRetryCount ConnectRetryInterval Encrypt KeystoreAuthentication KeystorePrincipalId
          KeystoreSecret Language MARS_Connection MultiSubnetFailover QuotedId Regional ServerSPN
          TransparentNetworkIPResolution Trusted_Connection TrustServerCertificate WSID""",
    17: "KeepAlive KeepAliveInterval UseFMTOnly",
    18: """ConcatNullYieldsNull GetDataExtensions HostNameInCertificate IpAddressPreference LongAsMax PacketSize
           RetryExec ServerCertificate""",
}
"""By the first version that has them; 0 for all."""

_MICROSOFTS_WORDS = {word: version for version, words in _MICROSOFTS_WORDS_BY_VERSION.items() for word in words.split()}

_FREETDS_WORDS = (
    *("APP", "ApplicationIntent", "AttachDbFilename", "ClientCharset", "DebugFlags", "DumpFile", "DumpFileAppend"),
    *("Encrypt", "Language", "MultiSubnetFailover", "PacketSize", "REALM", "ServerSPN", "TDS_Version", "TextSize"),
    *("Trusted_Connection", "TrustServerCertificate", "UseNTLMv2", "WSID"),
)

_SAID_ELSEWHERE = {
    **dict.fromkeys(("server", "address", "addr", "servername"), "DB_SERVER"),
    **dict.fromkeys(("uid", "user", "username", "userid"), "DB_USER"),
    **dict.fromkeys(("pwd", "password"), "DB_PASSWORD"),
    **dict.fromkeys(("database", "initialcatalog"), "DB_NAME"),
    **dict.fromkeys(("timeout", "logintimeout", "connecttimeout", "connectiontimeout"), "DB_LOGIN_TIMEOUT"),
    **dict.fromkeys(("querytimeout", "commandtimeout"), "DB_QUERY_TIMEOUT"),
    "port": "DB_PORT",
    "driver": "DB_DRIVER",
    "dsn": "DATABASE_URL=mssql:///?odbc_connect=DSN=…",
}

_OTHER_NAMES = {
    "applicationname": "APP",
    "workstationid": "WSID",
    "tdsversion": "TDS_Version",
    "integratedsecurity": "Trusted_Connection",
    "encryption": "Encrypt",
    "failoverpartner": FAILOVER_PARTNER,
}

_CERTIFICATES = "FreeTDS checks certificates only against the `ca file` in its freetds.conf"
_FREETDS_CANNOT = {
    "HostNameInCertificate": _CERTIFICATES,
    "ServerCertificate": _CERTIFICATES,
}

_TRUE = {"yes", "true", "1", "on", "mandatory", "require", "required", "sspi"}
_FALSE = {"no", "false", "0", "off", "optional", "request"}


def in_words_of(driver: OdbcDriver, wishes: Mapping[str, str]) -> dict[str, str]:
    """``wishes`` as ``driver`` understands them, but for ``Failover_Partner``. Raises ``DriverUnfit``.

    Of a driver that is neither Microsoft's nor FreeTDS nothing is known: it gets the words as they are.
    """
    if driver.family is Family.OTHER:
        return {name: value for name, value in wishes.items() if _plain(name) != _plain(FAILOVER_PARTNER)}
    words: dict[str, str] = {}
    for given, value in wishes.items():
        name = _known_name(driver, given)
        if name == FAILOVER_PARTNER:
            continue
        words |= _freetds(name, value) if driver.family is Family.FREETDS else _microsofts(driver, name, value)
    return words


def failover_partner(wishes: Mapping[str, str]) -> str:
    """The other server to try; empty where there is none."""
    return next((value for name, value in wishes.items() if _plain(name) == _plain(FAILOVER_PARTNER)), "")


def wish(wishes: Mapping[str, str], name: str) -> str:
    """What is wished under ``name``, by whatever spelling; empty where nothing is."""
    return next((value for given, value in wishes.items() if _spelled(given) == name), "")


def is_yes(value: str) -> bool:
    """Whether a driver would take ``value`` for a yes."""
    return value.strip().lower() in _TRUE


def _plain(name: str) -> str:
    return "".join(sign for sign in name.lower() if sign.isalnum())


def _spelled(given: str) -> str:
    """The name as it is properly written; as it was given where there is none."""
    plain = _plain(given)
    if plain in _OTHER_NAMES:
        return _OTHER_NAMES[plain]
    known = {_plain(name): name for name in (*_FREETDS_WORDS, *_MICROSOFTS_WORDS)}
    return known.get(plain, given)


def _known_name(driver: OdbcDriver, given: str) -> str:
    plain = _plain(given)
    if plain in _SAID_ELSEWHERE:
        raise DriverUnfit(f"{given} is no option here; it is said by {_SAID_ELSEWHERE[plain]}")
    name = _spelled(given)
    if name == FAILOVER_PARTNER:
        return name
    of_driver = _FREETDS_WORDS if driver.family is Family.FREETDS else tuple(_MICROSOFTS_WORDS)
    same = next((word for word in of_driver if _plain(word) == _plain(name)), None)
    if same is not None:
        return same
    raise DriverUnfit(_why_not(driver, given, name, of_driver))


def _why_not(driver: OdbcDriver, given: str, name: str, of_driver: tuple[str, ...]) -> str:
    if name in _MICROSOFTS_WORDS or name in _FREETDS_WORDS:
        other = Family.MICROSOFT if driver.family is Family.FREETDS else Family.FREETDS
        reason = f": {_FREETDS_CANNOT[name]}" if name in _FREETDS_CANNOT else ""
        return f"{driver} has no option {name}{reason}. Leave it out, or use {other}"
    close = difflib.get_close_matches(given.lower(), {word.lower(): word for word in of_driver}, n=1, cutoff=0.7)
    meant = next((word for word in of_driver if close and word.lower() == close[0]), "")
    hint = f"; did you mean {meant}?" if meant else ""
    return f"{given} is no option that {driver} knows{hint} (a whole odbc_connect string is handed on as it is)"


def _microsofts(driver: OdbcDriver, name: str, value: str) -> dict[str, str]:
    first, version = _MICROSOFTS_WORDS[name], driver.version or 0
    if version < first:
        raise DriverUnfit(f"{name} needs version {first} of Microsoft's driver; this is {version}")
    if name != "Encrypt":
        return {name: value}
    level = _encryption(value)
    if level == "off":
        raise DriverUnfit("Microsoft's driver always encrypts the log-in where the server can: write Encrypt=no")
    if level == "strict" and version < 18:
        raise DriverUnfit(f"Encrypt=strict needs version 18 of Microsoft's driver; this is {version}")
    return {name: level}


def _freetds(name: str, value: str) -> dict[str, str]:
    if name == "Encrypt":
        level = _encryption(value)
        if level == "strict":
            raise DriverUnfit("Encrypt=strict (TDS 8) needs Microsoft's driver 18; not every FreeTDS has it")
        return {"Encryption": {"yes": "require", "no": "request", "off": "off"}[level]}
    if name == "TrustServerCertificate":
        if is_yes(value):
            return {}  # it does so by itself
        raise DriverUnfit(f"TrustServerCertificate={value} cannot be had from FreeTDS' options: {_CERTIFICATES}")
    if name == "MultiSubnetFailover":
        return {}  # it tries all addresses of a name at once anyway (tds_open_socket), and cannot be told not to
    return {name: value}


def _encryption(value: str) -> str:
    """``yes``, ``no``, ``strict`` or, FreeTDS' own, ``off``: not even the log-in."""
    said = value.strip().lower()
    if said in {"strict", "off"}:
        return said
    if said in _TRUE:
        return "yes"
    if said in _FALSE:
        return "no"
    raise DriverUnfit(f"Encrypt={value} means nothing; allowed are yes (mandatory), no (optional) and strict")
