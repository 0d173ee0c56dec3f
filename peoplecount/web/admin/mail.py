"""Mail: whether it goes, tried with a letter, and what became of the others."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request, url_for
from werkzeug.wrappers import Response as AnyResponse
from wtforms.validators import ValidationError

from peoplecount.domain.mail_address import mail_address
from peoplecount.domain.sentence import say, whole, words_of
from peoplecount.eventlog.log import LogError
from peoplecount.mail.smtp import MailFailure
from peoplecount.services.alert_desk import MailDesk
from peoplecount.services.outbox import About, Posted
from peoplecount.web.admin import frame
from peoplecount.web.admin.form import AdminForm, Text, needed, sent, store_words
from peoplecount.web.languages import book_now

SHOWN = 100


class TestForm(AdminForm):
    """Where a letter is sent to see whether letters arrive."""

    address = Text(say("Send a test mail to"), [needed(say("Type in the address it is to go to."))])

    def validate_address(self, field: Text) -> None:
        """One address."""
        try:
            mail_address(field.data or "")
        except ValueError as error:
            raise ValidationError(whole(words_of(error))) from error


def routes(desk: MailDesk, zone: ZoneInfo) -> Blueprint:
    """``/admin/mail``."""
    blueprint = Blueprint("admin_mail", __name__, url_prefix="/admin/mail")

    @blueprint.route("", methods=["GET", "POST"])
    def mail() -> AnyResponse:
        form, status = TestForm(sent()), 200
        if request.method == "POST":
            status = 400
            if form.validate():
                try:
                    said = desk.test(frame.author(), form.address.data, book_now().code)
                except MailFailure as error:
                    form.fault, status = words_of(error), 502
                else:
                    words = say(
                        "The mail server has taken the test mail for %(address)s: %(said)s.",
                        address=form.address.data,
                        said=said,
                    )
                    return frame.done(words, url_for("admin_mail.mail"))
        return _page(form, status)

    def _page(form: TestForm, status: int) -> Response:
        found: list[Posted] | None = None
        try:
            found = sorted([*desk.history(About.ALERT), *desk.history(About.REPORT)], key=lambda one: one.made)
        except LogError as error:
            form.fault, status = store_words(error), 503
        shown = found[: -SHOWN - 1 : -1] if found is not None else None
        return frame.page("admin/mail.html", status, form=form, desk=desk, found=shown, zone=zone)

    return blueprint
