"""What to do where a database does not let us in."""

from __future__ import annotations

from peoplecount.storage.dialects import Product
from peoplecount.storage.errors import DatabaseError, DatabaseRefused, DriverMissing
from peoplecount.storage.faults import numbers_of

_BY_NUMBER = {
    18456: "look at DB_USER and DB_PASSWORD, and whether the server takes SQL log-ins at all (mixed mode); its error "
    "log says more under 'Login failed'",
    18452: "the server takes accounts of its own domain only; set DB_USER, or use an account that it trusts",
    18470: "the account is switched off: ALTER LOGIN … ENABLE",
    18486: "the account is locked after too many tries: ALTER LOGIN … WITH PASSWORD = … UNLOCK",
    18487: "its password has run out: ALTER LOGIN … WITH PASSWORD = …",
    18488: "its password must be changed first: ALTER LOGIN … WITH PASSWORD = …",
    4060: "the database in DB_NAME does not exist, is offline, or has no user for this log-in (CREATE USER …)",
    4064: "the log-in's default database cannot be opened: ALTER LOGIN … WITH DEFAULT_DATABASE = …",
    911: "there is no database of the name in DB_NAME",
    916: "the log-in has no user in this database: CREATE USER … FOR LOGIN …",
    40532: "Azure SQL wants the server's name in front: DB_SERVER is SERVER.database.windows.net",
    40615: "Azure SQL's firewall does not know this address: allow it in the portal",
    40914: "Azure SQL's firewall does not know this network: allow it in the portal",
}


def log_in_advice(product: Product, error: DatabaseError) -> str:
    """A sentence: what is wrong and what to do."""
    said = str(error).rstrip(". ")
    if isinstance(error, DriverMissing):
        return f"{said}."
    if product is Product.SQLITE:
        return f"The file cannot be used: {said}; look whose it is, and whether the disk is full."
    if product is Product.SQL_SERVER:
        known = next((_BY_NUMBER[number] for number in sorted(numbers_of(error)) if number in _BY_NUMBER), "")
        if known:
            return f"The server does not let us in ({said}): {known}."
    if isinstance(error, DatabaseRefused):
        return f"The server does not let us in: {said}."
    return f"The server takes connections and does not get as far as letting us in: {said}."
