"""``python -m peoplecount``: finds the command that was asked for and runs it.

Every module of ``peoplecount.commands`` is a command: its docstring's first line is its help,
``add_arguments(parser)`` and ``run(arguments) -> exit code`` are what it does. Only the chosen one is imported.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import io
import os
import pkgutil
import sys
from collections.abc import Sequence
from pathlib import Path

from peoplecount import __version__, commands


def _missing(error: ModuleNotFoundError) -> str:
    """In words, what a forgotten virtual environment looks like. Raises ``error`` where the fault is ours."""
    if error.name is None or error.name.partition(".")[0] == "peoplecount":
        raise error
    return (
        f"{error.name} is not installed for {sys.executable}: activate the virtual environment first "
        "(`. .venv/bin/activate`, on Windows `.venv\\Scripts\\activate`), or run `pip install -r requirements.txt`"
    )


try:
    from peoplecount.launch import OWNER_ONLY, CannotStart
    from peoplecount.settings import SettingsError
except ModuleNotFoundError as missing:
    sys.exit(_missing(missing))

INTERRUPTED = 130
"""Exit code of what Ctrl-C ended, as shells know it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code. Faults in settings are told in words and end with 2."""
    os.umask(OWNER_ONLY)
    _let_everything_be_said()
    sentences = command_sentences()
    chosen = _parser(sentences).parse_args(arguments)
    if chosen.command is None:
        _parser(sentences).print_help()
        return 0
    try:
        command = importlib.import_module(f"{commands.__name__}.{chosen.command}")
    except ModuleNotFoundError as error:
        print(_missing(error), file=sys.stderr)
        return 1
    parser = argparse.ArgumentParser(
        f"python -m peoplecount {chosen.command}", description=(command.__doc__ or "").replace("``", "")
    )
    command.add_arguments(parser)
    try:
        return int(command.run(parser.parse_args(chosen.rest)))
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    except CannotStart as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


def _let_everything_be_said() -> None:
    """What a file or terminal has no letters for is written as an escape: on Windows most of them know few names."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def command_sentences() -> dict[str, str]:
    """Each command and its sentence, read from the source without importing it."""
    return {
        module.name: _sentence(Path(folder, f"{module.name}.py"))
        for folder in commands.__path__
        for module in pkgutil.iter_modules([folder])
        if not module.name.startswith("_")
    }


def _sentence(source: Path) -> str:
    docstring = ast.get_docstring(ast.parse(source.read_bytes())) or ""
    return docstring.partition("\n")[0]


def _parser(sentences: dict[str, str]) -> argparse.ArgumentParser:
    width = max(map(len, sentences))
    lines = [f"  {name:<{width}}  {sentence}" for name, sentence in sorted(sentences.items())]
    parser = argparse.ArgumentParser(
        "python -m peoplecount",
        usage="python -m peoplecount COMMAND [options]",
        description="Entry and exit counts from Hanwha (Wisenet) people-counting cameras, live and kept.",
        epilog="\n".join(["commands:", *lines, "", "python -m peoplecount COMMAND --help tells more of one."]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"peoplecount {__version__}")
    parser.add_argument("command", nargs="?", choices=sorted(sentences), metavar="COMMAND", help=argparse.SUPPRESS)
    parser.add_argument("rest", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
