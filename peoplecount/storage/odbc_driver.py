"""The ODBC drivers for SQL Server: which one is taken, and what is known of it by its name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from peoplecount.storage.errors import DriverMissing
from peoplecount.storage.faults import INSTALL_ODBC_DRIVER

PREFERRED_DRIVERS = ("ODBC Driver 18 for SQL Server", "ODBC Driver 17 for SQL Server", "FreeTDS")

_MICROSOFTS = re.compile(r"odbc driver (\d+) for sql server|msodbcsql-?(\d+)", re.IGNORECASE)
_FREETDS = re.compile(r"freetds|tdsodbc", re.IGNORECASE)


class Family(StrEnum):
    """Whose words a driver understands."""

    MICROSOFT = "Microsoft's driver"
    FREETDS = "FreeTDS"
    OTHER = "this driver"


@dataclass(frozen=True, slots=True)
class OdbcDriver:
    """A driver by its name in ``odbcinst.ini``, or by the path of its library."""

    name: str

    @property
    def family(self) -> Family:
        """Whose it is."""
        if _MICROSOFTS.search(self.name):
            return Family.MICROSOFT
        return Family.FREETDS if _FREETDS.search(self.name) else Family.OTHER

    @property
    def version(self) -> int | None:
        """Its major version, where the name says it."""
        found = _MICROSOFTS.search(self.name)
        return int(found[1] or found[2]) if found else None

    def __str__(self) -> str:
        """For sentences."""
        of_microsoft = self.family is Family.MICROSOFT and self.version is not None
        return f"Microsoft's driver {self.version}" if of_microsoft else str(self.family)


def best_driver(present: Iterable[str]) -> OdbcDriver:
    """The best of the ODBC drivers ``present``. Raises ``DriverMissing``."""
    names = list(present)
    for driver in PREFERRED_DRIVERS:
        if driver in names:
            return OdbcDriver(driver)
    found = ", ".join(names) or "none"
    raise DriverMissing(f"there is no ODBC driver for SQL Server (found: {found}). {INSTALL_ODBC_DRIVER}")
