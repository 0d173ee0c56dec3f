"""The Flask application."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from flask import Blueprint, Flask, Response

from peoplecount.services.camera_sheet import MOST_BYTES
from peoplecount.web import (
    access_log,
    account,
    alerts,
    api,
    audit,
    chart,
    counts,
    cross_site,
    dashboard,
    errors,
    fleet,
    gate,
    health,
    history,
    history_export,
    history_words,
    integrations,
    languages,
    metrics,
    page_version,
    parameters,
    patience,
    replay,
    request_ids,
    sign_in,
    signing,
    stream,
    stream_access,
    strict_transport,
    strip,
    trust,
    trusted_hosts,
)
from peoplecount.web import admin as administration
from peoplecount.web.browser_name import browser_name
from peoplecount.web.compiled_templates import CompiledTemplates
from peoplecount.web.context import WebContext
from peoplecount.web.formats import FILTERS
from peoplecount.web.live import evacuation, wall

SECURITY_HEADERS = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self'",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


LARGEST_REQUEST = MOST_BYTES + 100_000
"""Bytes: a file of cameras, and the form around it. Nothing else that is sent here is nearly as large."""


def create_app(context: WebContext) -> Flask:
    """The WSGI application on these services; starts nothing."""
    app = Flask(
        "peoplecount",
        template_folder=str(context.template_folder),
        static_folder=str(context.static_folder),
        static_url_path="/static",
    )
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.filters.update(trust.FILTERS)
    app.jinja_env.filters.update(strip.FILTERS)
    app.jinja_env.filters.update(fleet.FILTERS)
    app.jinja_env.filters.update(history_words.FILTERS)
    app.jinja_env.filters["browser_name"] = browser_name
    app.jinja_env.globals["demo"] = context.demo
    app.jinja_env.globals["replay"] = context.replay
    app.jinja_env.globals["can_sign_in"] = context.accounts is not None
    app.jinja_env.globals["has_administration"] = context.administration is not None
    app.jinja_env.globals["walks"] = context.cameras is not None
    app.jinja_env.globals["has_history"] = context.history is not None
    app.jinja_env.globals["has_alerts"] = context.alerts is not None
    app.jinja_env.globals["has_fleet"] = context.fleet is not None
    app.jinja_env.globals["has_webhooks"] = context.webhooks is not None
    context.requests.register(app)
    request_ids.register(app, context.addresses)
    if context.access_log:
        access_log.register(app, context.addresses)
    languages.register(app, context.translation_folder, context.addresses, context.accounts)
    for part in _parts(context):
        app.register_blueprint(part)
    page_version.register(app, context)
    errors.register(app)
    if context.trusted_hosts:
        trusted_hosts.register(app, context.trusted_hosts)
    cross_site.register(app, context.allowed_origins)
    parameters.register(app)
    api.register(app)
    if context.accounts is not None:
        signing.register(app, context.accounts, context.addresses, context.outside)
        for entrance in (sign_in, account):
            app.register_blueprint(entrance.routes(context, context.accounts))
        if context.outside is not None and context.outside.oidc is not None:
            app.register_blueprint(sign_in.oidc_routes(app, context.outside.oidc, context, context.accounts))
    gate.register(app, context.access, context.addresses)
    patience.register(app, context.rates, context.addresses)
    strict_transport.register(app, context.addresses, context.hsts_max_age)
    app.after_request(_secured)
    return app


def _parts(context: WebContext) -> Iterator[Blueprint]:
    """What there is to be seen, as far as the context has what it is made from."""
    for part in (
        dashboard,
        wall,
        evacuation,
        audit,
        history,
        history_export,
        stream,
        stream_access,
        chart,
        counts,
        health,
    ):
        yield part.routes(context)
    yield from api.routes(context)
    if context.fleet is not None:
        yield fleet.routes(context, context.fleet)
        yield metrics.routes(context.fleet, context.workers)
    if context.replay is not None:
        yield replay.routes(context.replay)
    if context.webhooks is not None:
        yield integrations.routes(context, context.webhooks)
    if context.alerts is not None:
        yield alerts.routes(context, context.alerts)
    if context.administration is not None:
        yield from administration.routes(context, context.administration)
    if context.cameras is not None:
        yield from administration.camera_routes(context.cameras)


def compile_templates(app: Flask, folder: Path | None = None) -> None:
    """Have all templates compiled by now: the first page would keep everybody waiting for a tenth of a second.

    They are kept in ``folder`` for the next process, or where ``CompiledTemplates`` keeps them.
    """
    app.jinja_env.bytecode_cache = CompiledTemplates(folder)
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)


def _secured(response: Response) -> Response:
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    return response
