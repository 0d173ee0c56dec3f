"""Accepting the certificates of cameras: those shown beside those accepted before, for many cameras at once."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass

from peoplecount.camera_access import CameraAccess
from peoplecount.commands._agreement import agrees
from peoplecount.domain.camera import Camera
from peoplecount.services.played_clock import PlayedClock
from peoplecount.storage.camera_table import CameraTable
from peoplecount.storage.errors import InvalidEntry
from peoplecount.sunapi.certificate import Certificate, ShownCertificate, with_colons
from peoplecount.sunapi.errors import CameraError

Pin = Callable[[Mapping[str, str]], None]

_AT_ONCE = 16
"""Cameras looked at at the same time: some out of reach must not make hundreds wait."""


@dataclass(frozen=True, slots=True)
class _Look:
    """What came of looking at a camera."""

    camera: Camera
    shown: ShownCertificate | None = None
    """``None``: it answers without encryption, or not at all."""

    failure: str = ""

    @property
    def to_accept(self) -> Certificate | None:
        """The certificate that somebody has to decide on, if any."""
        if self.shown is None or self.shown.certificate.fingerprint == self.camera.certificate:
            return None
        needless = self.shown.vouched_for and not self.camera.certificate
        return None if needless else self.shown.certificate


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what ``camera trust`` takes."""
    parser.add_argument("camera", nargs="*", help="ids")
    parser.add_argument("--all", action="store_true", help="all cameras")
    parser.add_argument("--yes", action="store_true", help="accept what is shown without asking")
    parser.add_argument("--forget", action="store_true", help="take back what was accepted: authorities decide again")


def run(arguments: argparse.Namespace, table: CameraTable, access: CameraAccess, pin: Pin) -> int:
    """Accept, or take back; 0, or 1 where a camera did not answer or nothing was accepted.

    ``pin`` keeps fingerprints by camera.

    Raises ``InvalidEntry`` and ``DatabaseError``.
    """
    cameras = _chosen(arguments, table)
    if arguments.forget:
        pin({camera.camera_id: "" for camera in cameras})
        for camera in cameras:
            print(f"{camera.camera_id}: an authority has to vouch for its certificate from now on")
        return 0
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        looks = list(pool.map(lambda camera: _look(camera, access), cameras))
    for look in looks:
        _print_look(look)
    return _accept(looks, pin, without_asking=arguments.yes)


def _chosen(arguments: argparse.Namespace, table: CameraTable) -> list[Camera]:
    cameras = {camera.camera_id: camera for camera in table.cameras()}
    unknown = [camera_id for camera_id in arguments.camera if camera_id not in cameras]
    if unknown:
        raise InvalidEntry(f"there is no camera {', '.join(unknown)}; `camera list` shows those there are")
    if arguments.all == bool(arguments.camera):
        raise InvalidEntry("say which cameras: their ids, or --all")
    return list(cameras.values()) if arguments.all else [cameras[camera_id] for camera_id in arguments.camera]


def _look(camera: Camera, access: CameraAccess) -> _Look:
    try:
        return _Look(camera, _shown(camera, access))
    except CameraError as error:
        return _Look(camera, failure=str(error))


def _shown(camera: Camera, access: CameraAccess) -> ShownCertificate | None:
    with closing(access.connection(camera, PlayedClock())) as connection:
        return connection.look()


def _print_look(look: _Look) -> None:
    camera = look.camera
    print(f"{camera.camera_id}  {camera.name}")
    if camera.certificate and (look.shown is None or look.to_accept is not None):
        print(f"  accepted: SHA-256 {with_colons(camera.certificate)}")
    if look.failure:
        print(f"  FAILED: {look.failure}")
    elif look.shown is None:
        print("  answers without encryption: there is no certificate")
    elif look.to_accept is not None:
        print(f"  {'shown now' if camera.certificate else 'shown'}: {look.to_accept}")
    else:
        why = "accepted already" if camera.certificate else "an authority vouches for it"
        print(f"  {look.shown.certificate}: {why}")


def _accept(looks: Sequence[_Look], pin: Pin, *, without_asking: bool) -> int:
    failed = 1 if any(look.failure for look in looks) else 0
    new = [(look.camera, look.to_accept) for look in looks if look.to_accept is not None]
    if not new:
        print("There is nothing to accept.")
        return failed
    changed = sum(1 for camera, _ in new if camera.certificate)
    question = f"Accept {_certificates(len(new))}, {changed} in place of another?"
    if not without_asking and not agrees(question):
        print("Nothing was accepted; --yes accepts without asking.")
        return 1
    pin({camera.camera_id: certificate.fingerprint for camera, certificate in new})
    verb = "is" if len(new) == 1 else "are"
    print(f"{_certificates(len(new))} {verb} accepted; the service follows within some seconds.")
    return failed


def _certificates(count: int) -> str:
    return "1 certificate" if count == 1 else f"{count} certificates"
