"""The form of a camera, and what is wrong with it in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from flask import request
from wtforms import HiddenField, PasswordField, SelectField

from peoplecount.domain.camera import Camera, CameraProtocol
from peoplecount.domain.site import Site
from peoplecount.eventlog.log import LogError
from peoplecount.services.camera_entry import EntryRefused, read_entry, texts_of
from peoplecount.storage.errors import ChangedMeanwhile, DatabaseError, DatabaseUnavailable, InvalidEntry
from peoplecount.web.admin.form import AdminForm, Text

T = TypeVar("T")

FAULTS = (InvalidEntry, DatabaseError, LogError, ValueError)
"""What desks raise that a form can show; ``ValueError``, where a password cannot be opened any more."""

FIELDS = ("name", "id", "address", "user", "site", "interval", "protocol", "nvr_channel", "https_pin")


class CameraForm(AdminForm):
    """What can be said of a camera. Its password is never sent to a page."""

    name = Text("Name")
    id = Text("Id")
    address = Text("Address")
    user = Text("User")
    password = PasswordField("Password")
    site = SelectField("Site", validate_choice=False)
    interval = Text("Asked every")
    protocol = SelectField(
        "Interface",
        choices=[("", "ask the camera"), (CameraProtocol.CLASSIC, "classic"), (CameraProtocol.WISEAI, "WiseAI")],
        validate_choice=False,
    )
    nvr_channel = Text("Channel of the recorder")
    https_pin = Text("Accepted certificate")
    draft = HiddenField()

    def with_sites(self, sites: Mapping[str, Site]) -> CameraForm:
        """With the sites to choose from."""
        self.site.choices = [(site.site_id, site.name) for site in sites.values()]
        return self

    def typed(self) -> dict[str, str]:
        """What was typed, with the password; fields that the page does not have are left out."""
        sent = {name: self[name].data or "" for name in FIELDS if name in request.form}
        return sent | {"password": self.password.data or ""}

    def camera(self, default_interval: float, known: Camera | None = None, password: str = "") -> Camera | None:
        """The camera that was typed; ``None``, with the faults beside their fields, where it is none.

        ``password`` is the one from before, where none was typed. A field that the page has not is as in ``known``.
        """
        texts = self.typed()
        texts["password"] = texts["password"] or password
        site_id = texts.get("site") or (known.site_id if known else "default")
        try:
            return read_entry(texts, default_interval=default_interval, known=known, site_id=site_id)
        except EntryRefused as refused:
            for name, words in refused.faults.items():
                self[name].errors = [*self[name].errors, sentence(words)]
            return None

    def blamed(self, error: Exception) -> int:
        """Show what a desk found wrong; the status of the answer."""
        self.fault = words_of(error)
        return status_of(error)


def form_of(camera: Camera, version: str, sites: Mapping[str, Site]) -> CameraForm:
    """The form of a camera as it is entered."""
    return CameraForm(data=texts_of(camera) | {"version": version}).with_sites(sites)


def words_of(error: Exception) -> str:
    """What is to be said, as a sentence."""
    if isinstance(error, DatabaseUnavailable):
        return "The database does not answer just now, and nothing was changed. Try again in a moment."
    if isinstance(error, DatabaseError | LogError):
        return f"Nothing was changed, because something that keeps it is away: {error}."
    if isinstance(error, ChangedMeanwhile):
        return (
            "Somebody else changed this camera after you opened its page. Load the page again to see what it is now, "
            "and then change it."
        )
    return sentence(str(error))


def status_of(error: Exception) -> int:
    """503 where something is away, 409 where somebody else was quicker, and 400 where something makes no sense."""
    if isinstance(error, DatabaseError | LogError):
        return 503
    return 409 if isinstance(error, ChangedMeanwhile) else 400


def sentence(words: str) -> str:
    """With a capital and a full stop."""
    return f"{words[:1].upper()}{words[1:]}" + ("" if words.endswith((".", "?", "!")) else ".")


def attempt(call: Callable[[], T]) -> tuple[T | None, Exception | None]:
    """What a desk gives, or what it finds wrong."""
    try:
        return call(), None
    except FAULTS as error:
        return None, error
