"""A trial: what came of asking a camera who it is and what it counts."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from peoplecount.domain.sentence import say


class Flaw(StrEnum):
    """What may be wrong with a camera, or with how it is entered."""

    NO_ANSWER = say("no answer")
    BUSY = say("busy")
    CERTIFICATE_UNKNOWN = say("certificate unknown")
    CERTIFICATE_CHANGED = say("certificate changed")
    WRONG_PASSWORD = say("wrong password")
    NO_RIGHTS = say("no rights")
    LOCKED = say("account locked")
    NO_COUNTING = say("no counting")
    NO_LINES = say("no lines")
    STRANGE_ANSWER = say("strange answer")
    SAME_DEVICE = say("same device")
    SAME_NAMES = say("same line names")
    NO_NAMES = say("line without a name")
    CLOCK = say("wrong clock")
    ZONE = say("wrong zone")
    SLOW = say("slow")
    OTHER = say("other")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong, and what to do about it."""

    flaw: Flaw
    sentence: str
    hinders: bool = True
    """Whether nothing would be counted, or everybody twice; else it counts, and somebody should know."""


@dataclass(frozen=True, slots=True)
class TriedLine:
    """A line as the camera shows it."""

    line_id: str
    name: str
    enabled: bool
    entered: int | None
    """Since the camera's midnight; ``None`` where it gave none."""

    left: int | None


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it; plain values only, so that it can be kept between two pages."""

    findings: tuple[Finding, ...] = ()
    address: str = ""
    """Where it answered: the camera's address, or the HTTPS one it redirects to."""

    model: str = ""
    serial: str = ""
    firmware: str = ""
    protocol: str = ""
    requests_per_poll: int = 0
    clock: str = ""
    """What it shows, without a zone: ``2026-05-04 14:07:20``. Empty where it did not say."""

    clock_error: float = 0.0
    """Seconds it is ahead of us."""

    lines: tuple[TriedLine, ...] = ()
    fingerprint: str = ""
    """Of the certificate it shows (SHA-256); empty where it answers without encryption, or not at all."""

    certificate: str = ""
    """The same in words."""

    accepted: bool = True
    """Whether that certificate is accepted, or an authority vouches for it."""

    @property
    def is_fit(self) -> bool:
        """Whether the camera would count."""
        return not any(finding.hinders for finding in self.findings)

    @property
    def awaits_login(self) -> bool:
        """Whether it let nobody in, or just now lets nobody in, with the login that was typed."""
        return any(finding.flaw in {Flaw.WRONG_PASSWORD, Flaw.LOCKED} for finding in self.findings)

    @property
    def refused_login(self) -> bool:
        """Whether the same login would be refused again."""
        return any(finding.flaw is Flaw.WRONG_PASSWORD for finding in self.findings)

    @property
    def awaits_certificate(self) -> bool:
        """Whether somebody has to accept its certificate before more can be said."""
        return not self.accepted

    def fields(self) -> dict[str, Any]:
        """JSON-ready; ``read_trial`` reads it."""
        return asdict(self)


def read_trial(fields: dict[str, Any]) -> Trial:
    """What ``Trial.fields`` gave."""
    findings = tuple(Finding(**one | {"flaw": Flaw(one["flaw"])}) for one in fields["findings"])
    return Trial(**fields | {"findings": findings, "lines": tuple(TriedLine(**line) for line in fields["lines"])})
