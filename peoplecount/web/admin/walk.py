"""The walk test of a door, on a phone: walk through, see what is counted, and hold it against what you saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, jsonify, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.utils import redirect
from werkzeug.wrappers import Response as AnyResponse

from peoplecount.domain.reading import Totals
from peoplecount.domain.sentence import say
from peoplecount.eventlog.log import LogError
from peoplecount.services.site_day import zone_of
from peoplecount.services.swap_moments import this_hour
from peoplecount.services.walk_tests import NoSuchDoor, WalkedDoor, WalkedLine
from peoplecount.storage.errors import DatabaseError, InvalidEntry
from peoplecount.sunapi.errors import CameraError
from peoplecount.web import gate
from peoplecount.web.admin import frame
from peoplecount.web.admin.camera_form import words_of
from peoplecount.web.context import CameraPages
from peoplecount.web.errors import unavailable

MOST_BY_HAND = 100_000
_FAULTS = (CameraError, DatabaseError, LogError, ValueError)


def routes(pages: CameraPages) -> Blueprint:
    """``/admin/walk/DOOR`` and what is asked and sent from there."""
    blueprint = Blueprint("admin_walk", __name__, url_prefix="/admin/walk/<door_id>")
    desk = _Desk(pages)
    blueprint.add_url_rule("", "walk", desk.walk)
    blueprint.add_url_rule("", "begin", desk.begin, methods=["POST"])
    blueprint.add_url_rule("/figures", "figures", desk.figures)
    blueprint.add_url_rule("/result", "conclude", desk.conclude, methods=["POST"])
    blueprint.add_url_rule("/swap", "swap", desk.swap, methods=["POST"])
    return blueprint


class _Desk:
    def __init__(self, pages: CameraPages) -> None:
        self._walks = pages.walks
        self._lines = pages.office.lines

    def walk(self, door_id: str) -> Response:
        """Before the test, or in the midst of it: what the totals were at its beginning is in the address."""
        return self._page(self._door(door_id), _before(request.args))

    def begin(self, door_id: str) -> AnyResponse:
        """From now on it counts."""
        door = self._door(door_id)
        try:
            lines = self._walks.read(door)
        except _FAULTS as error:
            return self._page(door, {}, 502, fault=words_of(error))
        silent = [line.name for line in lines if line.totals is None]
        if silent:
            fault = say(
                "The camera says nothing of %(lines)s. Is that line switched on in the camera?",
                lines=", ".join(silent),
            )
            return self._page(door, {}, 502, fault=fault)
        return redirect(self._address(door, {line.line_id: line.totals for line in lines if line.totals}), 303)

    def figures(self, door_id: str) -> AnyResponse:
        """The lines as they are now, for the script of the page."""
        door, before = self._door(door_id), _before(request.args)
        try:
            lines = self._walks.read(door)
            counted = self._walks.counted(door, before, lines)
        except _FAULTS as error:
            answer = jsonify({"fault": words_of(error)})
            answer.status_code = 502
        else:
            answer = jsonify({"in": counted.in_total, "out": counted.out_total, "lines": _shown(lines, before)})
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def conclude(self, door_id: str) -> AnyResponse:
        """Hold it against what somebody saw."""
        door, before = self._door(door_id), _before(request.form)
        by_hand = _by_hand(request.form)
        if by_hand is None:
            fault = say(
                "Enter how many you saw go in, and how many out: whole numbers up to %(most_by_hand)s.",
                most_by_hand=MOST_BY_HAND,
            )
            return self._page(door, before, 400, fault=fault, typed=request.form)
        try:
            self._walks.conclude(gate.visitor(), door, before, by_hand)
        except _FAULTS as error:
            return self._page(door, before, 502, fault=words_of(error), typed=request.form)
        return redirect(self._address(door, {}), 303)

    def swap(self, door_id: str) -> AnyResponse:
        """Exchange in and out of a line of the door, from this hour on."""
        door, line_id = self._door(door_id), request.form.get("line", "")
        if line_id not in {str(line.key) for line in door.lines}:
            abort(404, say("There is no such line at this door."))
        zone = zone_of(door.site)
        since = this_hour(door.site, self._lines.now()).astimezone(zone)
        try:
            self._lines.swap(gate.visitor(), line_id, since.isoformat())
        except (InvalidEntry, DatabaseError) as error:
            return self._page(door, {}, 400, fault=words_of(error))
        return frame.done(
            say("In and out are swapped from %(since)s on. Test once more.", since=f"{since:%H:%M}"),
            self._address(door, {}),
        )

    def _door(self, door_id: str) -> WalkedDoor:
        try:
            return self._walks.door(gate.visitor(), door_id)
        except NoSuchDoor:
            abort(404, say("There is no such door, or no line counts at it."))
        except DatabaseError as error:
            unavailable(str(error), 10)

    def _page(self, door: WalkedDoor, before: Mapping[str, Totals], status: int = 200, **values: object) -> Response:
        fault = values.pop("fault", "")
        lines: Sequence[WalkedLine] = ()
        counted = None
        if before and not fault:
            try:
                lines = self._walks.read(door)
                counted = self._walks.counted(door, before, lines)
            except _FAULTS as error:
                fault = words_of(error)
        try:
            walks = self._walks.walks(door.door_id)
        except LogError as error:
            unavailable(str(error), 10)
        return frame.page(
            "admin/walk.html",
            status,
            door=door,
            before=before,
            base=_query(before),
            counted=counted,
            lines=_shown(lines, before) if counted else [],
            walks=walks,
            fault=fault,
            **values,
        )

    def _address(self, door: WalkedDoor, before: Mapping[str, Totals]) -> str:
        path = url_for("admin_walk.walk", door_id=door.door_id)
        return f"{path}?{_query(before)}" if before else path


def _query(before: Mapping[str, Totals]) -> str:
    return urlencode([("from", f"{line_id}:{one.in_total}:{one.out_total}") for line_id, one in before.items()])


def _before(asked: MultiDict[str, str]) -> dict[str, Totals]:
    """What the totals of each line were; what cannot be read is left out, so that the test must be begun again."""
    found: dict[str, Totals] = {}
    for text in asked.getlist("from")[:64]:
        line_id, _, totals = text.partition(":")
        entered, _, left = totals.partition(":")
        if line_id and _is_count(entered) and _is_count(left):
            found[line_id] = Totals(int(entered), int(left))
    return found


def _by_hand(form: Mapping[str, str]) -> Totals | None:
    entered, left = form.get("in", "").strip(), form.get("out", "").strip()
    if not (_is_count(entered) and _is_count(left)) or max(int(entered), int(left)) > MOST_BY_HAND:
        return None
    return Totals(int(entered), int(left))


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 13


def _shown(lines: Sequence[WalkedLine], before: Mapping[str, Totals]) -> list[dict[str, object]]:
    return [
        {
            "lineId": line.line_id,
            "name": line.name,
            "in": line.totals.in_total - before[line.line_id].in_total,
            "out": line.totals.out_total - before[line.line_id].out_total,
        }
        for line in lines
        if line.totals and line.line_id in before
    ]
