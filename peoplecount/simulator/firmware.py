"""Firmware: how a camera's software generation speaks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Dialect(StrEnum):
    """The two counting interfaces of Hanwha devices."""

    CLASSIC = "classic"
    WISEAI = "wiseai"


class DigestStyle(StrEnum):
    """The challenges that generations of devices send."""

    OLD = "old"
    """Realm ``iPolis``, no algorithm."""

    MAC_REALM = "mac-realm"
    """Realm ``iPolis_<MAC>``, no algorithm."""

    QOP_FIRST = "qop-first"
    """As behind nginx: the same fields in another order."""

    TWO_ALGORITHMS = "two-algorithms"
    """Two header lines, SHA-256 and MD5, the algorithm quoted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Firmware:
    """What one software generation does in its own way."""

    model: str
    version: str
    sunapi_version: str
    """``CGIVersion``; JSON came with 2.5.0."""

    dialect: Dialect = Dialect.CLASSIC
    speaks_json: bool = True
    """False: text whatever is asked for, as before SUNAPI 2.5.0."""

    names_channel: bool = True
    """Whether the elements of a JSON ``check`` say which channel they are; the manuals show them without."""

    line_end: str = "\r\n"
    blank_before_token: bool = False
    """A manual sample of ``peoplecountsearch`` has a blank before the token."""

    digest: DigestStyle = DigestStyle.MAC_REALM


OLD_TEXT = Firmware(
    model="SNF-0000X", version="1.41_160210", sunapi_version="2.4.1", speaks_json=False, digest=DigestStyle.OLD
)
MANUAL_JSON = Firmware(
    model="XNF-0000X",
    version="1.40.02_20190304_R241",
    sunapi_version="2.5.6",
    names_channel=False,
    blank_before_token=True,
)
NGINX_JSON = Firmware(
    model="XNV-0000X", version="2.10.02_20230105_R120", sunapi_version="2.6.2", digest=DigestStyle.QOP_FIRST
)
AI = Firmware(
    model="PNV-A0000X",
    version="2.21.05_20240612_R318",
    sunapi_version="2.6.4",
    dialect=Dialect.WISEAI,
    digest=DigestStyle.TWO_ALGORITHMS,
)
