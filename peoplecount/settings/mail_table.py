"""The table of settings, as far as it is about mail."""

from __future__ import annotations

from peoplecount.settings import readers
from peoplecount.settings.setting import Setting

MAIL_SETTINGS: tuple[Setting, ...] = (
    Setting(
        "SMTP_HOST",
        "Mail",
        "",
        "Mail server by which [alerts](alerts.md) and [reports](reports.md) are sent. Not set: nothing is mailed.",
        attribute="smtp_host",
    ),
    Setting(
        "SMTP_PORT",
        "Mail",
        "",
        "Its port. Not set: 587 with `starttls`, 465 with `tls`, 25 with `none`.",
        readers.whole(1, 65535),
        "smtp_port",
        unset=0,
    ),
    Setting("SMTP_USER", "Mail", "", "Login there. Not set: it takes mail without one.", attribute="smtp_user"),
    Setting("SMTP_PASSWORD", "Mail", "", "Its password.", attribute="smtp_password", secret=True),
    Setting(
        "SMTP_FROM",
        "Mail",
        "",
        "Address that mail comes from, such as `counts@example.com`.",
        readers.mail_sender,
        "smtp_from",
    ),
    Setting(
        "SMTP_SECURITY",
        "Mail",
        "starttls",
        "How the line is kept from others: `starttls` (encrypted from the first words on), `tls` (from the start) or "
        "`none`.",
        readers.one_of("starttls", "tls", "none"),
        "smtp_security",
    ),
    Setting(
        "SMTP_CA_FILE",
        "Mail",
        "",
        "File of the certificate authorities (PEM) that vouch for it. Not set: the system's.",
        readers.certificates_file,
        "smtp_ca_file",
        unset=None,
    ),
)
