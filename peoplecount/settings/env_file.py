"""The file ``.env``: what stands in it, and what is wrong with it."""

from __future__ import annotations

import io
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from dotenv.parser import Binding, parse_stream

_CUT_COMMENT = re.compile(r"=[^\S\r\n]*(?!['\"])[^\r\n]*?\s#|=[^\S\r\n]+#")
_QUOTED = re.compile(r"\s*(?:export\s+)?[^=#\s]+[^\S\r\n]*=[^\S\r\n]*['\"]")


@dataclass(frozen=True, slots=True)
class EnvFile:
    """Names and values as written; nothing is interpolated."""

    values: dict[str, str] = field(default_factory=dict, repr=False)
    faults: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def read_env_file(file: Path, secrets: Collection[str]) -> EnvFile:
    """Read ``file``; empty where there is none. Faults and warnings name lines, never values.

    python-dotenv's parser is asked directly, because ``dotenv_values`` only logs the lines it cannot read.
    """
    found = EnvFile()
    try:
        content = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return found
    except UnicodeDecodeError:
        found.faults.append(f"{file} is not UTF-8 text; save it again with the encoding UTF-8")
        return found
    except OSError as error:
        found.faults.append(f"{file} cannot be read: {error.strerror}")
        return found
    return read_env_text(content, file, secrets)


def read_env_text(content: str, file: Path, secrets: Collection[str]) -> EnvFile:
    """Read what stands in ``file``; see ``read_env_file``."""
    found = EnvFile()
    for binding in parse_stream(io.StringIO(content)):
        _take(found, file, binding, secrets)
    return found


def _take(found: EnvFile, file: Path, binding: Binding, secrets: Collection[str]) -> None:
    line = _line(binding)
    if binding.error or (binding.key is not None and binding.value is None):
        found.faults.append(f"{file}, line {line}: {_why_not(binding)}")
        return
    if binding.key is None or binding.value is None:
        return  # a blank line or a comment
    if binding.key in found.values and found.values[binding.key] != binding.value:
        found.warnings.append(f"{file}, line {line}: {binding.key} is set a second time; this line wins")
    if binding.key in secrets and _CUT_COMMENT.search(binding.original.string):
        found.warnings.append(
            f"{file}, line {line}: what follows ' #' in {binding.key} was taken for a comment; "
            "where it belongs to the value, put the value in single quotes"
        )
    found.values[binding.key] = binding.value


def _why_not(binding: Binding) -> str:
    if _QUOTED.match(binding.original.string):
        return "the value begins with a quote and must end with the same one, with nothing behind it but a comment"
    return "this is not NAME=VALUE, with a name without blanks; a comment begins with #"


def _line(binding: Binding) -> int:
    """The line the binding itself stands on; blank lines before it are counted to it by the parser."""
    text = binding.original.string
    return binding.original.line + text[: len(text) - len(text.lstrip())].count("\n")
