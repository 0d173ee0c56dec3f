"""Signing in with a ticket: what the drivers do by themselves, and asking beforehand whether it would work.

Both drivers leave it to the system's GSSAPI library (MIT Kerberos), which takes a ticket from the cache that
``KRB5CCNAME`` names and, where there is none or half of its life is over, gets one by the keytab that
``KRB5_CLIENT_KTNAME`` names (MIT Kerberos, "Keytab: default client keytab"). So a service with a keytab of its own
never needs ``kinit`` or a cron job. The library is asked through ``ctypes``: the packages that wrap it have to be
compiled on Linux, and what is needed are five calls.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import sys
from dataclasses import dataclass
from pathlib import Path

_CACHE = "MEMORY:peoplecount"
"""The tickets of this process. Somebody else's ticket in the user's own cache would win over the keytab."""

_INITIATE = 1
_GSS_CODE, _MECHANISM_CODE = 1, 2
_INDEFINITE = 0xFFFFFFFF
_REDIRECT = 0xFFFF0000
"""The part of a major status that holds errors (RFC 2744, 3.9.1)."""

_INSTALL = "Debian: apt install libgssapi-krb5-2 krb5-user; RHEL: dnf install krb5-libs krb5-workstation"


class NoTicket(Exception):
    """There is no ticket and none can be had; the message says why, in the library's words."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a sign-in would be made with."""

    principal: str
    """Such as ``peoplecount@EXAMPLE.COM``."""

    seconds: int | None
    """How long it lasts still; ``None``: for ever."""


def sign_in_with(keytab: Path) -> None:
    """Have this process sign in with ``keytab`` from now on, and keep its tickets to itself.

    The library looks at the environment only, so there is no other way to tell it when a driver uses it.
    """
    os.environ["KRB5_CLIENT_KTNAME"] = f"FILE:{keytab}"
    os.environ["KRB5CCNAME"] = _CACHE


def ticket_for(service: str) -> Ticket:
    """A ticket for ``service`` (``MSSQLSvc/HOST:PORT``), asked for as a driver would. Raises ``NoTicket``.

    Whoever it is, the server is not asked, only the domain's key distribution centre.
    """
    library = _Library(_load())
    credential = library.credential()
    try:
        library.demand_service(credential, service)
        return library.describe(credential)
    finally:
        library.release(credential)


def _load() -> ctypes.CDLL:
    if sys.platform == "win32":
        raise NoTicket("Windows signs in by itself, with the account the service runs under")
    name = "libgssapi_krb5.so.2" if sys.platform == "linux" else ctypes.util.find_library("gssapi_krb5")
    try:
        return ctypes.CDLL(name or "libgssapi_krb5.dylib")
    except OSError as error:
        raise NoTicket(f"the system's Kerberos library is missing. {_INSTALL}") from error


class _Buffer(ctypes.Structure):
    """``gss_buffer_desc``; also ``gss_OID_desc`` has this shape, with a 32-bit length."""

    _fields_ = (("length", ctypes.c_size_t), ("value", ctypes.c_void_p))

    def text(self) -> str:
        """What is in it."""
        return ctypes.string_at(self.value, self.length).decode(errors="replace") if self.value else ""


class _Library:
    """The five calls, with errors as ``NoTicket``. Names and places are those of RFC 2744."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library

    def credential(self) -> ctypes.c_void_p:
        """The default credential to begin with; got by the keytab where that is needed."""
        found = ctypes.c_void_p()
        self._call("gss_acquire_cred", None, 0, None, _INITIATE, ctypes.byref(found), None, None)
        return found

    def demand_service(self, credential: ctypes.c_void_p, service: str) -> None:
        """The first step towards ``service``, for which its ticket is fetched; what would be sent is dropped."""
        encoded = service.encode()
        name, context, token = ctypes.c_void_p(), ctypes.c_void_p(), _Buffer()
        given = _Buffer(len(encoded), ctypes.cast(ctypes.c_char_p(encoded), ctypes.c_void_p))
        kind = ctypes.c_void_p.in_dll(self._library, "GSS_KRB5_NT_PRINCIPAL_NAME")
        self._call("gss_import_name", ctypes.byref(given), kind, ctypes.byref(name))
        try:
            arguments = (credential, ctypes.byref(context), name, None, 0, 0, None, None, None, ctypes.byref(token))
            self._call("gss_init_sec_context", *arguments, None, None)
        finally:
            minor = ctypes.c_uint32()
            self._library.gss_release_buffer(ctypes.byref(minor), ctypes.byref(token))
            self._library.gss_delete_sec_context(ctypes.byref(minor), ctypes.byref(context), None)
            self._library.gss_release_name(ctypes.byref(minor), ctypes.byref(name))

    def describe(self, credential: ctypes.c_void_p) -> Ticket:
        """Whose it is, and for how long."""
        name, seconds, shown, minor = ctypes.c_void_p(), ctypes.c_uint32(), _Buffer(), ctypes.c_uint32()
        self._call("gss_inquire_cred", credential, ctypes.byref(name), ctypes.byref(seconds), None, None)
        try:
            self._call("gss_display_name", name, ctypes.byref(shown), None)
            principal = shown.text()
        finally:
            self._library.gss_release_buffer(ctypes.byref(minor), ctypes.byref(shown))
            self._library.gss_release_name(ctypes.byref(minor), ctypes.byref(name))
        return Ticket(principal, None if seconds.value == _INDEFINITE else seconds.value)

    def release(self, credential: ctypes.c_void_p) -> None:
        """Let go of it."""
        minor = ctypes.c_uint32()
        self._library.gss_release_cred(ctypes.byref(minor), ctypes.byref(credential))

    def _call(self, name: str, *arguments: object) -> None:
        minor = ctypes.c_uint32()
        function = getattr(self._library, name)
        function.restype = ctypes.c_uint32
        major = function(ctypes.byref(minor), *arguments)
        if major & _REDIRECT:
            raise NoTicket(self._words(major, minor.value))

    def _words(self, major: int, minor: int) -> str:
        """The mechanism's words where it has some, they say more; the general ones else."""
        return self._status(minor, _MECHANISM_CODE) if minor else self._status(major, _GSS_CODE)

    def _status(self, code: int, kind: int) -> str:
        minor, more, said = ctypes.c_uint32(), ctypes.c_uint32(), _Buffer()
        places = (ctypes.c_uint32(code), kind, None, ctypes.byref(more), ctypes.byref(said))
        self._library.gss_display_status(ctypes.byref(minor), *places)
        text = said.text()
        self._library.gss_release_buffer(ctypes.byref(minor), ctypes.byref(said))
        return text or f"Kerberos error {code}"
