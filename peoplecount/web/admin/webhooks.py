"""Webhooks: which there are and how they are doing, a new one, a test, what was sent, and ending one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, abort, request, url_for
from werkzeug.wrappers import Response as AnyResponse
from wtforms import RadioField, SelectChoice, SelectField, SelectMultipleField
from wtforms.validators import ValidationError
from wtforms.widgets import CheckboxInput

from peoplecount.domain.interval import Scope, Step
from peoplecount.domain.sentence import joined, say, words_of
from peoplecount.domain.threshold import Threshold
from peoplecount.domain.webhook import Outcome, Receiver, Topic, Wish
from peoplecount.eventlog.log import LogError
from peoplecount.eventlog.webhook_book import KeptWebhook
from peoplecount.services.administration import Administration
from peoplecount.services.subscriptions import LONGEST_NAME, NoSuchSubscription, Subscriptions
from peoplecount.web.admin import frame
from peoplecount.web.admin.form import KNOWN_FAULTS, AdminForm, Text, answered, needed, sent, store_words
from peoplecount.web.admin.reach import ReachForm
from peoplecount.web.webhook_words import GAPS, RECEIVERS, SCOPES, STEPS, TOPICS

Snapshot = Callable[[], Mapping[str, Any]]


class WebhookForm(ReachForm):
    """A webhook that is to be made."""

    receiver = RadioField(
        say("Receiver"),
        choices=[SelectChoice(one.value, words) for one, words in RECEIVERS.items()],
        default=Receiver.FLOW.value,
    )
    address = Text(say("Address"), [needed(say("Paste the address that is to be told."))])
    name = Text(say("Name"))
    topics = SelectMultipleField(
        say("Events"),
        choices=[SelectChoice(one.value, words) for one, words in TOPICS.items()],
        default=[Topic.INTERVAL_CLOSED.value],
        option_widget=CheckboxInput(),
    )
    scope = SelectField(
        say("Intervals of"),
        choices=[SelectChoice(one.value, words) for one, words in SCOPES.items()],
        default=Scope.SITE.value,
    )
    step = SelectField(
        say("How long they are"), choices=[SelectChoice(one, words) for one, words in STEPS.items()], default=""
    )
    threshold = Text(say("Threshold"))
    door = SelectField(say("Door"), default="", validate_choice=False)
    camera = SelectField(say("Camera"), default="", validate_choice=False)
    gap = SelectField(say("At most once in"), choices=[SelectChoice(one, words) for one, words in GAPS.items()])

    def show_places(self, fields: Mapping[str, Any]) -> None:
        """Doors and cameras to choose from, as a snapshot has them."""
        all_of_them = SelectChoice("", say("all"))
        doors = {row["doorId"]: row["doorName"] for row in fields["doors"] if row.get("doorId")}
        cameras = {row["cameraId"]: row["cameraName"] for row in fields["cameras"]}
        for field, found in ((self.door, doors), (self.camera, cameras)):
            there = sorted(found.items(), key=lambda one: (str(one[1]).casefold(), one[0]))
            field.choices = [all_of_them, *(SelectChoice(key, name or key) for key, name in there)]

    def validate_topics(self, field: SelectMultipleField) -> None:
        """One at least."""
        if not field.data:
            raise ValidationError(say("Tick one kind of event at least."))

    def validate_threshold(self, field: Text) -> None:
        """People, a share, or nothing."""
        if field.data:
            try:
                Threshold.parse(field.data)
            except ValueError as error:
                raise ValidationError(words_of(error)) from None

    def validate_door(self, field: SelectField) -> None:
        """One that is there."""
        _demand_choice(field)

    def validate_camera(self, field: SelectField) -> None:
        """One that is there."""
        _demand_choice(field)

    def validate_gap(self, _: SelectField) -> None:
        """Long enough for what is told often."""
        if any(field.errors for field in self):  # what is wished makes no sense yet
            return
        if self.receiver.data == Receiver.FLOW.value and not self.wish().is_affordable:
            raise ValidationError(
                say(
                    "At a busy door, a flow that runs at every crossing uses up its day's allowance within hours: "
                    "choose a minute or more, and some sites, a door or a camera."
                )
            )

    def wish(self) -> Wish:
        """What was chosen."""
        topics = frozenset(Topic(one) for one in self.topics.data)
        told_of = Topic.INTERVAL_CLOSED in topics
        return Wish(
            topics,
            frozenset([self.camera.data] if self.camera.data else []),
            frozenset([self.door.data] if self.door.data else []),
            self.chosen_sites() or frozenset(),
            frozenset([Scope(self.scope.data)] if told_of else []),
            frozenset([Step(self.step.data)] if told_of and self.step.data else []),
            Threshold.parse(self.threshold.data) if self.threshold.data else None,
            int(self.gap.data or 0),
        )


def _demand_choice(field: SelectField) -> None:
    if field.data not in {one.value for one in field.choices}:
        raise ValidationError(say("It is not there any more: choose another one."))


def routes(desk: Subscriptions, administration: Administration, snapshot: Snapshot) -> Blueprint:
    """``/admin/webhooks`` and what is sent from there."""
    blueprint = Blueprint("admin_webhooks", __name__, url_prefix="/admin")
    pages = _Pages(desk, administration, snapshot)
    blueprint.add_url_rule("/webhooks", "webhooks", pages.webhooks)
    blueprint.add_url_rule("/new-webhook", "add", pages.add, methods=["GET", "POST"])
    blueprint.add_url_rule("/webhooks/<key>", "webhook", pages.webhook)
    for name in ("test", "pause", "resume", "rotate", "remove"):
        blueprint.add_url_rule(f"/webhooks/<key>/{name}", name, getattr(pages, name), methods=["POST"])
    return blueprint


class _Pages:
    def __init__(self, desk: Subscriptions, administration: Administration, snapshot: Snapshot) -> None:
        self._desk = desk
        self._sites = administration.sites
        self._zone = administration.zone
        self._snapshot = snapshot

    def webhooks(self) -> Response:
        """The list."""
        try:
            found = self._desk.webhooks()
        except LogError as error:
            return frame.page("admin/webhooks.html", 503, found=None, fault=store_words(error), **self._names())
        return frame.page("admin/webhooks.html", found=found, **self._names())

    def add(self) -> AnyResponse:
        """A new one; a secret is shown with it, this once."""
        form = WebhookForm(sent())
        form.offer(self._sites.offered())
        form.show_places(self._snapshot())
        return answered(
            form,
            lambda status: frame.page("admin/webhook_new.html", status, form=form, most=LONGEST_NAME),
            lambda: self._desk.add(
                frame.author(),
                form.address.data,
                form.wish(),
                name=form.name.data,
                receiver=Receiver(form.receiver.data),
            ),
            lambda made: self._made(made.kept, made.secret, is_new=made.is_new),
        )

    def _made(self, kept: KeptWebhook, secret: str, *, is_new: bool) -> AnyResponse:
        if secret:
            return self._page(kept, secret=secret)
        words = (
            say("%(name)s is told from now on. Send it a test.", name=kept.webhook.name)
            if is_new
            else say("%(name)s is told of that already.", name=kept.webhook.name)
        )
        return frame.done(words, _path(kept))

    def webhook(self, key: str) -> Response:
        """One, with what was sent to it."""
        return self._page(self._found(key))

    def test(self, key: str) -> AnyResponse:
        """Send an event that says it is a test, and tell what came back."""
        kept = self._found(key)
        try:
            attempt = self._desk.test(kept.webhook.hook_id)
        except KNOWN_FAULTS as error:
            return self._refused(kept, error)
        told = joined([say("The test was sent."), attempt.words])
        return frame.done(told, _path(kept), well=attempt.outcome is Outcome.TAKEN)

    def pause(self, key: str) -> AnyResponse:
        """Nothing is sent to it any more."""
        kept = self._found(key)
        try:
            self._desk.pause(frame.author(), kept.webhook.hook_id)
        except KNOWN_FAULTS as error:
            return self._refused(kept, error)
        return frame.done(say("Nothing is sent to %(name)s; events wait.", name=kept.webhook.name), _path(kept))

    def resume(self, key: str) -> AnyResponse:
        """It is sent to again, with what waited or without."""
        kept = self._found(key)
        try:
            self._desk.resume(frame.author(), kept.webhook.hook_id, skips="skip" in request.form)
        except KNOWN_FAULTS as error:
            return self._refused(kept, error)
        return frame.done(say("%(name)s is sent to again.", name=kept.webhook.name), _path(kept))

    def rotate(self, key: str) -> AnyResponse:
        """Another secret, which is shown this once."""
        kept = self._found(key)
        try:
            changed, secret = self._desk.rotate(frame.author(), kept.webhook.hook_id)
        except KNOWN_FAULTS as error:
            return self._refused(kept, error)
        return self._page(changed, secret=secret, is_rotated=True)

    def remove(self, key: str) -> AnyResponse:
        """It is told nothing any more."""
        kept = self._found(key)
        try:
            self._desk.remove(frame.author(), kept.webhook.hook_id)
        except KNOWN_FAULTS as error:
            return self._refused(kept, error)
        return frame.done(say("%(name)s is told nothing any more.", name=kept.webhook.name), "/admin/webhooks")

    def _found(self, key: str) -> KeptWebhook:
        try:
            return self._desk.of_key(key)
        except NoSuchSubscription as error:
            abort(404, words_of(error))
        except LogError as error:
            abort(503, store_words(error))

    def _refused(self, kept: KeptWebhook, error: Exception) -> Response:
        form = AdminForm()
        return self._page(kept, form.blame(error), fault=form.fault)

    def _page(self, kept: KeptWebhook, status: int = 200, **more: object) -> Response:
        try:
            attempts = self._desk.deliveries(kept.webhook.hook_id)
        except LogError as error:
            more, attempts, status = {**more, "fault": store_words(error)}, [], 503
        values = {"one": kept, "attempts": attempts, **self._names(), **more}
        return frame.page("admin/webhook.html", status, **values)

    def _names(self) -> dict[str, Any]:
        fields = self._snapshot()
        return {
            "sites": {key: site.name for key, site in self._sites.known().items()},
            "doors": {row["doorId"]: row["doorName"] for row in fields["doors"]},
            "cameras": {row["cameraId"]: row["cameraName"] for row in fields["cameras"]},
            "zone": self._zone,
            "now": datetime.now(UTC),
            "topics": TOPICS,
            "scopes": SCOPES,
            "steps": STEPS,
        }


def _path(kept: KeptWebhook) -> str:
    return url_for("admin_webhooks.webhook", key=kept.webhook.key)
