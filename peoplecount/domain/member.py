"""Members: the processes that share the work, one of each machine, by their names."""

from __future__ import annotations


def member_name(machine: str, version: str, process: str) -> str:
    """The name of a process: nobody else ever has it, and it tells the machine and the version of the program."""
    return " ".join("-".join(part.split()) or "-" for part in (machine, version, process))


def machine_of(member: str) -> str:
    """The machine's part of a name: the same after a restart."""
    return member.partition(" ")[0]


def version_of(member: str) -> str:
    """The version's part of a name; empty where it has none, as of a program that did not tell it yet."""
    parts = member.split(" ")
    return parts[1] if len(parts) == 3 and "." in parts[1] else ""
