"""The page of integrations: which ways lead to Power Automate and others, and which of them fits here."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

from flask import Blueprint, Response, current_app, make_response, render_template
from werkzeug.exceptions import HTTPException

from peoplecount.domain.webhook import Topic
from peoplecount.eventlog.log import LogError
from peoplecount.services.administration import Administration
from peoplecount.services.api_tokens import ApiToken
from peoplecount.services.cloud_reach import cloud_reach
from peoplecount.services.mqtt_desk import MqttDesk, MqttStanding
from peoplecount.services.subscriptions import Subscriptions
from peoplecount.services.webhook_samples import sample
from peoplecount.web import gate
from peoplecount.web.base_address import base_address
from peoplecount.web.context import WebContext
from peoplecount.web.needs import NEEDS
from peoplecount.web.webhook_words import TOPICS

SHOWN_TOPICS = (
    *(Topic.INTERVAL_CLOSED, Topic.OCCUPANCY_ABOVE, Topic.CAMERA_SILENT),
    *(Topic.ALERT, Topic.COUNT_CORRECTION, Topic.COUNT),
)
"""Of which samples are shown; the others look like one of them."""

NEVER = datetime.min.replace(tzinfo=UTC)

FEED = "/api/v1/counts.csv"
FEED_QUERY = "?scope=door&step=60&from="


def routes(context: WebContext, desk: Subscriptions) -> Blueprint:
    """``/integrations``."""
    blueprint = Blueprint("integrations", __name__)

    @blueprint.get("/integrations")
    def integrations() -> Response:
        may_change = gate.may(NEEDS["admin_webhooks.webhooks"], gate.visitor())
        answer = make_response(
            render_template(
                "integrations.html",
                public_url=context.public_url,
                reach=cloud_reach(context.public_url),
                samples=[(TOPICS[topic], sample_text(topic)) for topic in SHOWN_TOPICS],
                may_change=may_change,
                webhooks=_webhooks(desk) if may_change else None,
                tokens=_tokens(context.administration) if _may_see_tokens() else None,
                feed=_feed(context) if _is_there(FEED) else None,
                power_query=_power_query(context),
                publishes=context.mqtt is not None,
                mqtt=_standing(context.mqtt),
                has_docs=_is_there("/docs"),
                has_connector=_is_there("/powerautomate/apiDefinition.swagger.json"),
                now=datetime.now(UTC),
            )
        )
        answer.headers["Cache-Control"] = "no-store"
        return answer

    return blueprint


def sample_text(topic: Topic) -> str:
    """A sample of what is sent, for the trigger of a flow."""
    moment = datetime(2026, 3, 3, 14, 15, 2, tzinfo=UTC)
    return json.dumps({"id": "3f9a61c2-4711", **sample(topic, moment)}, ensure_ascii=False, indent=2)


def _webhooks(desk: Subscriptions) -> list[object] | None:
    """``None`` where they cannot be looked up just now."""
    try:
        return list(desk.webhooks())
    except LogError:
        return None


def _may_see_tokens() -> bool:
    return gate.may(NEEDS["admin_tokens.tokens"], gate.visitor())


def _feed(context: WebContext) -> str:
    """The address of the file of counts by the hour, from the beginning of this year."""
    return f"{base_address(context.public_url)}{FEED}{FEED_QUERY}{_this_year(context)}"


def _power_query(context: WebContext) -> str:
    """The query of ``static/power-bi.pq`` for this server, from the beginning of this year."""
    text = Path(current_app.static_folder or "", "power-bi.pq").read_text(encoding="utf-8")
    constants = {"Server": base_address(context.public_url), "From": _this_year(context)}
    for name, value in constants.items():
        text = re.sub(rf'(?m)^( +{name} = )"[^"]*"', lambda found, value=value: f'{found[1]}"{value}"', text)  # type: ignore[misc]
    return text


def _this_year(context: WebContext) -> str:
    return f"{context.clock.now().year}-01-01"


def _tokens(administration: Administration | None) -> list[ApiToken] | None:
    """Those that are good, the one that was used last first; ``None`` where they cannot be looked up just now."""
    if administration is None:
        return None
    try:
        good = [token for token, is_good in administration.tokens.in_hand() if is_good]
    except LogError:
        return None
    return sorted(good, key=lambda token: token.used or NEVER, reverse=True)


def _standing(desk: MqttDesk | None) -> MqttStanding | None:
    """``None`` where nothing is published, and where that cannot be looked up just now."""
    try:
        return desk.standing() if desk else None
    except LogError:
        return None


def _is_there(path: str) -> bool:
    try:
        current_app.url_map.bind("").match(path, "GET")
    except HTTPException:
        return False
    return True
