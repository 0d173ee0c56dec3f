"""Certificates as cameras show them: mostly self-signed, so that people tell them apart by their fingerprints."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_LONGEST_NAME = 120
"""Characters shown of a name; it comes from a stranger."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a person needs to recognise one."""

    fingerprint: str
    """SHA-256 of the whole certificate, 64 small hexadecimal digits."""

    subject: str = ""
    issuer: str = ""
    expires_at: datetime | None = None
    """UTC; ``None`` where it cannot be read."""

    @classmethod
    def read(cls, der: bytes) -> Certificate:
        """The certificate in its binary form. One that makes no sense still has a fingerprint."""
        fingerprint = hashlib.sha256(der).hexdigest()
        try:
            found = x509.load_der_x509_certificate(der)
            subject, issuer = _shown_name(found.subject), _shown_name(found.issuer)
            return cls(fingerprint, subject, issuer, found.not_valid_after_utc)
        except (ValueError, TypeError, OverflowError, UserWarning, UnsupportedAlgorithm, x509.InvalidVersion):
            # A warning where those are errors: of serial numbers and the like that cameras should not have.
            return cls(fingerprint)

    @property
    def details(self) -> str:
        """Whose it is and until when."""
        if self.expires_at is None:
            return "unreadable"
        by = "itself" if self.issuer == self.subject else self.issuer or "nobody"
        return f"{self.subject or 'no name'}, signed by {by}, expires {self.expires_at:%Y-%m-%d}"

    def __str__(self) -> str:
        return f"SHA-256 {with_colons(self.fingerprint)} ({self.details})"


@dataclass(frozen=True, slots=True)
class ShownCertificate:
    """A certificate that was looked at."""

    certificate: Certificate
    vouched_for: bool
    """Whether an authority vouches for it, for the name in the camera's address."""


def with_colons(fingerprint: str) -> str:
    """A fingerprint as browsers and ``openssl`` show it: ``AA:BB:…``."""
    return ":".join(fingerprint[index : index + 2] for index in range(0, len(fingerprint), 2)).upper()


def plain_fingerprint(text: str) -> str:
    """A SHA-256 fingerprint as 64 small hexadecimal digits, from any usual way to write it; empty for none.

    Raises ``ValueError``.
    """
    plain = re.sub(r"[\s:]", "", text).lower()
    if plain and not _FINGERPRINT.fullmatch(plain):
        raise ValueError(f"{text[:100]!r} is not a SHA-256 fingerprint: 64 hexadecimal digits, colons allowed")
    return plain


def _shown_name(name: x509.Name) -> str:
    shown = "".join(character if character.isprintable() else "?" for character in name.rfc4514_string())
    return shown[:_LONGEST_NAME]
