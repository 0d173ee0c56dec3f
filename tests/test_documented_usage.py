"""Commands, options and settings that any code of the documents shows are known to the program, run or not.

What can be run is run by ``tests/test_documented_commands.py``.
"""

from __future__ import annotations

import argparse
import ast
import itertools
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from peoplecount.__main__ import main
from peoplecount.settings.table import by_name
from tests.support.documents import DOCUMENTS, Code, code
from tests.support.processes import ROOT

UNITS = sorted((ROOT / "deploy").glob("*.service"))
SHOWN = [one for document in DOCUMENTS for one in code(document)]
SHOWN += [Code(unit, "ini", unit.read_text(encoding="utf-8"), is_block=True) for unit in UNITS]

_CALL = re.compile(r"(?:^|(?<=[\s/\\=]))peoplecount(?:\.exe)? +([a-z].*)")
_CHORE = re.compile(r"\./run\.sh +(.*)")

CHORES = {
    "bundle": "deploy/bundle.py",
    "chaos": "tests/chaos/__main__.py",
    "fuzz": "tests/fuzz/__main__.py",
    "release": "deploy/release.py",
    "sbom": "tests/sbom/__main__.py",
    "words": "peoplecount/web/extraction.py",
    "pictures": "tests/pictures/__main__.py",
}
"""Who reads the options of a chore."""

OF_TESTS = {"TEST_MSSQL_URL", "REDIS_SERVER", "ASLEEP_SECONDS", "AWAY_SECONDS"}
OF_THE_PROGRAM = {"EXPECTED_WORDS"}

OF_OTHERS = {"HAS_PERMS_BY_NAME", "IMPLICIT_TRANSACTIONS", "DEFAULT_DATABASE", "DEFAULT_SCHEMA", "KRB5_CLIENT_KTNAME"}
"""Names of SQL Server and Kerberos."""


Reader = Callable[..., str]


class Refused(Exception):
    """What a parser says of a command."""


class Understood(Exception):
    """A command was read to its end; nothing is done."""


def words_of(told: str) -> list[str]:
    """The words of one command, up to what a shell does with it and to what is left out."""
    split = shlex.shlex(told.replace("$(date +%F)", "today"), posix=True, punctuation_chars=True)
    split.whitespace_split = True
    return list(itertools.takewhile(lambda word: not re.match(r"[|>&;()…]", word), split))


def calls(one: Code) -> Iterator[str]:
    """What stands behind the program's name, wherever some code calls it by a name or a path."""
    for line in one.lines:
        found = [told for told in _CALL.findall(line) if not told.startswith("peoplecount ")]
        yield from (shlex.join(words_of(told)) for told in found)


@pytest.fixture
def fault_of(monkeypatch: pytest.MonkeyPatch) -> Reader:
    """What the program says of a call that it only reads; in a sentence, what has to follow may be left out."""
    read = argparse.ArgumentParser.parse_args

    def parse_args(parser: argparse.ArgumentParser, *given: Any) -> argparse.Namespace:
        told = read(parser, *given)
        if parser.prog != "python -m peoplecount":
            raise Understood
        return told

    def error(parser: argparse.ArgumentParser, message: str) -> None:
        raise Refused(message, parser.format_help())

    def fault_of(told: str, *, in_words: bool = False) -> str:
        words = shlex.split(told)
        try:
            main(words)
        except (Understood, SystemExit):  # as --help ends
            return ""
        except Refused as refusal:
            said, usage = refusal.args
            unknown = [word for word in words if word.startswith("-") and word.partition("=")[0] not in usage]
            left_out = in_words and not unknown and said.startswith("the following arguments are required")
            return "" if left_out else f"{said} {unknown}"
        return "it is no command"

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", parse_args)
    monkeypatch.setattr(argparse.ArgumentParser, "error", error)
    return fault_of


def test_every_call_that_is_shown_is_read_by_the_program(fault_of: Reader) -> None:
    shown = {(one.document.name, told, not one.is_block) for one in SHOWN for told in calls(one)}
    assert len(shown) > 90
    faults = {(name, told): fault_of(told, in_words=in_words) for name, told, in_words in shown}
    assert {call: fault for call, fault in faults.items() if fault} == {}


@pytest.mark.parametrize("told", ["serv", "camera add --adress x", "site count", "db frob", "serve --chekc"])
def test_a_call_that_is_none_would_be_found(told: str, fault_of: Reader) -> None:
    assert fault_of(told)


def literals(file: Path) -> set[str]:
    """Texts that a program is made of, among them its options and their choices."""
    nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_every_chore_that_is_shown_has_these_options() -> None:
    listed = re.findall(r"^  ([a-z]+) +[A-Z]", (ROOT / "run.sh").read_text(encoding="utf-8"), re.MULTILINE)
    shown = {tuple(words_of(told)) for one in SHOWN for line in one.lines for told in _CHORE.findall(line)}
    assert len(shown) > 25
    for told in filter(None, shown):
        chore, *words = told
        assert chore in listed, told
        file = ROOT / (f"bench/{words.pop(0)}.py" if chore == "bench" and words else CHORES.get(chore, "run.sh"))
        options = [word.partition("=")[0] for word in words if word.startswith("--")]
        if chore not in ("demo", "serve", "test"):
            assert set(options) <= literals(file) if options else file.exists(), told


def settings_in(one: Code) -> Iterator[str]:
    """Names of settings: set in a line, or by themselves in a sentence."""
    if not one.is_block:
        yield from re.findall(r"^([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:=.*)?$", one.text)
    elif one.language not in ("tsql", "sql"):
        for line in one.lines:
            yield from re.findall(r"(?:^|\s|\$env:|\")([A-Z][A-Z0-9_]{2,})\s?=(?!=)", line)


def test_every_setting_that_is_shown_is_one() -> None:
    secrets = {f"{name}_FILE" for name, setting in by_name().items() if setting.secret}
    named = {(one.document.name, name) for one in SHOWN for name in settings_in(one)}
    assert len(named) > 150
    known = by_name().keys() | secrets | OF_TESTS | OF_THE_PROGRAM | OF_OTHERS
    assert {(document, name) for document, name in named if name not in known} == set()


def test_every_address_of_the_simulator_that_is_shown_is_there() -> None:
    shown = {path for one in SHOWN for path in re.findall(r"/control(/[a-z]+(?:/[a-z]+)*)", one.text)}
    assert len(shown) > 6
    assert shown <= literals(ROOT / "peoplecount" / "simulator" / "control.py")
