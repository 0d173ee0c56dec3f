"""People who may sign in: list, add or remove them, reset a password, change what they may do, or sign them out."""

from __future__ import annotations

import argparse
import sys
from functools import partial

from peoplecount.administering import this_author
from peoplecount.commands import _own_password
from peoplecount.commands._table import print_table
from peoplecount.configuration import audit_log_in
from peoplecount.data_home import open_data_home
from peoplecount.domain.user import Role, UnfitName, user_name
from peoplecount.eventlog.log import LogError
from peoplecount.launch import read_settings
from peoplecount.people import accounts_in, welcome_link
from peoplecount.services.one_time_links import GOOD_FOR
from peoplecount.services.passwords import UnfitPassword
from peoplecount.services.people_desk import PeopleDesk
from peoplecount.services.user_book import UserRefused

_SITES_HELP = "id of a site they may see; may be repeated. Without any: all"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    tasks = parser.add_subparsers(dest="task", required=True, metavar="TASK")
    tasks.add_parser("list", help="everybody who may sign in, what they may do, and where they are signed in")
    add = tasks.add_parser("add", help="somebody new; the password is asked for")
    add.add_argument("name", help="such as anna or anna@example.org")
    add.add_argument("--role", choices=list(Role), default=Role.VIEWER, help="what they may do (%(default)s)")
    add.add_argument("--site", action="append", metavar="ID", help=_SITES_HELP)
    _own_password.add_arguments(add)
    reset = tasks.add_parser("reset", help="another password; wherever they are signed in, they are not any more")
    reset.add_argument("name")
    _own_password.add_arguments(reset)
    change = tasks.add_parser("set", help="what somebody may do; what is not given stays")
    change.add_argument("name")
    change.add_argument("--role", choices=list(Role))
    sites = change.add_mutually_exclusive_group()
    sites.add_argument("--site", action="append", metavar="ID", help="id of a site they may see; may be repeated")
    sites.add_argument("--all-sites", action="store_true")
    remove = tasks.add_parser("remove", help="somebody may not sign in any more, and is signed out everywhere")
    remove.add_argument("name")
    out = tasks.add_parser("sign-out", help="somebody, or everybody, has to sign in again")
    whom = out.add_mutually_exclusive_group(required=True)
    whom.add_argument("name", nargs="?")
    whom.add_argument(
        "--everybody",
        action="store_true",
        help="screens on walls, too, and one-time links are void: after a Redis was put back",
    )
    tasks.add_parser("link", help="print a one-time link that makes an administrator, also when the last one is lost")


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked for; 0, or 1 where something was refused. The service may run meanwhile."""
    settings = read_settings()
    tasks = {
        "list": _list,
        "add": _add,
        "reset": _reset,
        "set": _set,
        "remove": _remove,
        "sign-out": _sign_out,
        "link": _link,
    }
    try:
        folder = open_data_home(settings)
        try:
            desk = PeopleDesk(accounts_in(folder), audit_log_in(folder), partial(welcome_link, settings))
            tasks[arguments.task](arguments, desk)
        finally:
            folder.close()
    except (UserRefused, UnfitName, UnfitPassword, LogError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _list(arguments: argparse.Namespace, desk: PeopleDesk) -> None:  # noqa: ARG001
    rows = [
        (
            user.name,
            user.role.value,
            "all" if user.sites is None else ", ".join(sorted(user.sites)) or "none",
            "elsewhere" if user.outside else "yes" if user.password_hash else "not yet",
            str(len(sessions)),
        )
        for user, sessions in ((person.user, person.sessions) for person in desk.people())
    ]
    print_table(("NAME", "ROLE", "SITES", "PASSWORD", "SIGNED IN"), rows)


def _add(arguments: argparse.Namespace, desk: PeopleDesk) -> None:
    name = desk.demand_new(arguments.name)  # before a password is asked for
    password = None if arguments.link else _own_password.read_password(arguments)
    let_in = desk.add(this_author(), name, Role(arguments.role), arguments.site, password)
    print(f"{name} may sign in as {arguments.role}.")
    _print_link(let_in.link)


def _reset(arguments: argparse.Namespace, desk: PeopleDesk) -> None:
    name = desk.person(user_name(arguments.name)).user.name
    password = None if arguments.link else _own_password.read_password(arguments)
    let_in = desk.reset(this_author(), name, password, in_any_case=True)
    print(f"{name} is signed out everywhere{'.' if arguments.link else ', and has a new password.'}")
    _print_link(let_in.link)


def _set(arguments: argparse.Namespace, desk: PeopleDesk) -> None:
    user = desk.person(user_name(arguments.name)).user
    if not (arguments.role or arguments.site or arguments.all_sites):
        raise UserRefused("Nothing is to be changed: give --role, --site or --all-sites")
    sites = None if arguments.all_sites else frozenset(arguments.site) if arguments.site else user.sites
    desk.change(this_author(), user.name, Role(arguments.role) if arguments.role else user.role, sites)
    print(f"{user.name} is changed, at once and also where they are signed in.")


def _remove(arguments: argparse.Namespace, desk: PeopleDesk) -> None:
    user = desk.remove(this_author(), user_name(arguments.name))
    print(f"{user.name} may not sign in any more, and is signed out everywhere.")


def _sign_out(arguments: argparse.Namespace, desk: PeopleDesk) -> None:
    if arguments.everybody:
        print(f"Ended: {desk.end_all_access(this_author())}. Everybody has to sign in again.")
        return
    user = desk.person(user_name(arguments.name)).user
    print(f"{user.name} is signed out, at {desk.end_sessions(this_author(), user.name)} places.")


def _link(arguments: argparse.Namespace, desk: PeopleDesk) -> None:  # noqa: ARG001
    _print_link(desk.administrator_link(this_author()))


def _print_link(link: str) -> None:
    if link:
        hours = int(GOOD_FOR.total_seconds() // 3600)
        print(f"This link is good once, for {hours} hours; whoever has it can use it:")
        print(f"  {link}")
