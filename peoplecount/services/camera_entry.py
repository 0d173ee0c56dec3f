"""A camera as somebody types it: each field is read by itself, and all that is wrong is said at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from peoplecount.domain.camera import Camera, CameraProtocol
from peoplecount.domain.sentence import say
from peoplecount.domain.site import DEFAULT_SITE_ID
from peoplecount.services.fleet import id_of
from peoplecount.services.site_entry import InvalidFields
from peoplecount.storage.camera_address import base_address
from peoplecount.storage.entries import certificate, display_name, plain_id, poll_interval, recorder_channel

FIELDS = ("id", "name", "address", "user", "password", "site", "interval", "protocol", "nvr_channel", "https_pin")
"""As forms and files call them, in the order in which people are asked."""

RESERVED = frozenset({"new", "import", "export", "tried"})
"""Ids that would stand in the address of another page."""

LONGEST_LOGIN = 200


def read_entry(
    texts: Mapping[str, str],
    *,
    default_interval: float,
    known: Camera | None = None,
    site_id: str = DEFAULT_SITE_ID,
) -> Camera:
    """The camera in ``texts``, by the names in ``FIELDS``; a field that is missing is empty.

    With ``known`` a field that is missing stays as it is there, and so does an empty password. ``site_id`` is the
    site's, which is not looked at here. Raises ``InvalidFields``.
    """
    reader = _Reader(texts, _texts_of(known) if known else {})
    name = reader.read("name", _name)
    camera_id = known.camera_id if known else reader.read("id", lambda text: _id(text or id_of(name or "camera")))
    username = reader.read("user", _login)
    fields: dict[str, Any] = {
        "address": reader.read("address", _address),
        "poll_interval": reader.read("interval", lambda text: _interval(text, default_interval)),
        "protocol": reader.read("protocol", _protocol),
        "nvr_channel": reader.read("nvr_channel", _channel),
        "certificate": reader.read("https_pin", certificate),
        "inner_address": known.inner_address if known else "",
    }
    password = texts.get("password", "") or (known.password if known else "")
    if known and known.password and not texts.get("password") and not _same_host(fields["address"], known.address):
        reader.faults.setdefault(
            "password",
            say("type it again: the address is another one, and what is kept here goes to the one it is for"),
        )
    if password and not username:
        reader.faults.setdefault("user", say("a password without a user: say whose it is, or leave both empty"))
    if reader.faults:
        raise InvalidFields(reader.faults)
    return Camera(camera_id=camera_id, name=name, username=username, password=password, site_id=site_id, **fields)


def texts_of(camera: Camera) -> dict[str, str]:
    """A camera in the fields of a form or file, without its password."""
    return _texts_of(camera)


def _texts_of(camera: Camera) -> dict[str, str]:
    return {
        "id": camera.camera_id,
        "name": camera.name,
        "address": camera.address,
        "user": camera.username,
        "password": "",
        "site": camera.site_id,
        "interval": f"{camera.poll_interval:g}",
        "protocol": camera.protocol.value if camera.protocol else "",
        "nvr_channel": "" if camera.nvr_channel is None else str(camera.nvr_channel),
        "https_pin": camera.certificate,
    }


class _Reader:
    """Reads fields one by one, and remembers what was wrong with each."""

    def __init__(self, texts: Mapping[str, str], known: Mapping[str, str]) -> None:
        self._texts = texts
        self._known = known
        self.faults: dict[str, str] = {}

    def read(self, field: str, read: Callable[[str], Any]) -> Any:  # noqa: ANN401
        """What ``read`` makes of a field; ``None``, and a fault, where it raises ``ValueError``."""
        text = self._texts.get(field, self._known.get(field, "")).strip()
        try:
            return read(text)
        except ValueError as error:
            self.faults[field] = str(error)
            return None


def _same_host(address: str | None, known: str) -> bool:
    """Whether a password that is kept may go there; where the address is at fault, that is said instead."""
    return address is None or urlsplit(address).hostname == urlsplit(known).hostname


def _id(text: str) -> str:
    if text in RESERVED:
        raise ValueError(say("%(text)s cannot be an id here: pages have that address", text=repr(text)))
    return plain_id(text)


def _name(text: str) -> str:
    if not text:
        raise ValueError(say("a name is missing: what people call it, such as Main entrance"))
    return display_name(text)


def _address(text: str) -> str:
    if not text:
        raise ValueError(say("an address is missing: 192.0.2.7, camera.example:8080 or https://192.0.2.7"))
    return base_address(text)


def _login(text: str) -> str:
    if len(text) > LONGEST_LOGIN or not text.isprintable() or '"' in text:
        raise ValueError(
            say(
                'this is no user: %(longest_login)s printable characters at most are allowed, without "',
                longest_login=LONGEST_LOGIN,
            )
        )
    return text


def _interval(text: str, default: float) -> float:
    if not text:
        return default
    plain = text.removesuffix("s").strip().replace(",", ".")
    try:
        seconds = float(plain)
    except ValueError:
        raise ValueError(
            say("%(text)s is not a poll interval: a number of seconds, such as 10", text=repr(text[:20]))
        ) from None
    return poll_interval(seconds)


def _protocol(text: str) -> CameraProtocol | None:
    if not text or text.lower() == "auto":
        return None
    try:
        return CameraProtocol(text.lower())
    except ValueError:
        allowed = ", ".join(CameraProtocol)
        raise ValueError(
            say(
                "%(text)s is not a protocol: %(allowed)s, or nothing to ask the camera",
                text=repr(text[:20]),
                allowed=allowed,
            )
        ) from None


def _channel(text: str) -> int | None:
    try:
        return recorder_channel(text)
    except ValueError:
        return _refuse_channel(text)


def _refuse_channel(text: str) -> int | None:
    raise ValueError(
        say(
            "%(text)s is no channel of a recorder: 0 to 1023, or nothing where the camera is asked itself",
            text=repr(text[:20]),
        )
    )
