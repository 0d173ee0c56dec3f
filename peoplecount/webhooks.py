"""Webhooks of one process: the desk at which they are made, and what sends them where it leads, connected."""

from __future__ import annotations

from peoplecount.domain.change import Subject
from peoplecount.domain.clock import REAL_TIME
from peoplecount.domain.offload import Offload
from peoplecount.eventlog.data_folder import DataFolder
from peoplecount.eventlog.home import machine_name
from peoplecount.eventlog.leader_lock import LeaderLock
from peoplecount.eventlog.webhook_book import KeptWebhook
from peoplecount.installation import Installation
from peoplecount.outbound.networks import Networks
from peoplecount.outbound.post import Outbox
from peoplecount.outbound.rules import OutboundRules
from peoplecount.services.api_tokens import ApiTokens
from peoplecount.services.audit_log import AuditLog
from peoplecount.services.leadership import Leadership
from peoplecount.services.played_clock import PlayedClock
from peoplecount.services.standing_duty import StandingDuty
from peoplecount.services.subscriptions import Subscriptions
from peoplecount.services.webhook_cursors import WebhookCursors
from peoplecount.services.webhook_post import Postman
from peoplecount.services.webhook_sender import WebhookSender
from peoplecount.settings import Settings


def outbound_rules(settings: Settings) -> OutboundRules:
    """Where requests may go, as the settings say."""
    return OutboundRules(
        settings.webhook_hosts,
        Networks(settings.webhook_networks),
        settings.outbound_proxy,
        settings.outbound_ca_file,
    )


def subscriptions(settings: Settings, folder: DataFolder, offload: Offload) -> Subscriptions:
    """The desk; every process has one."""
    clock = PlayedClock(REAL_TIME)  # receivers live in real time, also where a day is played in a minute
    return Subscriptions(
        folder.webhooks,
        folder.log,
        Outbox(outbound_rules(settings)),
        folder.sealer,
        AuditLog(folder.store, clock, offload),
        clock,
        offload,
    )


def webhook_sender(installation: Installation) -> WebhookSender:
    """What sends; for the one process that leads."""
    clock = PlayedClock(REAL_TIME)
    settings, folder, audit = installation.settings, installation.folder, installation.audit_log()
    tokens = ApiTokens(folder.store, clock)

    def note(removed: KeptWebhook) -> None:
        webhook = removed.webhook
        sites = webhook.wish.site_ids or webhook.sites or ()
        audit.note("the service", "removed", Subject.WEBHOOK, webhook.key, webhook.name, sites=sites)

    return WebhookSender(
        folder.log,
        folder.webhooks,
        Postman(Outbox(outbound_rules(settings)), folder.sealer, clock),
        clock,
        offload=installation.runtime.offload,
        owner_is_good=lambda token_id: tokens.of_id(token_id) is not None,
        note_removed=note,
    )


def webhook_cursors(installation: Installation) -> WebhookCursors:
    """How far webhooks have come, for whoever trims the log and whoever tells of lags."""
    folder = installation.folder
    return WebhookCursors(
        folder.webhooks,
        folder.store,
        PlayedClock(REAL_TIME),
        machine=machine_name(folder.path) if folder.shares_log else "",
        offload=installation.runtime.offload,
    )


def machine_webhooks(installation: Installation) -> Leadership:
    """Where several machines share the log, the book is each one's own: one of its processes sends, whoever polls."""

    def begin() -> StandingDuty:
        return StandingDuty(
            {"webhook-sender": webhook_sender(installation).run, "webhook-cursor": webhook_cursors(installation).run}
        )

    lock = LeaderLock(installation.folder.path / "webhooks.lock")
    return Leadership(lock, begin, PlayedClock(REAL_TIME), "sends this machine's webhooks")
