"""What each address asks of those who come to it. What is not in the table is closed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from peoplecount.domain.sentence import say
from peoplecount.domain.user import Role
from peoplecount.domain.visitor import Scope
from peoplecount.web.access import ADMIN_HEADER


@dataclass(frozen=True, slots=True)
class Need:
    """What an address asks of a visitor."""

    role: Role | None = None
    """The least role of people; ``None``: it is not for people."""

    scope: Scope | None = None
    """What a token must be for; ``None``: it is not for tokens."""

    is_open: bool = False
    """Everybody may; who they are is of no matter."""

    session: bool = False
    """Only who is signed in in a browser."""

    whole: bool = False
    """Only who may see all sites: it concerns them all."""

    page: bool = False
    """People come by it: who is not signed in is led to where they can."""

    form: bool = False
    """What is sent here must come from a form of ours, also where nobody is signed in yet."""

    local: bool = False
    """Whoever sits at this machine may, too."""

    looker: bool = False
    """Whoever may look without signing in may, too, where they sit at this machine."""

    ticket: bool = False
    """A ticket in the address will do: ``stream_access`` looks at it."""

    screen: bool = False
    """A screen on a wall may, too: it is part of the one view that it shows."""

    entrance: str = ""
    """Where whoever is not known is led to; empty: to where they can sign in."""

    refusal: str = ""
    """What is said to whoever may not."""


OPEN = Need(is_open=True)
_PAGE = Need(Role.VIEWER, page=True)
HEALTH = Need(Role.OPERATOR, Scope.HEALTH, whole=True, local=True)
_ADMINISTRATION = Need(Role.ADMINISTRATOR, page=True, form=True)
_ADMINISTRATION_OF_ALL = Need(Role.ADMINISTRATOR, page=True, form=True, whole=True)
_SUBSCRIPTIONS = Need(Role.ADMINISTRATOR, Scope.SUBSCRIBE)
_FIGURES = Need(Role.VIEWER, Scope.READ)
STREAM = Need(Role.VIEWER, Scope.READ, ticket=True, screen=True)

NEEDS: Mapping[str, Need] = {
    # Pages
    "dashboard.dashboard": _PAGE,
    "dashboard.site": _PAGE,
    "dashboard.board": Need(Role.VIEWER),  # fetched by a script, which must not take a sign-in for it
    "wall.wall": Need(Role.VIEWER, page=True, screen=True, entrance="wall.pair"),
    "wall.board": Need(Role.VIEWER, screen=True),
    "wall.pair": OPEN,
    "wall.state": OPEN,
    "evacuation.sheet": _PAGE,
    "audit.report": _PAGE,
    "history.history": _PAGE,
    "history_export.as_csv": _FIGURES,
    "history_export.as_workbook": _FIGURES,
    "replay.bar": Need(Role.VIEWER),  # a replay is an instance of its own, and nobody signs in to it
    "replay.go": Need(Role.VIEWER),
    "fleet.fleet": Need(Role.OPERATOR, page=True),
    "fleet.camera": Need(Role.OPERATOR, page=True),
    "integrations.integrations": Need(Role.OPERATOR, page=True),
    "alerts.alerts": _PAGE,
    "alerts.open_now": Need(Role.VIEWER),  # fetched by a script
    "alerts.see": Need(Role.OPERATOR, page=True, form=True),
    # Figures
    "stream.events": STREAM,
    "stream_access.ticket": _FIGURES,
    "chart.today": _FIGURES,
    "chart.usual": _FIGURES,
    "counts.export": _FIGURES,
    # The API
    "api_document.as_json": OPEN,
    "api_document.as_page": OPEN,
    "api_document.connector_definition": OPEN,
    "api_document.connector_properties": OPEN,
    "api.ping": _FIGURES,
    "api.get_health": Need(Role.OPERATOR, Scope.HEALTH, whole=True),
    "api.list_exports": _FIGURES,
    "api.poll_camera": Need(Role.OPERATOR, Scope.OPERATE),
    "api.list_sites": _FIGURES,
    "api.list_doors": _FIGURES,
    "api.list_cameras": _FIGURES,
    "api.list_lines": _FIGURES,
    "api.get_latest": _FIGURES,
    "api.get_counts": _FIGURES,
    "api.get_counts_file": _FIGURES,
    "api.get_records": _FIGURES,
    "api.get_events": _FIGURES,
    "api.stream_events": _FIGURES,
    "api.poll_events": _FIGURES,
    "api.create_subscription": _SUBSCRIPTIONS,
    "api.list_subscriptions": _SUBSCRIPTIONS,
    "api.delete_subscription": OPEN,  # who knows its id may
    "api.unsubscribe": _SUBSCRIPTIONS,
    "api.test_subscription": _SUBSCRIPTIONS,
    # How the service is doing
    "page_version.tell": OPEN,
    "health.live": OPEN,
    "health.ready": OPEN,  # in one word; more where HEALTH is met
    "health.database": HEALTH,
    "metrics.metrics": Need(Role.OPERATOR, Scope.HEALTH, whole=True, looker=True),
    # What is done to it
    "stream_access.close_stream": Need(
        Role.ADMINISTRATOR,
        Scope.END_STREAMS,
        whole=True,
        refusal=say(
            "Only an administrator may end streams, or a token with the scope %(end_streams)s: "
            "send what ADMIN_TOKEN is set to as %(admin_header)s.",
            end_streams=Scope.END_STREAMS,
            admin_header=ADMIN_HEADER,
        ),
    ),
    # Administration
    "admin.front": _ADMINISTRATION,
    "admin_sites.sites": _ADMINISTRATION,
    "admin_sites.add": _ADMINISTRATION_OF_ALL,
    "admin_sites.site": _ADMINISTRATION,
    "admin_sites.add_door": _ADMINISTRATION,
    "admin_sites.count": _ADMINISTRATION,
    "admin_sites.remove": _ADMINISTRATION_OF_ALL,
    "admin_doors.door": _ADMINISTRATION,
    "admin_doors.remove": _ADMINISTRATION,
    "admin_people.people": _ADMINISTRATION_OF_ALL,
    "admin_people.add": _ADMINISTRATION_OF_ALL,
    "admin_people.person": _ADMINISTRATION_OF_ALL,
    "admin_people.reset": _ADMINISTRATION_OF_ALL,
    "admin_people.end_sessions": _ADMINISTRATION_OF_ALL,
    "admin_people.remove": _ADMINISTRATION_OF_ALL,
    "admin_tokens.tokens": _ADMINISTRATION_OF_ALL,
    "admin_tokens.add": _ADMINISTRATION_OF_ALL,
    "admin_tokens.revoke": _ADMINISTRATION_OF_ALL,
    "admin_webhooks.webhooks": _ADMINISTRATION_OF_ALL,
    "admin_webhooks.add": _ADMINISTRATION_OF_ALL,
    "admin_webhooks.webhook": _ADMINISTRATION_OF_ALL,
    "admin_webhooks.test": _ADMINISTRATION_OF_ALL,
    "admin_webhooks.pause": _ADMINISTRATION_OF_ALL,
    "admin_webhooks.resume": _ADMINISTRATION_OF_ALL,
    "admin_webhooks.rotate": _ADMINISTRATION_OF_ALL,
    "admin_webhooks.remove": _ADMINISTRATION_OF_ALL,
    "admin_screens.screens": _ADMINISTRATION_OF_ALL,
    "admin_screens.confirm": _ADMINISTRATION_OF_ALL,
    "admin_screens.revoke": _ADMINISTRATION_OF_ALL,
    "admin_log.changes": _ADMINISTRATION,
    "admin_alerts.rules": _ADMINISTRATION_OF_ALL,
    "admin_alerts.add": _ADMINISTRATION_OF_ALL,
    "admin_alerts.rule": _ADMINISTRATION_OF_ALL,
    "admin_alerts.remove": _ADMINISTRATION_OF_ALL,
    "admin_mail.mail": _ADMINISTRATION_OF_ALL,
    "admin_reports.schedules": _ADMINISTRATION_OF_ALL,
    "admin_reports.add": _ADMINISTRATION_OF_ALL,
    "admin_reports.schedule": _ADMINISTRATION_OF_ALL,
    "admin_reports.send": _ADMINISTRATION_OF_ALL,
    "admin_reports.remove": _ADMINISTRATION_OF_ALL,
    "admin_cameras.cameras": _ADMINISTRATION,
    "admin_cameras.export": _ADMINISTRATION,
    "admin_cameras.add": _ADMINISTRATION,
    "admin_cameras.tried": _ADMINISTRATION,
    "admin_cameras.save": _ADMINISTRATION,
    "admin_cameras.again": _ADMINISTRATION,
    "admin_camera.camera": _ADMINISTRATION,
    "admin_camera.change": _ADMINISTRATION,
    "admin_camera.test": _ADMINISTRATION,
    "admin_camera.lines": _ADMINISTRATION,
    "admin_camera.swap": _ADMINISTRATION,
    "admin_camera.pause": _ADMINISTRATION,
    "admin_camera.remove": _ADMINISTRATION,
    "admin_import.upload": _ADMINISTRATION,
    "admin_import.begin": _ADMINISTRATION,
    "admin_import.job": _ADMINISTRATION,
    "admin_import.stop": _ADMINISTRATION,
    "admin_commissioning.report": _ADMINISTRATION,
    "admin_walk.walk": _ADMINISTRATION,
    "admin_walk.begin": _ADMINISTRATION,
    "admin_walk.figures": Need(Role.ADMINISTRATOR),  # fetched by a script
    "admin_walk.conclude": _ADMINISTRATION,
    "admin_walk.swap": _ADMINISTRATION,
    # Signing in
    "sign_in.sign_in": Need(is_open=True, form=True),
    "oidc.begin": OPEN,
    "oidc.back": OPEN,
    "sign_in.welcome": Need(is_open=True, form=True),
    "sign_in.sign_out": Need(is_open=True, form=True),
    "account.account": Need(Role.VIEWER, session=True, page=True),
    "account.change_password": Need(Role.VIEWER, session=True, page=True, form=True),
    "account.end_session": Need(Role.VIEWER, session=True, page=True, form=True),
    "account.end_others": Need(Role.VIEWER, session=True, page=True, form=True),
    "languages.choose": OPEN,  # the browser keeps it; it asks for our form by itself where an account does, too
    "languages.words": OPEN,
    "static": OPEN,
}
