"""What is wrong with a camera that was tried, in sentences to act on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from peoplecount.domain.camera import Camera, CameraProtocol
from peoplecount.domain.clock_body import offset_text
from peoplecount.domain.sentence import say
from peoplecount.domain.site import Site
from peoplecount.services.clock_words import camera_clock_words
from peoplecount.services.site_day import zone_of
from peoplecount.services.trial import Finding, Flaw, Trial, TriedLine
from peoplecount.sunapi.certificate import ShownCertificate, with_colons
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


def certificate_finding(camera: Camera, shown: ShownCertificate) -> Finding:
    """What is said of a certificate that is not accepted, or not the accepted one."""
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


def slow_findings(seconds: float) -> Iterator[Finding]:
    """One, where it took a camera that many seconds to answer; mostly none."""
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


def finding_of(error: CameraError, camera: Camera) -> Finding:
    """What a failure means, with what to do about it."""
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


def described(device: Device, site: Site, now: datetime) -> Trial:
    """The trial of a camera that has answered; ``now`` (UTC) is for its clock."""
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
