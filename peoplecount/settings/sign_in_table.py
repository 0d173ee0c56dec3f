"""The table of settings, as far as it is about people whom somebody else signs in."""

from __future__ import annotations

from peoplecount.domain.group_rights import read_group_rights
from peoplecount.settings import address_readers, readers
from peoplecount.settings.setting import Setting

SIGN_IN_SETTINGS: tuple[Setting, ...] = (
    Setting(
        "OIDC_ISSUER",
        "Sign-in elsewhere",
        "",
        "Who signs people in by OpenID Connect: `https://login.microsoftonline.com/TENANT/v2.0` for Entra ID. Needs "
        "`pip install -r requirements-oidc.lock` ([how](sign-in.md#entra-id-and-other-openid-connect)).",
        address_readers.issuer,
        "oidc_issuer",
    ),
    Setting("OIDC_CLIENT_ID", "Sign-in elsewhere", "", "What it calls this service.", attribute="oidc_client_id"),
    Setting(
        "OIDC_CLIENT_SECRET",
        "Sign-in elsewhere",
        "",
        "By which it knows this service.",
        attribute="oidc_client_secret",
        secret=True,
    ),
    Setting(
        "OIDC_NAME",
        "Sign-in elsewhere",
        "single sign-on",
        "What stands on the button: `Entra ID`, or the name of your firm.",
        attribute="oidc_name",
    ),
    Setting(
        "SIGN_IN_HEADER",
        "Sign-in elsewhere",
        "",
        "Header in which a proxy of `TRUSTED_PROXIES` says whom it has signed in, such as `X-Remote-User`.",
        readers.header,
        "sign_in_header",
    ),
    Setting(
        "SIGN_IN_GROUPS_HEADER",
        "Sign-in elsewhere",
        "",
        "Header in which it says in which groups they are, separated by commas.",
        readers.header,
        "sign_in_groups_header",
    ),
    Setting(
        "SIGN_IN_GROUPS",
        "Sign-in elsewhere",
        "",
        "What members of groups may do here: `GROUP=ROLE` or `GROUP=ROLE@SITE,SITE`, separated by `;`, with names or "
        "ids of groups as they are told; `*` is everybody who is signed in there. The highest role counts.",
        read_group_rights,
        "sign_in_groups",
        unset=(),
    ),
)
