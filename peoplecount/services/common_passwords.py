"""Passwords that many people have: whoever guesses tries them first."""

from __future__ import annotations

import string
from importlib import resources

_SIGNS = string.punctuation + string.whitespace


def common_passwords() -> frozenset[str]:
    """In small letters, each as long as a password must be at least; ``common_passwords.txt`` says where from.

    They are read each time: passwords are chosen once in a while, and would lie in the memory of every worker else.
    """
    text = resources.files(__package__).joinpath("common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if not line.startswith("#"))


def is_common(password: str) -> bool:
    """Whether it is one of them, in small or capital letters, with or without digits and signs around it."""
    small = password.casefold()
    return not common_passwords().isdisjoint({small, small.strip(_SIGNS), small.strip(_SIGNS + string.digits)})
