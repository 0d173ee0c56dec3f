"""API tokens for programs: make one, which is shown once, list them, or revoke one."""

from __future__ import annotations

import argparse
import sys

from peoplecount.administering import this_author
from peoplecount.commands._table import print_table
from peoplecount.configuration import audit_log_in
from peoplecount.data_home import open_data_home
from peoplecount.domain.visitor import Scope
from peoplecount.eventlog.log import LogError
from peoplecount.launch import read_settings
from peoplecount.people import accounts_in
from peoplecount.services.api_tokens import TokenRefused
from peoplecount.services.token_desk import TokenDesk


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    tasks = parser.add_subparsers(dest="task", required=True, metavar="TASK")
    add = tasks.add_parser("add", help="make a token and show it, this once")
    add.add_argument("label", help="what it is for, such as 'Power BI'")
    add.add_argument(
        "--scope",
        action="append",
        choices=list(Scope),
        help="read: figures and stream; health: how the service is doing; end-streams; operate: have cameras "
        "polled; subscribe: webhooks. May be repeated (read)",
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
        folder = open_data_home(settings)
        try:
            tasks[arguments.task](arguments, TokenDesk(accounts_in(folder), audit_log_in(folder)))
        finally:
            folder.close()
    except (TokenRefused, LogError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _add(arguments: argparse.Namespace, desk: TokenDesk) -> None:
    scopes = [Scope(name) for name in arguments.scope or [Scope.READ]]
    token = desk.add(this_author(), arguments.label, scopes, sites=arguments.site, days=arguments.days)
    print("Keep it where only the program reads it; it cannot be shown again.", file=sys.stderr)
    print(token)


def _list(arguments: argparse.Namespace, desk: TokenDesk) -> None:  # noqa: ARG001
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
        for token in desk.tokens()
    ]
    print_table(("ID", "FOR", "MAY", "SITES", "MADE", "ENDS", "LAST USED (UTC)"), rows)


def _revoke(arguments: argparse.Namespace, desk: TokenDesk) -> None:
    revoked = desk.revoke(this_author(), arguments.token)
    print(f"The token for {revoked.label} is good no longer.")
