"""The history: what was counted at a site, a door or a line over any period, as a page that needs no script."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    make_response,
    redirect,
    render_template,
    request,
    stream_template,
    url_for,
)

from peoplecount.domain.history_period import ONE_DAY, Beside, Grain
from peoplecount.domain.sentence import Sentence, say
from peoplecount.services.counts import NoSuchPlace
from peoplecount.services.counts_query import BadQuery
from peoplecount.services.history_query import Days, HistoryQuery, Hours
from peoplecount.services.history_report import HistoryDesk, HistoryReport, HistoryUnavailable
from peoplecount.services.unhurried import Breath, unhurried
from peoplecount.web.context import WebContext
from peoplecount.web.errors import written_under
from peoplecount.web.gate import visitor
from peoplecount.web.history_chart import chart_of, heat_of, share_bar
from peoplecount.web.history_words import (
    beside_words,
    change_words,
    days_words,
    grain_words,
    hours_words,
    part_words,
    presets,
    weekday_words,
)

PIECES_AT_ONCE = 500
"""Pieces of a page after which others have their turn."""


def routes(context: WebContext) -> Blueprint:
    """``/history``. Its whole question stands in its address, always in the same way, so that it can be passed on."""
    blueprint = Blueprint("history", __name__)

    @blueprint.get("/history")
    def history() -> Response:
        desk, query, own = asked(context)
        wanted = query.parameters()
        if list(request.args.items(multi=True)) != list(wanted.items()):
            answer = redirect(address_of(wanted), 302)
            answer.headers["Cache-Control"] = "no-store"
            return answer  # type: ignore[return-value]  # werkzeug's, of which Flask's is one
        try:
            report = desk.report(query, own)
        except HistoryUnavailable:
            known = desk.last_known(query, own)
            if known is None:
                return _page(render_template("history_away.html", reference=written_under()), 503)
            report = known
        except NoSuchPlace as error:
            abort(404, error.args[0])
        days = context.fleet.history_days() if context.fleet else 0
        pieces = stream_template("history.html", history_days=days, **_shown(report))
        return _page("".join(unhurried(pieces, Breath(PIECES_AT_ONCE))), 200)

    return blueprint


def asked(context: WebContext, but: str = "") -> tuple[HistoryDesk, HistoryQuery, Collection[str] | None]:
    """What is asked, and of which sites who asks may know. 400 and 404 in words.

    ``but`` is a parameter that is not of the question.
    """
    if context.history is None:
        abort(404, say("No history is kept here."))
    twice = [name for name, values in request.args.lists() if len(values) > 1]
    if twice:
        abort(400, say("%(name)s is given twice; once is enough.", name=twice[0][:40]))
    own = visitor().sites
    try:
        return (
            context.history,
            context.history.ask({name: value for name, value in request.args.items() if name != but}, own),
            own,
        )
    except BadQuery as error:
        abort(400, error.args[0])
    except NoSuchPlace as error:
        abort(404, error.args[0])


def address_of(parameters: Mapping[str, str]) -> str:
    """The page of a question."""
    values: dict[str, Any] = dict(parameters)
    return url_for("history.history", **values)


class Links:
    """Addresses of other questions that differ a little from this one."""

    def __init__(self, query: HistoryQuery) -> None:
        self._query = query

    def but(self, **changes: Any) -> str:  # noqa: ANN401 - fields of a question
        """The page of the same question but for some of its parts."""
        return address_of(replace(self._query, **changes).parameters())

    def place(self, site: str | None = None, door: str | None = None, line: str | None = None) -> str:
        """Another place, over the same time."""
        changes: dict[str, Any] = {"site_id": site, "door_id": door, "line_id": line}
        if site is None:
            changes |= {"hours": Hours.ALL, "days": Days.ALL}
        return self.but(**changes)

    def file(self, ending: str, table: str = "") -> str:
        """The same as a file."""
        values: dict[str, Any] = self._query.parameters() | ({"table": table} if table else {})
        return url_for("history_export.as_workbook" if ending == "xlsx" else "history_export.as_csv", **values)

    def rows(self) -> str:
        """Every line by itself, in steps that all exports have.

        Empty where the page shows only some hours or days, or what was known earlier: its sums would be others.
        """
        query = self._query
        if (query.hours, query.days, query.known) != (Hours.ALL, Days.ALL, None):
            return ""
        step = query.grain.value if query.grain in (Grain.QUARTER, Grain.HOUR) else Grain.DAY.value
        until = query.last + ONE_DAY
        values: dict[str, Any] = {"from": query.first.isoformat(), "to": until.isoformat(), "step": step}
        places = {"site": query.site_id, "door": query.door_id, "line": query.line_id}
        return url_for("counts.export", **(values | {name: one for name, one in places.items() if one}))

    def everything(self) -> str:
        """The same with all hours and days."""
        return self.but(hours=Hours.ALL, days=Days.ALL)

    def period(self, first: Any, last: Any) -> str:  # noqa: ANN401 - dates
        """Another time, in steps that fit it."""
        wanted = replace(self._query, first=first, last=last).parameters()
        wanted.pop("step")
        return address_of(wanted)


def _page(body: str, status: int) -> Response:
    response = make_response(body, status)
    response.headers["Cache-Control"] = "no-store"
    if status == 503:
        response.headers["Retry-After"] = "10"
    return response


def _shown(report: HistoryReport) -> Mapping[str, Any]:
    today = report.today
    most = max((child.total.entered for child in report.children if child.total), default=0)
    children = [
        (child, share_bar(child.total, most) if child.total else 0.0, _child_link(report, child.place.subject))
        for child in report.children
    ]
    return {
        "report": report,
        "query": report.query,
        "chart": chart_of(report),
        "heat": heat_of(report.week) if report.week else None,
        "children": children,
        "links": Links(report.query),
        "presets": presets(today),
        "earlier": _moved(report, -1),
        "later": _moved(report, 1) if report.period.last < today else None,
        "choices": _choices(report.query),
        "today": today,
        "is_running": any(row.is_running or row.is_ahead for row in report.rows),
        "weekdays": weekday_words(),
        "change": change_words(report.total, report.before),
        "changes": [change_words(row.total, row.before) for row in report.rows],
        "names": [part_words(row.part, report.query.grain) for row in report.rows],
    }


Choice = tuple[str, Sentence, Sequence[Any], Any, Callable[[Any], Sentence]]


def _choices(query: HistoryQuery) -> list[Choice]:
    """Of each field its name, its label, what can be chosen and is, and how that is said."""
    of_all: list[Choice] = [
        ("step", say("By"), list(Grain), query.grain, grain_words),
        ("compare", say("Compare with"), list(Beside), query.beside, beside_words),
    ]
    of_site: list[Choice] = [
        ("hours", say("Hours"), list(Hours), query.hours, hours_words),
        ("days", say("Days"), list(Days), query.days, days_words),
    ]
    return [*of_all, *(of_site if query.site_id else [])]


def _moved(report: HistoryReport, direction: int) -> str:
    """The same length of time, right before or after."""
    days = report.period.days * direction * ONE_DAY
    return Links(report.query).but(first=report.period.first + days, last=report.period.last + days)


def _child_link(report: HistoryReport, subject: str) -> str:
    query, links = report.query, Links(report.query)
    if query.site_id is None:
        return links.place(subject)
    if query.door_id is None:
        return links.place(query.site_id, subject)
    return links.place(query.site_id, query.door_id, subject)
