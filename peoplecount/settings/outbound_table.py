"""The table of settings, as far as it is about what is sent to addresses outside."""

from __future__ import annotations

from peoplecount.settings import address_readers, readers
from peoplecount.settings.setting import Setting

OUTBOUND_SETTINGS: tuple[Setting, ...] = (
    Setting(
        "WEBHOOK_HOSTS",
        "Webhooks",
        ".logic.azure.com, .api.powerplatform.com",
        "Hosts that webhooks may lead to, separated by commas; `.ending` is all names that end so, `*` every public "
        "host. Not set: those of Power Automate.",
        address_readers.host_endings,
        "webhook_hosts",
        demo=True,
    ),
    Setting(
        "WEBHOOK_NETWORKS",
        "Webhooks",
        "",
        "Private networks that webhooks may lead into, separated by commas (`127.0.0.1, 10.1.2.0/24`); there over "
        "plain HTTP, too. Not set: none.",
        address_readers.networks,
        "webhook_networks",
        unset=(),
        demo=True,
    ),
    Setting(
        "OUTBOUND_PROXY",
        "Webhooks",
        "",
        "Proxy through which webhooks are sent, such as `http://proxy.example:8080`. It looks names up itself, so "
        "addresses are checked by their names alone. Not set: none, whatever the environment says.",
        address_readers.proxy,
        "outbound_proxy",
        secret=True,
    ),
    Setting(
        "OUTBOUND_CA_FILE",
        "Webhooks",
        "",
        "File of the certificate authorities (PEM) that vouch for receivers of webhooks, as where a proxy opens "
        "HTTPS. Not set: the usual ones.",
        readers.certificates_file,
        "outbound_ca_file",
        unset=None,
    ),
)
