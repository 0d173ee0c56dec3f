"""Walking the whole way to a camera: from its name to the doors that its lines count for."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from peoplecount.domain.camera import Camera
from peoplecount.domain.camera_networks import CameraNetworks
from peoplecount.domain.clock import Clock
from peoplecount.domain.line import LineKey
from peoplecount.domain.roster import Roster
from peoplecount.domain.sign_in import MOST_FAILURES, SignInRecord
from peoplecount.services.camera_trial import Cameras, CameraTrials
from peoplecount.services.fleet_remarks import sign_in_words
from peoplecount.services.inspection import Step, odd, wrong
from peoplecount.services.server_approach import look_up, why
from peoplecount.services.trial import Finding, Flaw, Trial, TriedLine
from peoplecount.sunapi.certificate import ShownCertificate, plain_fingerprint, with_colons
from peoplecount.sunapi.errors import CameraError

PORTS = {"http": 80, "https": 443}
KNOCK_SECONDS = 4.0

_BEFORE = frozenset({Flaw.NO_ANSWER, Flaw.BUSY, Flaw.STRANGE_ANSWER})
"""What fails before anybody signs in, or beside it."""

_OF_CERTIFICATES = frozenset({Flaw.CERTIFICATE_UNKNOWN, Flaw.CERTIFICATE_CHANGED})
_AT_SIGN_IN = frozenset({Flaw.WRONG_PASSWORD, Flaw.LOCKED})
_OF_LINES = frozenset({Flaw.NO_LINES, Flaw.SAME_NAMES, Flaw.NO_NAMES})
_OF_CLOCK = frozenset({Flaw.CLOCK, Flaw.ZONE})


@dataclass(frozen=True, slots=True)
class CameraWalk:
    """The walk to ``camera``, with the login that it is asked with.

    It signs in only where a refusal would leave one attempt of the budget to the service, unless it is told to.
    """

    camera: Camera
    roster: Roster
    cameras: Cameras
    clock: Clock
    sign_ins: SignInRecord
    """The failed sign-ins that count."""

    now: datetime
    """UTC, in real time."""

    twin: Callable[[str], str]
    """That another camera has the same serial number, as a sentence; empty where none has."""

    is_paused: bool = False
    risks_sign_in: bool = False
    networks: CameraNetworks = field(default_factory=CameraNetworks)
    """Where cameras may be."""

    def steps(self) -> Iterator[Step]:
        """What each step finds; ends where it must."""
        for step in self._approach():
            yield step
            if step.ends:
                return
        if self._is_held_back():
            yield wrong("sign-in", sign_in_words(self.sign_ins, self.now), self._spare_advice(), ends=True)
            return
        trial = CameraTrials(self.cameras, self.clock).try_out(self.camera, self.roster.site_of(self.camera))
        yield from self._signed_in(trial)

    def _approach(self) -> Iterator[Step]:
        if self.is_paused:
            yield odd(
                "state",
                "paused",
                f"It is paused: the service does not ask it. `camera resume {self.camera.camera_id}` goes on with it.",
            )
        machine, port = _place(self.camera.address)
        whose = "the recorder's address" if self.camera.nvr_channel is not None else "the camera's address"
        if not machine or port is None:
            yield wrong("address", self.camera.address, f"{whose.capitalize()} is none: enter another.", ends=True)
            return
        addresses, step = look_up(machine)
        unknown = f"The name {machine} is not known to this machine: mend {whose}, or have it entered in the DNS."
        yield replace(step, advice=unknown if step.ends else "")
        if addresses:
            step = self._knock(machine, port, addresses, whose)
            yield step
            if not step.ends:
                yield self._certificate()

    def _knock(self, machine: str, port: int, addresses: Sequence[str], whose: str) -> Step:
        allowed = [address for address in addresses if not self.networks.refusal(address, port)]
        if allowed:
            return _knock(machine, port, allowed, whose)
        refusal = self.networks.refusal(addresses[0], port)
        return wrong("network", refusal, _sentence(refusal), ends=True)

    def _certificate(self) -> Step:
        try:
            shown = CameraTrials(self.cameras, self.clock).look(self.camera)
        except CameraError as error:
            return wrong("certificate", str(error), f"{_sentence(str(error))} Is it a camera's address?", ends=True)
        if shown is None:
            return self._unencrypted()
        return self._weighed(shown)

    def _unencrypted(self) -> Step:
        if not self.camera.certificate:
            return Step("certificate", "none: it is asked without encryption")
        return wrong(
            "certificate",
            "none, though one was accepted",
            "It answers without encryption, though a certificate was accepted for it: if that is right, forget it with "
            f"`camera trust --forget {self.camera.camera_id}`.",
            ends=True,
        )

    def _weighed(self, shown: ShownCertificate) -> Step:
        said = f"{shown.certificate.details}, SHA-256 {with_colons(shown.certificate.fingerprint)}"
        accept = f"if it is the camera's own, accept it with `camera trust {self.camera.camera_id}`."
        if self.camera.certificate and shown.certificate.fingerprint != _plain(self.camera.certificate):
            return wrong(
                "certificate", f"another than the accepted one: {said}", f"Its certificate changed; {accept}", ends=True
            )
        if not (self.camera.certificate or shown.vouched_for):
            return wrong(
                "certificate", f"not trusted: {said}", f"Nobody vouches for its certificate; {accept}", ends=True
            )
        by = "accepted by its fingerprint" if self.camera.certificate else "vouched for by an authority"
        return Step("certificate", f"{by}: {said}")

    def _is_held_back(self) -> bool:
        if self.sign_ins.held_back(self.now) is not None:
            return True
        return len(self.sign_ins.seen_at(self.now).attempts) >= MOST_FAILURES - 1 and not self.risks_sign_in

    def _spare_advice(self) -> str:
        if self.sign_ins.held_back(self.now) is not None:
            return "Sign-ins at its account have failed, and cameras lock one after five: enter the right password."
        return (
            "A sign-in at its account has failed, so the last one that is allowed is left to the service: enter the "
            "right password, and where that was done already let this try it with --sign-in."
        )

    def _signed_in(self, trial: Trial) -> Iterator[Step]:
        flaws = {finding.flaw: finding for finding in trial.findings}
        early = next((one for one in trial.findings if one.flaw in _BEFORE | _OF_CERTIFICATES | _AT_SIGN_IN), None)
        if early is not None:
            yield wrong(_NAMES.get(early.flaw, "answer"), early.flaw.value, early.sentence, ends=True)
            return
        yield Step("sign-in", f"{self.camera.username or 'without a name'} is let in")
        for flaw in (Flaw.NO_RIGHTS, Flaw.NO_COUNTING):
            if flaw in flaws:
                yield wrong(_NAMES[flaw], flaw.value, flaws[flaw].sentence, ends=True)
                return
        yield Step("rights", "may read counts")
        yield from self._device(trial)
        yield from self._clock(trial)
        yield from self._lines(trial)
        yield from _told("remark", [one for one in trial.findings if one.flaw is Flaw.OTHER])
        yield from self._history(trial)

    def _device(self, trial: Trial) -> Iterator[Step]:
        yield Step("device", f"{trial.model or 'unknown model'}, firmware {trial.firmware or 'unknown'}")
        twin = self.twin(trial.serial)
        if twin:
            yield wrong("serial", trial.serial, twin)
        else:
            yield Step("serial", trial.serial or "unknown")
        requests = "1 request" if trial.requests_per_poll == 1 else f"{trial.requests_per_poll} requests"
        yield Step("counting", f"on; {trial.protocol} interface, {requests} a poll")

    def _clock(self, trial: Trial) -> Iterator[Step]:
        found = [one for one in trial.findings if one.flaw in _OF_CLOCK]
        if not found:
            yield Step("clock", f"{trial.clock}, {trial.clock_error:+.0f} s off, in its site's zone")
        yield from _told("clock", found)

    def _lines(self, trial: Trial) -> Iterator[Step]:
        for finding in (one for one in trial.findings if one.flaw in _OF_LINES):
            yield from _told("lines", [finding])
        for line in trial.lines:
            yield self._line(line)
        there = {line.line_id for line in trial.lines}
        for entered in self.camera.lines:
            if str(entered.key) not in there:
                yield odd(
                    f"line {entered.key}",
                    "entered here, and the camera has no such line",
                    f"The camera has no line {entered.key} any more: draw it again, or take it out of the list.",
                )

    def _line(self, line: TriedLine) -> Step:
        key = LineKey.parse(line.line_id)
        place = self.roster.place_of_line(self.camera, key, line.name)
        swapped = ", in and out exchanged" if self.roster.is_swapped(key, self.clock.now()) else ""
        door = f"door {place.door_name} of {place.site_name}{swapped}"
        name = f"line {line.line_id}"
        if not line.enabled:
            off = "is switched off: switch it on on the camera's people counting page, if it is to count."
            return odd(name, f"{line.name or '(no name)'}: switched off in the camera", f"{name.capitalize()} {off}")
        if line.entered is None or line.left is None:
            return odd(name, f"{line.name or '(no name)'}: no counts given; {door}")
        return Step(name, f"{line.name or '(no name)'}: {line.entered} in, {line.left} out; {door}")

    def _history(self, trial: Trial) -> Iterator[Step]:
        """Yesterday's, by the camera's clock: it is over, so the camera must have it whole."""
        if not any(line.entered is not None for line in trial.lines):
            return
        day = datetime.fromisoformat(trial.clock).date() - timedelta(days=1)
        lost = "What it counts while it cannot be reached is then known as a total only, and not by the hour."
        try:
            with closing(self.cameras.client(self.camera, self.clock)) as client:
                history = client.history(day)
        except CameraError as error:
            yield odd("history", str(error), f"Its history cannot be read: {_sentence(str(error))} {lost}")
            return
        if history.missing:
            reasons = "; ".join(f"{key}: {reason}" for key, reason in history.missing.items())
            yield odd("history", reasons, f"The history of some lines cannot be read ({reasons}). {lost}")
        else:
            lines = len(history.hours)
            yield Step("history", f"{day} can be read, of {lines} {'line' if lines == 1 else 'lines'}")


_NAMES = {
    Flaw.CERTIFICATE_UNKNOWN: "certificate",
    Flaw.CERTIFICATE_CHANGED: "certificate",
    Flaw.WRONG_PASSWORD: "sign-in",
    Flaw.LOCKED: "sign-in",
    Flaw.NO_RIGHTS: "rights",
    Flaw.NO_COUNTING: "counting",
}


def _plain(fingerprint: str) -> str:
    """In one spelling; nothing where it is none, so that no certificate has it."""
    try:
        return plain_fingerprint(fingerprint)
    except ValueError:
        return ""


def _told(name: str, findings: Iterable[Finding]) -> Iterator[Step]:
    for finding in findings:
        make = wrong if finding.hinders else odd
        yield make(name, finding.flaw.value, finding.sentence)


def _place(address: str) -> tuple[str, int | None]:
    """Host and port of a base address; nothing where it is none."""
    try:
        parts = urlsplit(address)
        return parts.hostname or "", parts.port or PORTS.get(parts.scheme)
    except ValueError:
        return "", None


def _knock(machine: str, port: int, addresses: Sequence[str], whose: str) -> Step:
    """Whether a connection can be opened, at any of the addresses."""
    failures: list[OSError] = []
    for address in addresses:
        began = time.monotonic()
        try:
            socket.create_connection((address, port), KNOCK_SECONDS).close()
        except OSError as error:
            failures.append(error)
        else:
            return Step("port", f"{port} takes connections, after {1000 * (time.monotonic() - began):.0f} ms")
    return wrong("port", f"{port}: {why(failures[0])}", _closed(machine, port, failures, whose), ends=True)


def _closed(machine: str, port: int, failures: Collection[OSError], whose: str) -> str:
    if any(isinstance(error, ConnectionRefusedError) for error in failures):
        return (
            f"{machine} is there, and nothing listens on port {port}: look at {whose} and its port, and whether the "
            "camera answers by HTTP or HTTPS there."
        )
    return (
        f"Nothing comes back from {machine}: is the camera on and on this network, is {whose} right, and does no "
        f"firewall drop port {port}?"
    )


def _sentence(text: str) -> str:
    said = text[:1].upper() + text[1:]
    return said if said.endswith((".", "?", "!")) else f"{said}."
