"""Who may open a stream, and who may end those of others."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NoReturn

from flask import Blueprint, Response, abort, g, request

from peoplecount.eventlog.log import LogError
from peoplecount.services.signed_in import AccountsUnavailable
from peoplecount.services.stream_tickets import TICKET_SECONDS, StreamTickets, TicketsUnavailable
from peoplecount.web.client_address import client_named
from peoplecount.web.context import WebContext
from peoplecount.web.errors import unavailable
from peoplecount.web.gate import demand_fit, visitor
from peoplecount.web.needs import STREAM


def routes(context: WebContext) -> Blueprint:
    """``/events/ticket`` and ``/close-stream``."""
    blueprint = Blueprint("stream_access", __name__)

    @blueprint.post("/events/ticket")
    def ticket() -> Response:
        if context.tickets is None:
            abort(404, "No tickets are given here.")
        try:
            given = context.tickets.give(visitor().holder, context.addresses.of(request))
        except TicketsUnavailable as error:
            unavailable(str(error), 10)
        body = json.dumps({"ticket": given, "seconds": TICKET_SECONDS})
        return Response(body, 201, {"Cache-Control": "no-store"}, content_type="application/json")

    @blueprint.post("/close-stream")
    def close_stream() -> Response:
        client = _client_to_end()
        try:
            context.close_streams(client)
        except LogError as error:
            unavailable(str(error), 10)
        return Response(status=202, headers={"Cache-Control": "no-store"})

    return blueprint


def _client_to_end() -> str:
    """Whose streams are to be ended, empty for everybody's. 400 for whatever else is said: it may be meant for one."""
    said = {name for values in (request.args, request.form) for name in values}
    allowed = "Name one client (client=192.0.2.7), or say nothing at all to end all streams."
    if strange := sorted(said - {"client"}):
        abort(400, f"{strange[0][:40]!r} is no parameter here. {allowed}")
    if request.content_length and not request.form:
        abort(400, f"The body is no form. {allowed}")
    clients = request.args.getlist("client") + request.form.getlist("client")
    if not clients:
        return ""
    try:
        (client,) = {client_named(one) for one in clients}
    except ValueError as error:
        abort(400, f"client: {error}. {allowed}" if len(clients) == 1 else allowed)
    return client


def demand_visitor(context: WebContext) -> None:
    """Whoever opens a stream may look: by a ticket where one is shown, and then by that alone. 401, 403 or 503.

    The ticket stays good until ``take_ticket``. Who has it may what its holder may now, who may have signed out since.
    """
    ticket = _ticket_shown(context)
    if ticket is None:
        if "visitor" not in g:  # the gate has left it to a ticket, and none are given here
            _sign_in_first()
        return
    holder = _demand_good(ticket[0].holder_of, ticket[1])
    try:
        found = context.access.of_holders([holder]).get(holder)
    except AccountsUnavailable as error:
        unavailable(str(error), 10)
    if found is None:
        abort(401, "Whoever asked for this ticket has been signed out since.")
    demand_fit(STREAM, found)
    g.visitor = found


def take_ticket(context: WebContext) -> None:
    """Nothing is in the way of the stream any more: its ticket is used up. 401 or 503."""
    ticket = _ticket_shown(context)
    if ticket is not None:
        _demand_good(ticket[0].redeem, ticket[1])


def _ticket_shown(context: WebContext) -> tuple[StreamTickets, str] | None:
    ticket = request.args.get("ticket")
    return None if ticket is None or context.tickets is None else (context.tickets, ticket)


def _demand_good(look: Callable[[str], str | None], ticket: str) -> str:
    try:
        holder = look(ticket)
    except TicketsUnavailable as error:
        unavailable(str(error), 10)
    if holder is None:
        abort(401, "This ticket was used already, or is too old. Ask for another: POST /events/ticket.")
    return holder


def _sign_in_first() -> NoReturn:
    abort(401, "Sign in, send an API token in a header, or open the stream with a ticket (POST /events/ticket).")
