"""API tokens for programs: make one, which is shown once, list them, or revoke one."""

from __future__ import annotations

import argparse
import sys

from peoplecount.commands._table import print_table
from peoplecount.domain.visitor import Scope
from peoplecount.eventlog.data_folder import open_data_folder
from peoplecount.eventlog.log import LogError
from peoplecount.launch import read_settings
from peoplecount.people import accounts_in
from peoplecount.services.accounts import Accounts
from peoplecount.services.api_tokens import TokenRefused


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    tasks = parser.add_subparsers(dest="task", required=True, metavar="TASK")
    add = tasks.add_parser("add", help="make a token and show it, this once")
    add.add_argument("label", help="what it is for, such as 'Power BI'")
    add.add_argument(
        "--scope",
        action="append",
        choices=list(Scope),
        help="read: figures and stream; health: how the service is doing; end-streams. May be repeated (read)",
    )
    add.add_argument("--site", action="append", metavar="ID", help="id of a site it may see; may be repeated. Else all")
    add.add_argument("--days", type=int, metavar="N", help="how long it is good. Else until it is revoked")
    tasks.add_parser("list", help="all tokens, what each may do, and when it was used last")
    revoke = tasks.add_parser("revoke", help="a token is good no longer, and its streams end")
    revoke.add_argument("token", help="its id, or what it is for")


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked for; 0, or 1 where something was refused. The service may run meanwhile."""
    settings = read_settings()
    tasks = {"list": _list, "add": _add, "revoke": _revoke}
    try:
        folder = open_data_folder(settings.data_dir)
        try:
            tasks[arguments.task](arguments, accounts_in(folder))
        finally:
            folder.close()
    except (TokenRefused, LogError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _add(arguments: argparse.Namespace, accounts: Accounts) -> None:
    if arguments.days is not None and not 1 <= arguments.days <= 3650:
        raise TokenRefused(f"--days: {arguments.days} is not a number of days from 1 to 3650")
    scopes = [Scope(name) for name in arguments.scope or [Scope.READ]]
    token = accounts.tokens.add(arguments.label, scopes, sites=arguments.site, days=arguments.days)
    print("Keep it where only the program reads it; it cannot be shown again.", file=sys.stderr)
    print(token)


def _list(arguments: argparse.Namespace, accounts: Accounts) -> None:  # noqa: ARG001
    rows = [
        (
            token.token_id,
            token.label,
            ", ".join(sorted(token.scopes)),
            "all" if token.sites is None else ", ".join(sorted(token.sites)),
            f"{token.made:%Y-%m-%d}",
            f"{token.ends:%Y-%m-%d}" if token.ends else "",
            f"{token.used:%Y-%m-%d %H:%M}" if token.used else "never",
        )
        for token in accounts.tokens.tokens()
    ]
    print_table(("ID", "FOR", "MAY", "SITES", "MADE", "ENDS", "LAST USED (UTC)"), rows)


def _revoke(arguments: argparse.Namespace, accounts: Accounts) -> None:
    revoked = accounts.tokens.revoke(arguments.token)
    print(f"The token for {revoked.label} is good no longer.")
