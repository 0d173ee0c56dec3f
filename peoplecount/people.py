"""The people of one process: who may sign in, connected to the local store, and the first of them welcomed."""

from __future__ import annotations

import logging

from peoplecount.domain.clock import REAL_TIME
from peoplecount.domain.offload import Offload, call_here
from peoplecount.eventlog.data_folder import DataFolder
from peoplecount.launch import is_loopback, public_address, say_on_terminal
from peoplecount.services.accounts import Accounts
from peoplecount.services.audit_log import AuditLog
from peoplecount.services.outside_people import OutsidePeople
from peoplecount.services.passwords import Passwords
from peoplecount.services.played_clock import PlayedClock
from peoplecount.services.signed_in import AccountsUnavailable
from peoplecount.settings import Settings
from peoplecount.web.access import KnownPeople
from peoplecount.web.client_address import ClientAddresses
from peoplecount.web.outside import OidcSettings, OutsideSignIn
from peoplecount.web.proxy_identity import ProxyIdentities
from peoplecount.web.transport import LOOPBACK_NAMES

logger = logging.getLogger(__name__)


def accounts_in(folder: DataFolder, offload: Offload = call_here, hashing: Offload = call_here) -> Accounts:
    """The accounts kept in a data folder; ``hashing`` is where passwords are looked at."""
    # Sessions and links end by real time, also where a day is played in a minute.
    return Accounts(folder.store, PlayedClock(REAL_TIME), offload, Passwords(hashing))


def known_people(accounts: Accounts, addresses: ClientAddresses, settings: Settings) -> KnownPeople:
    """Who may do what, as the settings say."""
    return KnownPeople(
        accounts,
        addresses,
        admin_token=settings.admin_token,
        anybody_may_look=settings.demo or settings.signed_out_look,
    )


def outside_sign_in(
    accounts: Accounts, addresses: ClientAddresses, settings: Settings, log: AuditLog
) -> OutsideSignIn | None:
    """Who else signs people in, as the settings say; ``None``: nobody."""
    if not (settings.sign_in_header or settings.oidc_issuer):
        return None
    oidc = OidcSettings(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        name=settings.oidc_name,
        come_back_to=f"{settings.public_url}/sign-in/oidc/back",
    )
    return OutsideSignIn(
        OutsidePeople(accounts, settings.sign_in_groups, log),
        ProxyIdentities(addresses, settings.sign_in_header, settings.sign_in_groups_header),
        oidc if settings.oidc_issuer else None,
    )


def trusted_hosts(settings: Settings) -> tuple[str, ...]:
    """Under which names the service answers; none: under any.

    Where others reach it they must sign in, and a browser sends a session only to the name that it belongs to.
    """
    if settings.trusted_hosts or not is_loopback(settings.host):
        return settings.trusted_hosts
    public = settings.public_url.partition("://")[2]
    name = public if public.endswith("]") else public.rpartition(":")[0] or public
    return (*LOOPBACK_NAMES, name) if name else LOOPBACK_NAMES


def welcome_link(settings: Settings, code: str) -> str:
    """The link that a code belongs to. Browsers send what stands behind the hash to nobody."""
    return f"{public_address(settings)}/welcome#{code}"


def welcome_first_administrator(accounts: Accounts, settings: Settings, start: str) -> None:
    """Show the first administrator the way in, once a start, on the terminal and in no log."""
    if settings.demo:
        return  # the demo does it itself
    try:
        code = accounts.first_link(start)
    except AccountsUnavailable as error:
        logger.warning("There may be no administrator yet, which cannot be looked up just now: %s", error)
        return
    if code is None:
        return
    link = welcome_link(settings, code)
    shown = say_on_terminal(
        f"\n  There is no administrator yet. This link makes one; it is good once, for a day:\n  {link}\n"
    )
    if not shown:
        logger.warning("There is no administrator yet: `python -m peoplecount user link` prints a link that makes one")
