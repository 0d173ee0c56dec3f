"""API tokens: which there are, when each was used last, a new one, and none of what they are themselves."""

from __future__ import annotations

from collections.abc import Collection

from flask import Blueprint, Response, url_for
from werkzeug.wrappers import Response as AnyResponse
from wtforms import SelectChoice, SelectMultipleField
from wtforms.validators import ValidationError
from wtforms.widgets import CheckboxInput

from peoplecount.domain.sentence import say
from peoplecount.domain.visitor import Scope
from peoplecount.eventlog.log import LogError
from peoplecount.services.administration import Administration
from peoplecount.services.token_desk import LONGEST_DAYS
from peoplecount.web.admin import frame
from peoplecount.web.admin.form import KNOWN_FAULTS, AdminForm, Text, answered, needed, sent, store_words
from peoplecount.web.admin.reach import ReachForm
from peoplecount.web.base_address import base_address

_SCOPES = [
    SelectChoice(Scope.READ.value, say("read figures: stream, tickets, chart, counts, export, records")),
    SelectChoice(Scope.HEALTH.value, say("see in detail how the service is doing")),
    SelectChoice(Scope.END_STREAMS.value, say("end streams")),
    SelectChoice(Scope.SUBSCRIBE.value, say("subscribe an address to events")),
    SelectChoice(Scope.OPERATE.value, say("poll a camera at once")),
]


class TokenForm(ReachForm):
    """A token that is to be made."""

    label = Text(say("What it is for"), [needed(say("Words are needed for what it is for, such as Power BI."))])
    scopes = SelectMultipleField(
        say("Permissions"),
        choices=_SCOPES,
        default=[Scope.READ.value],
        option_widget=CheckboxInput(),
    )
    days = Text(say("Validity in days"))

    def validate_scopes(self, field: SelectMultipleField) -> None:
        """One at least. A validator that says so to browsers would make them want every box ticked."""
        if not field.data:
            raise ValidationError(say("Tick one thing at least that it may do."))

    def validate_days(self, field: Text) -> None:
        """A number of days, or nothing."""
        if field.data and self.number_of_days() is None:
            raise ValidationError(
                say(
                    "%(data)s is not a number of days: 1 to %(longest_days)s, or nothing.",
                    data=repr(field.data[:20]),
                    longest_days=LONGEST_DAYS,
                )
            )

    def number_of_days(self) -> int | None:
        """Also ``None`` where what was typed is no such number."""
        text = self.days.data or ""
        days = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
        return days if 1 <= days <= LONGEST_DAYS else None


def routes(administration: Administration, public_url: str) -> Blueprint:
    """``/admin/tokens`` and what is sent from there."""
    blueprint = Blueprint("admin_tokens", __name__, url_prefix="/admin")
    pages = _Pages(administration, public_url)
    blueprint.add_url_rule("/tokens", "tokens", pages.tokens)
    blueprint.add_url_rule("/new-token", "add", pages.add, methods=["GET", "POST"])
    blueprint.add_url_rule("/tokens/<token_id>/revoke", "revoke", pages.revoke, methods=["POST"])
    return blueprint


class _Pages:
    def __init__(self, administration: Administration, public_url: str) -> None:
        self._desk = administration.tokens
        self._sites = administration.sites
        self._zone = administration.zone
        self._public_url = public_url

    def tokens(self) -> Response:
        return self._page()

    def add(self) -> AnyResponse:
        form = TokenForm(sent())
        form.offer(self._sites.offered())
        return answered(
            form,
            lambda status: frame.page("admin/token_new.html", status, form=form),
            lambda: self._add(form),
            lambda token: self._page(
                token=token, label=form.label.data, example=self._example(token, form.scopes.data)
            ),
        )

    def _add(self, form: TokenForm) -> str:
        scopes, days = [Scope(scope) for scope in form.scopes.data], form.number_of_days()
        return self._desk.add(frame.author(), form.label.data, scopes, sites=form.chosen_sites(), days=days)

    def _example(self, token: str, scopes: Collection[str]) -> str:
        """A request to try the token with; empty where it may do nothing that a try would show."""
        if Scope.READ.value not in scopes:
            return ""
        return f"curl -H 'Authorization: Bearer {token}' '{base_address(self._public_url)}/api/v1/ping'"

    def revoke(self, token_id: str) -> AnyResponse:
        try:
            revoked = self._desk.revoke(frame.author(), token_id)
        except KNOWN_FAULTS as error:
            form = AdminForm()
            return self._page(form.blame(error), fault=form.fault)
        return frame.done(
            say("The token for %(label)s is good no longer.", label=revoked.label), url_for("admin_tokens.tokens")
        )

    def _page(self, status: int = 200, **more: object) -> Response:
        """The list; a new token is shown with it, this once, and stands in no address and no cookie."""
        shown: dict[str, object] = {"sites": self._sites.known(), "zone": self._zone}
        try:
            found = self._desk.in_hand()
        except LogError as error:
            return frame.page("admin/tokens.html", 503, **{**shown, **more, "found": None, "fault": store_words(error)})
        return frame.page("admin/tokens.html", status, found=found, **{**shown, **more})
