"""A password for somebody, typed in, read from standard input, or left to a one-time link."""

from __future__ import annotations

import argparse
import getpass
import sys

from peoplecount.services.passwords import UnfitPassword


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what tells where it comes from."""
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    ways.add_argument("--link", action="store_true", help="print a one-time link, by which they choose it themselves")


def read_password(arguments: argparse.Namespace) -> str:
    """The password; it is asked for twice where somebody types it in. Raises ``UnfitPassword``."""
    if arguments.password_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise UnfitPassword("There is no terminal to ask for a password at: give --password-stdin or --link")
    password = getpass.getpass("Password: ")
    if password != getpass.getpass("The same again: "):
        raise UnfitPassword("The two passwords are not the same. Nothing was changed.")
    return password
