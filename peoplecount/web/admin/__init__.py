"""The pages of administration."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint

from peoplecount.services.administration import Administration
from peoplecount.web.admin import (
    alerts,
    camera,
    camera_import,
    cameras,
    commissioning,
    doors,
    frame,
    log,
    mail,
    people,
    reports,
    screens,
    sites,
    tokens,
    walk,
    webhooks,
)
from peoplecount.web.context import CameraPages, WebContext


def routes(context: WebContext, administration: Administration) -> list[Blueprint]:
    """Everything under ``/admin``."""

    def occupancies() -> Mapping[str, int | None]:
        return {site["siteId"]: site["occupancy"] for site in context.snapshots().fields["sites"]}

    parts = [
        frame.routes(),
        sites.routes(administration.sites, occupancies),
        doors.routes(administration.sites),
        people.routes(administration.people, administration.sites),
        tokens.routes(administration, context.public_url),
        screens.routes(administration, context.addresses),
        log.routes(administration),
    ]
    if context.alerts is not None:
        parts.append(alerts.routes(context.alerts, administration.sites))
        parts.append(mail.routes(context.alerts.mail, administration.zone))
    if context.reports is not None:
        parts.append(reports.routes(context.reports, administration.sites, administration.zone))
    if context.webhooks is not None:
        parts.append(webhooks.routes(context.webhooks, administration, lambda: context.snapshots().fields))
    return parts


def camera_routes(pages: CameraPages) -> list[Blueprint]:
    """Everything under ``/admin/cameras`` and ``/admin/walk``."""
    parts = (cameras, camera_import, camera, walk, commissioning)
    return [part.routes(pages) for part in parts]
