"""Reports by mail: which are sent to whom, a new one, and what was sent."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, request, url_for
from werkzeug.wrappers import Response as AnyResponse
from wtforms import BooleanField, SelectChoice, SelectField, StringField
from wtforms.validators import ValidationError

from peoplecount.domain.report_schedule import Cadence, ReportPeriod, ReportSchedule
from peoplecount.domain.sentence import Sentence, say
from peoplecount.domain.visible_text import as_seen
from peoplecount.eventlog.log import LogError
from peoplecount.mail.letter import Writing
from peoplecount.services.alert_desk import NOT_SET
from peoplecount.services.counts import NoSuchPlace
from peoplecount.services.history_report import HistoryUnavailable
from peoplecount.services.report_clerk import NoMailServer, fates
from peoplecount.services.report_desk import ReportDesk
from peoplecount.services.report_schedules import ScheduleRefused
from peoplecount.services.site_desk import SiteDesk
from peoplecount.web.admin import frame
from peoplecount.web.admin.alert_form import LONGEST_NAME, MailForm, options
from peoplecount.web.admin.form import Text, answered, needed, sent, sentence, store_words
from peoplecount.web.admin.reach import reach_of
from peoplecount.web.errors import unavailable
from peoplecount.web.languages import book_now, language_choices

_NEW = ReportSchedule("", "", Cadence.WEEKLY, None, (), "en", time(7), datetime.fromtimestamp(0, UTC))


def cadence_words(cadence: Cadence) -> Sentence:
    """How often."""
    words = {Cadence.DAILY: say("every day"), Cadence.WEEKLY: say("every week"), Cadence.MONTHLY: say("every month")}
    return words[cadence]


class ScheduleForm(MailForm):
    """What can be said of a schedule."""

    name = Text(say("Name"), [needed(say("A name is needed, such as Shops of the north."))])
    cadence = SelectField(say("How often"), choices=[SelectChoice(one.value, cadence_words(one)) for one in Cadence])
    at = Text(say("At"), [needed(say("A time of day is needed, such as 07:00."))])
    is_on = BooleanField(say("Sent on schedule"))

    def validate_name(self, field: StringField) -> None:
        """Not too long."""
        if len(field.data or "") > LONGEST_NAME:
            raise ValidationError(say("The name is too long: %(most)s letters are allowed.", most=LONGEST_NAME))

    def validate_at(self, field: StringField) -> None:
        """Hours and minutes."""
        if _time(field.data) is None:
            raise ValidationError(say("%(text)s is no time of day such as 07:00.", text=repr(field.data[:20])))

    def validate_recipients(self, field: StringField) -> None:
        """One at least."""
        super().validate_recipients(field)
        if not self.addresses():
            raise ValidationError(say("Somebody has to get it: type in an address."))

    def schedule(self, schedule_id: str = "") -> ReportSchedule:
        """What was typed in, once it is valid."""
        return ReportSchedule(
            schedule_id=schedule_id,
            name=as_seen(self.name.data or ""),
            cadence=Cadence(self.cadence.data),
            sites=self.chosen_sites(),
            recipients=self.addresses(),
            language=self.language.data,
            at=_time(self.at.data) or time(7),
            begun=_NEW.begun,
            is_on=bool(self.is_on.data),
        )


def routes(desk: ReportDesk, sites: SiteDesk, zone: ZoneInfo) -> Blueprint:
    """``/admin/reports`` and everything under it, and ``/admin/new-report``."""
    blueprint = Blueprint("admin_reports", __name__, url_prefix="/admin")
    pages = _Pages(desk, sites, zone)
    blueprint.add_url_rule("/reports", "schedules", pages.schedules)
    blueprint.add_url_rule("/new-report", "add", pages.add, methods=["GET", "POST"])
    blueprint.add_url_rule("/reports/<schedule_id>", "schedule", pages.schedule, methods=["GET", "POST"])
    blueprint.add_url_rule("/reports/<schedule_id>/send", "send", pages.send, methods=["POST"])
    blueprint.add_url_rule("/reports/<schedule_id>/remove", "remove", pages.remove, methods=["POST"])
    return blueprint


class _Pages:
    def __init__(self, desk: ReportDesk, sites: SiteDesk, zone: ZoneInfo) -> None:
        self._desk = desk
        self._sites = sites
        self._zone = zone

    def schedules(self) -> Response:
        """The list, and what was sent."""
        return self._list()

    def add(self) -> AnyResponse:
        """A new one."""
        form = self._form(_NEW)
        if _is_preview():
            return self._preview(form, None)
        return answered(
            form,
            lambda status: self._page(form, None, status),
            lambda: self._desk.add(frame.author(), form.schedule()),
            lambda made: frame.done(self._begun(made), _path()),
        )

    def schedule(self, schedule_id: str) -> AnyResponse:
        """One of them, to be changed."""
        known = self._found(schedule_id)
        form = self._form(known)
        if _is_preview():
            return self._preview(form, known)
        return answered(
            form,
            lambda status: self._page(form, known, status),
            lambda: self._desk.change(frame.author(), form.schedule(schedule_id)),
            lambda _: frame.done(say("%(name)s is changed.", name=form.name.data), _path()),
        )

    def _begun(self, made: ReportSchedule) -> Sentence:
        if not self._desk.mail.is_set:
            return say("%(name)s is added. It is sent once a mail server is set (SMTP_HOST).", name=made.name)
        if not made.is_on:
            return say("%(name)s is added, and not sent on schedule.", name=made.name)
        return say("%(name)s is sent from now on.", name=made.name)

    def _preview(self, form: ScheduleForm, known: ReportSchedule | None) -> AnyResponse:
        """The mail that the form as it is filled in would make, with the figures of the last period that is over."""
        return answered(
            form,
            lambda status: self._page(form, known, status),
            lambda: self._written(form.schedule()),
            _letter,
        )

    def _written(self, schedule: ReportSchedule) -> Writing:
        try:
            return self._desk.preview(schedule)
        except HistoryUnavailable:
            unavailable(say("The history cannot be read just now."), 10)
        except NoSuchPlace as error:
            abort(409, sentence(error))

    def send(self, schedule_id: str) -> AnyResponse:
        """Send the period that is named, or the last one that is over, now."""
        known = self._found(schedule_id)
        try:
            text = request.form.get("period", "")
            period = ReportPeriod.of_key(text) if text else self._desk.newest_period(known)
            self._desk.send(frame.author(), schedule_id, period)
        except ValueError:
            abort(400, say("There is no such period."))
        except NoMailServer:
            return self._list(409, NOT_SET)
        except HistoryUnavailable:
            return self._list(503, say("The history cannot be read just now."))
        except NoSuchPlace as error:
            return self._list(409, sentence(error))
        except LogError as error:
            return self._list(503, store_words(error))
        return frame.done(say("%(name)s is on its way.", name=known.name), _path())

    def remove(self, schedule_id: str) -> AnyResponse:
        """It is sent no more."""
        try:
            was = self._desk.remove(frame.author(), schedule_id)
        except ScheduleRefused as error:
            abort(404, sentence(error))
        except LogError as error:
            return self._list(503, store_words(error))
        return frame.done(say("%(name)s is sent no more.", name=was.name), _path())

    def _found(self, schedule_id: str) -> ReportSchedule:
        try:
            return self._desk.schedule(schedule_id)
        except ScheduleRefused as error:
            abort(404, sentence(error))
        except LogError as error:
            unavailable(store_words(error), 5)

    def _form(self, known: ReportSchedule) -> ScheduleForm:
        shown = {
            **reach_of(known.sites),
            "name": known.name,
            "cadence": known.cadence.value,
            "recipients": "\n".join(known.recipients),
            "language": book_now().code if known is _NEW else known.language,
            "at": known.at.isoformat("minutes"),
            "is_on": known.is_on,
        }
        form = ScheduleForm(sent(), data=shown)
        form.offer(self._sites.offered(known.sites or ()), known.sites or ())
        form.speak(language_choices())
        form.cadence.choices = options((one.value, cadence_words(one)) for one in Cadence)
        return form

    def _page(self, form: ScheduleForm, known: ReportSchedule | None, status: int) -> Response:
        return frame.page("admin/report.html", status, form=form, schedule=known, mail=self._desk.mail)

    def _list(self, status: int = 200, fault: str = "") -> Response:
        values: dict[str, object] = {"found": None, "sent": [], "fault": fault}
        try:
            found = self._desk.schedules()
            names = {one.schedule_id: one.name for one in found}
            values |= {
                "found": [(one, cadence_words(one.cadence)) for one in found],
                "sent": [(one, names.get(one.schedule_id, ""), fates(letters)) for one, letters in self._desk.sent()],
            }
        except LogError as error:
            values["fault"], status = store_words(error), 503
        return frame.page(
            "admin/reports.html", status, sites=self._sites.known(), mail=self._desk.mail, zone=self._zone, **values
        )


def _is_preview() -> bool:
    return request.method == "POST" and "preview" in request.form


def _letter(writing: Writing) -> Response:
    """A mail's page, in a policy of its own: mail carries its style in itself, and nothing else is let in."""
    headers = {
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-popups",
        "Cache-Control": "no-store",
    }
    return Response(writing.html, headers=headers, content_type="text/html; charset=utf-8")


def _path() -> str:
    return url_for("admin_reports.schedules")


def _time(text: str | None) -> time | None:
    try:
        found = time.fromisoformat((text or "").strip())
    except ValueError:
        return None
    return found.replace(second=0, microsecond=0) if found.tzinfo is None else None
