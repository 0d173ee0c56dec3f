"""The desk for alerts: what is wrong now and was before, and the rules by which that is found out."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from typing import Protocol

from peoplecount.domain.alert_rule import AlertRule
from peoplecount.domain.change import Subject, Value
from peoplecount.domain.offload import Offload, call_here
from peoplecount.domain.sentence import say
from peoplecount.mail.letter import Letter, Writing
from peoplecount.mail.smtp import MailFailure
from peoplecount.services.alert_book import AlertBook, BookedAlert
from peoplecount.services.alert_rules import AlertRules
from peoplecount.services.alert_words import kind_words
from peoplecount.services.audit_log import AuditLog
from peoplecount.services.mail_sender import MailServer
from peoplecount.services.outbox import About, Outbox, Posted

NOT_SET = say("No mail server is set: see SMTP_HOST in the settings.")


class TestWriter(Protocol):
    """Writes letters that see whether letters arrive."""

    def test(self, language: str) -> Writing:
        """Nothing is wrong."""
        ...


class MailDesk:
    """What is to be known of mail by who looks after it."""

    def __init__(
        self,
        server: MailServer | None,
        name: str,
        outbox: Outbox | None,
        writer: TestWriter,
        log: AuditLog,
        offload: Offload = call_here,
    ) -> None:
        """``server``: ``None`` where none is set; ``name`` is what it is called."""
        self._server = server
        self.name = name
        self._outbox = outbox
        self._writer = writer
        self._log = log
        self._offload = offload

    @property
    def is_set(self) -> bool:
        """Whether there is a server."""
        return self._server is not None

    def test(self, who: str, recipient: str, language: str) -> str:
        """Send a letter now; what the server answered. Raises ``MailFailure``."""
        if self._server is None:
            raise MailFailure(NOT_SET)
        said = self._server.send(Letter(secrets.token_hex(16), recipient, self._writer.test(language)))
        self._log.note(who, "sent a test mail to", Subject.ALERT, recipient, recipient)
        return said

    def history(self, about: About, most: int = 50) -> Sequence[Posted]:
        """What was sent and what waits, the newest first. Raises ``LogError``."""
        outbox = self._outbox
        return self._offload(lambda: outbox.history(about, most=most)) if outbox else []


class AlertDesk:
    """Calls raise ``LogError``; greenlets may call."""

    def __init__(
        self, rules: AlertRules, book: AlertBook, mail: MailDesk, log: AuditLog, offload: Offload = call_here
    ) -> None:
        self._rules = rules
        self._book = book
        self.mail = mail
        self._log = log
        self._offload = offload

    def open(self, sites: Collection[str] | None) -> list[BookedAlert]:
        """The open ones, the newest first; ``sites`` are those of who asks, ``None``: all."""
        return self._offload(lambda: self._book.open(sites))

    def over(self, sites: Collection[str] | None) -> list[BookedAlert]:
        """Those that are over, the newest first."""
        return self._offload(lambda: self._book.over(sites))

    def see(self, who: str, alert_id: str, sites: Collection[str] | None) -> BookedAlert:
        """Somebody takes care of it. Raises ``NoSuchAlert``."""
        seen = self._offload(lambda: self._book.see(alert_id, who, sites))
        at = {seen.site_id} if seen.site_id else set()
        self._log.note(who, "has seen", Subject.ALERT, alert_id, str(seen.fields["siteName"]), sites=at)
        return seen

    def rules(self) -> list[AlertRule]:
        """All rules."""
        return self._offload(self._rules.all)

    def rule(self, rule_id: str) -> AlertRule:
        """One of them. Raises ``RuleRefused``."""
        return self._offload(lambda: self._rules.find(rule_id))

    def add(self, who: str, rule: AlertRule) -> AlertRule:
        """One more. Raises ``RuleRefused``."""
        made = self._offload(lambda: self._rules.add(rule))
        self._log.note(who, "added", Subject.ALERT_RULE, made.rule_id, called(made), after=_facts(made))
        return made

    def change(self, who: str, rule: AlertRule) -> None:
        """It is otherwise from now on. Raises ``RuleRefused``."""
        was = self._offload(lambda: self._rules.change(rule))
        self._log.note(
            who,
            "changed",
            Subject.ALERT_RULE,
            rule.rule_id,
            called(rule),
            before=_facts(was),
            after=_facts(rule),
        )

    def remove(self, who: str, rule_id: str) -> AlertRule:
        """What it was. Raises ``RuleRefused``."""
        was = self._offload(lambda: self._rules.remove(rule_id))
        self._log.note(who, "removed", Subject.ALERT_RULE, rule_id, called(was), before=_facts(was))
        return was


def called(rule: AlertRule) -> str:
    """What a rule is called: by its name or, without one, by what it looks at."""
    return rule.name or kind_words(rule.kind)


def _facts(rule: AlertRule) -> dict[str, Value]:
    return {
        "kind": rule.kind.value,
        "name": rule.name,
        "sites": "all" if rule.sites is None else ", ".join(sorted(rule.sites)),
        "threshold": str(rule.threshold) if rule.threshold else "",
        "margin": rule.margin,
        "lasts": f"{rule.lasts.total_seconds() / 60:g} min",
        "quiet time": f"{rule.gap.total_seconds() / 60:g} min",
        "quiet hours": str(rule.quiet_hours) if rule.quiet_hours else "",
        "recipients": ", ".join(rule.recipients),
        "language": rule.language,
        "recovery": rule.tells_recovery,
        "on": rule.is_on,
    }
