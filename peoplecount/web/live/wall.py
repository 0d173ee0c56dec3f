"""A screen on a wall: large figures for who stands far away, and the code by which it is let in."""

from __future__ import annotations

from flask import Blueprint, Response, abort, jsonify, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from peoplecount.domain.sentence import say
from peoplecount.domain.visitor import Way
from peoplecount.eventlog.log import LogError
from peoplecount.services.screen import WaitingScreen
from peoplecount.services.screen_desk import ScreenDesk
from peoplecount.services.screens import CODE_LIFE, ScreenRefused
from peoplecount.stream.selection import Selection
from peoplecount.stream.snapshot import only
from peoplecount.web.board_page import board_page
from peoplecount.web.context import WebContext
from peoplecount.web.errors import unavailable
from peoplecount.web.gate import visitor
from peoplecount.web.own_sites import own_part
from peoplecount.web.screen_cookie import keep, screen_cookie
from peoplecount.web.transport import Transport, transport_of


def routes(context: WebContext) -> Blueprint:
    """``/wall``, its part that changes when sites do, and ``/wall/pair``, where a screen waits to be confirmed."""
    blueprint = Blueprint("wall", __name__, url_prefix="/wall")
    pages = _Pages(context)
    blueprint.add_url_rule("", "wall", pages.wall)
    blueprint.add_url_rule("/board", "board", pages.board)
    blueprint.add_url_rule("/pair", "pair", pages.pair)
    blueprint.add_url_rule("/pair/state", "state", pages.state)
    return blueprint


class _Pages:
    def __init__(self, context: WebContext) -> None:
        self._context = context

    def wall(self) -> Response:
        """Whoever may look sees it; a screen is sent its cookie again, so that it lasts as long as it is used."""
        answer = self._render("live/wall.html")
        secret = request.cookies.get(screen_cookie(self._way))
        if secret and visitor().way is Way.SCREEN:
            keep(answer, self._way, secret)
        return answer

    def board(self) -> Response:
        return self._render("live/wall_board.html")

    def _render(self, template: str) -> Response:
        snapshot = self._context.snapshots()
        scope = self._scope()
        fields = own_part(visitor(), snapshot.fields)
        is_ready = self._context.hub.ready
        if scope:
            fields = only(fields, Selection(sites=frozenset(scope)))
        if is_ready and request.args.get("site") and not fields["sites"]:
            abort(404, say("There is no such site."))
        page = board_page({"id": str(snapshot.event_id) if is_ready else "", **fields})
        asked = request.args.get("site", "")
        address = url_for("wall.board", site=asked or None)
        answer = make_response(render_template(template, page=page, ready=is_ready, scope=scope, board=address))
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def _scope(self) -> list[str]:
        """The ids of the sites that are shown; empty: all there are. 404 for one that is not theirs."""
        of = visitor()
        asked = request.args.get("site", "")
        if asked and not of.may_see(asked):
            abort(404, say("There is no such site."))
        return [asked] if asked else sorted(of.sites or ())

    def pair(self) -> AnyResponse:
        """The code of this browser; a new one where it has none, or too old a one."""
        desk = self._desk()
        if refused := self._not_this_way():
            return refused
        secret = request.cookies.get(screen_cookie(self._way), "")
        try:
            if secret and desk.of_secret(secret):
                return redirect(url_for("wall.wall"), 303)
            if secret and (own := desk.claim(secret)):
                admitted = make_response(redirect(url_for("wall.wall"), 303))
                admitted.headers["Cache-Control"] = "no-store"
                keep(admitted, self._way, own)
                return admitted
            waiting = desk.waiting(secret) if secret else None
            if waiting is None:
                secret, waiting = desk.ask(self._context.addresses.of(request), request.headers.get("User-Agent", ""))
        except ScreenRefused as error:
            return self._page(429, fault=error)
        except LogError as error:
            unavailable(str(error), 10)
        answer = self._page(code=waiting.code, seconds=self._seconds_left(waiting))
        keep(answer, self._way, secret)
        return answer

    def state(self) -> Response:
        """How it stands with the code of this browser, for its script."""
        desk = self._desk()
        secret = request.cookies.get(screen_cookie(self._way), "")
        try:
            state = "confirmed" if desk.is_confirmed(secret) else "waiting" if desk.waiting(secret) else "over"
        except LogError as error:
            unavailable(str(error), 10)
        answer = jsonify({"state": state})
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def _page(self, status: int = 200, **values: object) -> Response:
        answer = make_response(render_template("live/pair.html", **values), status)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def _not_this_way(self) -> Response | None:
        """What opens a view must not be read along with, like a password."""
        if self._way in {Transport.SECURE, Transport.LOCAL}:
            return None
        return self._page(403, plain=True)

    def _desk(self) -> ScreenDesk:
        administration = self._context.administration
        return administration.screens if administration else abort(404, "Nobody confirms screens here.")

    def _seconds_left(self, waiting: WaitingScreen) -> int:
        """Until its code is too old, by the clock of real time: the page's own may be a played one."""
        return max(1, int(CODE_LIFE.total_seconds() - self._desk().age(waiting)))

    @property
    def _way(self) -> Transport:
        return transport_of(request, self._context.addresses)
