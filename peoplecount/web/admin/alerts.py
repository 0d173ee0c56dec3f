"""Rules of alerts: which there are, a new one, and changing one."""

from __future__ import annotations

from flask import Blueprint, Response, abort, url_for
from werkzeug.wrappers import Response as AnyResponse

from peoplecount.domain.alert_rule import AlertKind, AlertRule
from peoplecount.domain.sentence import say
from peoplecount.eventlog.log import LogError
from peoplecount.services.alert_desk import AlertDesk, called
from peoplecount.services.alert_rules import RuleRefused
from peoplecount.services.alert_words import kind_words
from peoplecount.services.site_desk import SiteDesk
from peoplecount.web.admin import frame
from peoplecount.web.admin.alert_form import RuleForm, fields_of, options
from peoplecount.web.admin.form import answered, sent, sentence, store_words
from peoplecount.web.languages import book_now, language_choices

_NEW = AlertRule("", AlertKind.OVER, "")


def routes(desk: AlertDesk, sites: SiteDesk) -> Blueprint:
    """``/admin/alerts`` and everything under it, and ``/admin/new-alert``."""
    blueprint = Blueprint("admin_alerts", __name__, url_prefix="/admin")
    pages = _Pages(desk, sites)
    blueprint.add_url_rule("/alerts", "rules", pages.rules)
    blueprint.add_url_rule("/new-alert", "add", pages.add, methods=["GET", "POST"])
    blueprint.add_url_rule("/alerts/<rule_id>", "rule", pages.rule, methods=["GET", "POST"])
    blueprint.add_url_rule("/alerts/<rule_id>/remove", "remove", pages.remove, methods=["POST"])
    return blueprint


class _Pages:
    def __init__(self, desk: AlertDesk, sites: SiteDesk) -> None:
        self._desk = desk
        self._sites = sites

    def rules(self) -> Response:
        """The list."""
        return self._list()

    def add(self) -> AnyResponse:
        """A new one."""
        form = self._form(_NEW)
        return answered(
            form,
            lambda status: self._page(form, status),
            lambda: self._desk.add(frame.author(), form.rule()),
            lambda made: frame.done(say("The rule %(rule)s is added.", rule=called(made)), _path()),
        )

    def rule(self, rule_id: str) -> AnyResponse:
        """One of them, to be changed."""
        try:
            known = self._desk.rule(rule_id)
        except RuleRefused as error:
            abort(404, sentence(error))
        except LogError as error:
            return self._list(503, store_words(error))
        form = self._form(known)
        return answered(
            form,
            lambda status: self._page(form, status, known),
            lambda: self._desk.change(frame.author(), form.rule(rule_id)),
            lambda _: frame.done(say("The rule %(rule)s is changed.", rule=called(form.rule(rule_id))), _path()),
        )

    def remove(self, rule_id: str) -> AnyResponse:
        """It looks at nothing any more."""
        try:
            was = self._desk.remove(frame.author(), rule_id)
        except RuleRefused as error:
            abort(404, sentence(error))
        except LogError as error:
            return self._list(503, store_words(error))
        return frame.done(say("The rule %(rule)s is removed.", rule=called(was)), _path())

    def _form(self, rule: AlertRule) -> RuleForm:
        language = book_now().code if rule is _NEW else rule.language
        form = RuleForm(sent(), data=fields_of(rule) | {"language": language})
        form.offer(self._sites.offered(rule.sites or ()), rule.sites or ())
        form.speak(language_choices())
        form.kind.choices = options((kind.value, kind_words(kind)) for kind in AlertKind)
        return form

    def _page(self, form: RuleForm, status: int, rule: AlertRule | None = None) -> Response:
        name = called(rule) if rule else ""
        return frame.page("admin/alert_rule.html", status, form=form, rule=rule, name=name, mail=self._desk.mail)

    def _list(self, status: int = 200, fault: str = "") -> Response:
        found: list[AlertRule] | None = None
        if not fault:
            try:
                found = self._desk.rules()
            except LogError as error:
                status, fault = 503, store_words(error)
        return frame.page(
            "admin/alerts.html",
            status,
            found=[(one, called(one)) for one in found] if found is not None else None,
            fault=fault,
            sites=self._sites.known(),
            mail=self._desk.mail,
        )


def _path() -> str:
    return url_for("admin_alerts.rules")
