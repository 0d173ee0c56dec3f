"""Trying a camera: it is asked who it is and what it counts, and what came of it is said in sentences to act on."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from peoplecount.domain.camera import Camera, CameraProtocol
from peoplecount.domain.clock import Clock
from peoplecount.domain.clock_body import offset_text
from peoplecount.domain.sentence import say
from peoplecount.domain.site import Site
from peoplecount.services.clock_words import camera_clock_words
from peoplecount.services.site_day import zone_of
from peoplecount.sunapi.certificate import ShownCertificate, with_colons
from peoplecount.sunapi.client import SunapiClient
from peoplecount.sunapi.connection import CameraConnection
from peoplecount.sunapi.device import Device
from peoplecount.sunapi.errors import (
    AccountBlocked,
    CameraBusy,
    CameraError,
    CameraUnreachable,
    CertificateChanged,
    CertificateUnknown,
    CountingUnavailable,
    CredentialsRejected,
    RightsMissing,
    SignInsHeldBack,
)

SLOW = 20.0
"""Seconds from which on that is said."""

LONGEST = 45.0
"""Seconds that a camera is asked for. One that is well takes less than one."""


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


class Cameras(Protocol):
    """Makes what asks a camera, within the budget of failed sign-ins that everybody shares."""

    def client(self, camera: Camera, clock: Clock) -> SunapiClient:
        """A client that reads this camera."""
        ...

    def connection(self, camera: Camera, clock: Clock) -> CameraConnection:
        """A connection to this camera, to look at its certificate."""
        ...


class CameraTrials:
    """Tries cameras. Any thread or greenlet may; each waits for the camera it asks and no longer than ``LONGEST``."""

    def __init__(self, cameras: Cameras, clock: Clock, *, longest: float = LONGEST) -> None:
        self._cameras = cameras
        self._clock = clock
        self._longest = longest

    def try_out(self, camera: Camera, site: Site) -> Trial:
        """Ask a camera everything. It gets no password before its certificate is accepted, or vouched for."""
        try:
            began = self._clock.monotonic()
            device = self._examined(camera)
            trial = _described(device, site, self._clock.now())
            slow = _slow_findings(self._clock.monotonic() - began)
            return self._with_certificate(camera, replace(trial, findings=(*trial.findings, *slow)))
        except (CertificateUnknown, CertificateChanged) as error:
            return self._untrusted(camera, error)
        except CameraError as error:
            return Trial((_finding(error, camera),))

    def look(self, camera: Camera) -> ShownCertificate | None:
        """The certificate it shows; ``None`` where it answers without encryption. Raises ``CameraError``."""
        with closing(self._cameras.connection(camera, self._clock)) as connection:
            return connection.look()

    def _with_certificate(self, camera: Camera, trial: Trial) -> Trial:
        if not trial.address.startswith("https:"):
            return trial
        shown = self.look(replace(camera, address=trial.address))
        if shown is None:
            return trial
        return replace(trial, fingerprint=shown.certificate.fingerprint, certificate=shown.certificate.details)

    def _untrusted(self, camera: Camera, error: CameraError) -> Trial:
        try:
            shown = self.look(camera)
        except CameraError as another:
            return Trial((_finding(another, camera),))
        if shown is None:
            return Trial((_finding(error, camera),))
        certificate = shown.certificate
        finding = _certificate_finding(camera, shown)
        return Trial((finding,), fingerprint=certificate.fingerprint, certificate=certificate.details, accepted=False)

    def _examined(self, camera: Camera) -> Device:
        client = self._cameras.client(camera, self._clock)
        late = threading.Event()

        def give_up() -> None:
            late.set()
            client.close()

        timer = threading.Timer(self._longest, give_up)
        timer.daemon = True
        timer.start()
        try:
            return client.examine()
        except CameraError as error:
            if late.is_set():
                raise CameraUnreachable(
                    camera.camera_id,
                    say(
                        "it was asked for %(longest)s s and has not said all there is to know; try it again, "
                        "and if it stays like that restart the camera, or look at the network between",
                        longest=f"{self._longest:.0f}",
                    ),
                ) from error
            raise
        finally:
            timer.cancel()
            client.close()


def _certificate_finding(camera: Camera, shown: ShownCertificate) -> Finding:
    said = f"SHA-256 {with_colons(shown.certificate.fingerprint)}"
    if camera.certificate:
        return Finding(
            Flaw.CERTIFICATE_CHANGED,
            say(
                "It shows another certificate than the accepted one, so it got no password. If the "
                "camera was replaced or set anew, accept the new one: %(said)s.",
                said=said,
            ),
        )
    return Finding(
        Flaw.CERTIFICATE_UNKNOWN,
        say(
            "Its certificate is not trusted: nobody vouches for it, so it got no password. If it "
            "is the camera's own, accept it: %(said)s.",
            said=said,
        ),
    )


_HTTPS_ONLY = say("If it answers to HTTPS only, write https:// before its address.")

_ADVICE: tuple[tuple[type[CameraError], Flaw, str], ...] = (
    (CertificateChanged, Flaw.CERTIFICATE_CHANGED, ""),
    (CertificateUnknown, Flaw.CERTIFICATE_UNKNOWN, ""),
    (CameraUnreachable, Flaw.NO_ANSWER, say("Is the address right, and is the camera on and on this network?")),
    (RightsMissing, Flaw.NO_RIGHTS, say("Give the account administrator level on the camera, or use one that has it.")),
    (SignInsHeldBack, Flaw.LOCKED, ""),
    (
        CredentialsRejected,
        Flaw.WRONG_PASSWORD,
        say("Correct them before trying again: two in half an hour may fail."),
    ),
    (AccountBlocked, Flaw.LOCKED, ""),
    (
        CountingUnavailable,
        Flaw.NO_COUNTING,
        say("Is it a camera that counts people, and is people counting switched on?"),
    ),
    (CameraBusy, Flaw.BUSY, say("Try it again in a minute.")),
)


def _slow_findings(seconds: float) -> Iterator[Finding]:
    if seconds >= SLOW:
        yield Finding(
            Flaw.SLOW,
            say(
                "It took %(seconds)s s to say what others say within one: its polls may come late. Look at the network "
                "between, and at who else asks it.",
                seconds=f"{seconds:.0f}",
            ),
            hinders=False,
        )


def _finding(error: CameraError, camera: Camera) -> Finding:
    said = as_sentence(str(error))
    for kind, flaw, advice in _ADVICE:
        if isinstance(error, kind):
            says_all = "recorder" in said  # and which channel of it to ask for
            maybe_https = flaw is Flaw.NO_ANSWER and camera.address.startswith("http:")
            more = f"{advice} {_HTTPS_ONLY}" if maybe_https else advice
            return Finding(flaw, said if says_all else f"{said} {more}".strip())
    strange = say("Is it a Hanwha camera, and not something else at that address?")
    return Finding(Flaw.STRANGE_ANSWER, f"{said} {strange}")


def as_sentence(text: str) -> str:
    """With a capital and a full stop."""
    said = text[:1].upper() + text[1:]
    return said if said.endswith((".", "?", "!")) else f"{said}."


def _described(device: Device, site: Site, now: datetime) -> Trial:
    info = device.info
    lines = tuple(
        TriedLine(
            str(line.key),
            line.name,
            line.enabled and channel.enabled,
            line.totals.in_total if line.totals else None,
            line.totals.out_total if line.totals else None,
        )
        for channel in device.channels
        for line in channel.lines
    )
    return Trial(
        findings=tuple(_findings(device, lines, site, now)),
        address=device.address,
        model=info.model,
        serial=info.identity,
        firmware=info.firmware,
        protocol=device.protocol.value,
        requests_per_poll=device.requests_per_poll,
        clock=f"{device.local_time:%Y-%m-%d %H:%M:%S}",
        clock_error=device.clock_error,
        lines=lines,
    )


def _findings(device: Device, lines: tuple[TriedLine, ...], site: Site, now: datetime) -> Iterator[Finding]:
    said = list(device.problems)
    if not any(line.entered is not None for line in lines):
        why = f" ({said.pop(0)})" if said else ""
        yield Finding(
            Flaw.NO_LINES,
            say("No line counts%(why)s: draw one on the camera's people counting page, and switch it on.", why=why),
        )
    yield from _name_findings(device)
    yield from _clock_findings(device, site, now)
    for problem in said:
        yield Finding(Flaw.OTHER, as_sentence(problem), hinders=False)


def _name_findings(device: Device) -> Iterator[Finding]:
    """Classic cameras are asked for past hours by the names of their lines."""
    if device.protocol is not CameraProtocol.CLASSIC:
        return
    for channel in device.channels:
        names = [line.name.strip() for line in channel.lines if line.enabled]
        counted = Counter(name.lower() for name in names)
        as_written = {name.lower(): name for name in names}
        where = say(" of channel %(channel)s", channel=channel.channel) if len(device.channels) > 1 else ""
        for name, lines in counted.items():
            if not name:
                yield Finding(
                    Flaw.NO_NAMES,
                    say(
                        "A line%(where)s has no name: its history cannot be searched. Give it one on the camera.",
                        where=where,
                    ),
                    hinders=False,
                )
            elif lines > 1:
                yield Finding(
                    Flaw.SAME_NAMES,
                    say(
                        "%(number)s lines%(where)s have the same name, %(as_written)s: history cannot be "
                        "searched. Give them different ones on the camera.",
                        number=say("Two") if lines == 2 else str(lines),
                        where=where,
                        as_written=repr(as_written[name]),
                    ),
                    hinders=False,
                )


def _clock_findings(device: Device, site: Site, now: datetime) -> Iterator[Finding]:
    words = camera_clock_words(timedelta(seconds=device.clock_error))
    if words:
        yield Finding(
            Flaw.CLOCK,
            say(
                "%(as_sentence)s Let the camera set it by a time server (NTP): its day turns by its own clock.",
                as_sentence=as_sentence(words),
            ),
            hinders=False,
        )
    offset = now.astimezone(zone_of(site)).utcoffset()
    if offset is not None and offset != device.utc_offset:
        yield Finding(
            Flaw.ZONE,
            say(
                "Its clock is %(offset_text)s from UTC, but the site %(name)s in %(time_zone)s is "
                "%(offset_text2)s: set the camera's time zone, or the site's.",
                offset_text=offset_text(device.utc_offset),
                name=site.name,
                time_zone=site.time_zone,
                offset_text2=offset_text(offset),
            ),
            hinders=False,
        )
