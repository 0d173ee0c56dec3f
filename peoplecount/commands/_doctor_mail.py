"""``doctor``: the mail server, as far as it can be looked at without sending anything."""

from __future__ import annotations

from collections.abc import Iterator

from peoplecount.alerting import mail_place
from peoplecount.domain.sentence import words_of
from peoplecount.launch import is_loopback
from peoplecount.mail.smtp import MailFailure, Security, SmtpServer
from peoplecount.services.inspection import Step, odd, wrong
from peoplecount.services.played_clock import PlayedClock
from peoplecount.settings import Settings


def mail_steps(settings: Settings) -> Iterator[Step]:
    """Whether the server lets us in."""
    place = mail_place(settings)
    if place is None:
        return
    if place.security is Security.NONE and place.password and not is_loopback(place.host):
        yield odd(
            "SMTP_SECURITY",
            "none",
            "The password for the mail server goes over the network as it is: set SMTP_SECURITY to starttls or tls.",
        )
    try:
        SmtpServer(place, PlayedClock().now).check()
    except MailFailure as failure:
        yield wrong("server", place.name, words_of(failure))
    else:
        yield Step("server", f"{place.name} lets us in")
