"""Trying a camera: it is asked who it is and what it counts."""

from __future__ import annotations

import threading
from contextlib import closing
from dataclasses import replace
from typing import Protocol

from peoplecount.domain.camera import Camera
from peoplecount.domain.clock import Clock
from peoplecount.domain.sentence import say
from peoplecount.domain.site import Site
from peoplecount.services.trial import Trial
from peoplecount.services.trial_findings import certificate_finding, described, finding_of, slow_findings
from peoplecount.sunapi.certificate import ShownCertificate
from peoplecount.sunapi.client import SunapiClient
from peoplecount.sunapi.connection import CameraConnection
from peoplecount.sunapi.device import Device
from peoplecount.sunapi.errors import CameraError, CameraUnreachable, CertificateChanged, CertificateUnknown

LONGEST = 45.0
"""Seconds that a camera is asked for. One that is well takes less than one."""


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
            trial = described(device, site, self._clock.now())
            slow = slow_findings(self._clock.monotonic() - began)
            return self._with_certificate(camera, replace(trial, findings=(*trial.findings, *slow)))
        except (CertificateUnknown, CertificateChanged) as error:
            return self._untrusted(camera, error)
        except CameraError as error:
            return Trial((finding_of(error, camera),))

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
            return Trial((finding_of(another, camera),))
        if shown is None:
            return Trial((finding_of(error, camera),))
        certificate = shown.certificate
        finding = certificate_finding(camera, shown)
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
