"""The address of a camera: whether it can be called, and where a redirect may lead."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from peoplecount.sunapi.answers import clean
from peoplecount.sunapi.errors import CameraUnreachable, UnexpectedAnswer

_LONGEST_PLACE = 60


def sound(camera_id: str, address: str) -> str:
    """The address, where it is one that can be called. Raises ``CameraUnreachable``."""
    try:
        parts = urlsplit(address)
        callable_ = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        callable_ = False
    if not callable_:
        raise CameraUnreachable(camera_id, "the camera's address must look like http://192.0.2.7 or https://…")
    if parts.username is not None or parts.query or parts.fragment:
        raise CameraUnreachable(
            camera_id, "the camera's address must hold no user name, password or query; they have own fields"
        )
    return address


def redirected(camera_id: str, address: str, location: str) -> str:
    """HTTPS on the same host, as some units demand; nowhere else, or the answer would go to a stranger.

    Raises ``UnexpectedAnswer``.
    """
    here = urlsplit(address)
    try:
        there = urlsplit(urljoin(address, location))
        followed = here.scheme == "http" and there.scheme == "https" and there.hostname == here.hostname
    except ValueError:
        followed = False
    if not followed:
        raise UnexpectedAnswer(
            camera_id,
            f"the camera redirects to {_place(location)}; only the step from http to https on the same host is "
            "followed",
        )
    return f"https://{there.netloc.rpartition('@')[2]}{here.path.rstrip('/')}"


def _place(location: str) -> str:
    """Where a redirect leads, short and printable, without the query: that may be somebody's secret."""
    return repr(clean(location.partition("?")[0].partition("#")[0])[:_LONGEST_PLACE])
