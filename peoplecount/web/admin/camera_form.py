"""The form of a camera, and what is wrong with it in words."""

from __future__ import annotations

from collections.abc import Mapping

from flask import request
from wtforms import HiddenField, PasswordField, SelectChoice, SelectField

from peoplecount.domain.camera import Camera, CameraProtocol
from peoplecount.domain.sentence import say
from peoplecount.domain.site import DEFAULT_SITE_ID, Site
from peoplecount.eventlog.log import LogError
from peoplecount.services.camera_entry import read_entry, texts_of
from peoplecount.services.site_entry import InvalidFields
from peoplecount.storage.errors import ChangedMeanwhile, DatabaseError, InvalidEntry
from peoplecount.web.admin.form import AdminForm, Text, sentence, store_words

FAULTS = (InvalidEntry, DatabaseError, LogError, ValueError)
"""What desks raise that a form can show; ``ValueError``, where a password cannot be opened any more."""

FIELDS = ("name", "id", "address", "user", "site", "interval", "protocol", "nvr_channel", "https_pin")


class CameraForm(AdminForm):
    """What can be said of a camera. Its password is never sent to a page."""

    name = Text(say("Name"))
    id = Text(say("Id"))
    address = Text(say("Address"))
    user = Text(say("User"))
    password = PasswordField(say("Password"))
    site = SelectField(say("Site"), validate_choice=False)
    interval = Text(say("Asked every"))
    protocol = SelectField(
        say("Interface"),
        choices=[
            SelectChoice("", say("ask the camera")),
            SelectChoice(CameraProtocol.CLASSIC.value, "classic"),
            SelectChoice(CameraProtocol.WISEAI.value, "WiseAI"),
        ],
        validate_choice=False,
    )
    nvr_channel = Text(say("Channel of the recorder"))
    https_pin = Text(say("Accepted certificate"))
    draft = HiddenField()

    def with_sites(self, sites: Mapping[str, Site]) -> CameraForm:
        """With the sites to choose from, by name; the one of cameras that have none comes last."""
        in_order = sorted(sites.values(), key=lambda site: (site.site_id == DEFAULT_SITE_ID, site.name.casefold()))
        self.site.choices = [SelectChoice(site.site_id, site.name) for site in in_order]
        return self

    def without_sites(self) -> None:
        """With the one that was chosen, where nobody knows the others."""
        self.site.choices = [SelectChoice(self.site.data or "", self.site.data or "")]

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
        except InvalidFields as refused:
            self.blame(refused)
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
    if isinstance(error, DatabaseError | LogError):
        return store_words(error)
    if isinstance(error, ChangedMeanwhile):
        return say(
            "Somebody else changed this camera after you opened its page. Load the page again to see what it is now, "
            "and then change it."
        )
    return sentence(error)


def status_of(error: Exception) -> int:
    """503 where something is away, 409 where somebody else was quicker, and 400 where something makes no sense."""
    if isinstance(error, DatabaseError | LogError):
        return 503
    return 409 if isinstance(error, ChangedMeanwhile) else 400
