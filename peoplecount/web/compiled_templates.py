"""Compiled templates, kept where Python keeps compiled modules: compiling all takes each process half a second."""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib.util import cache_from_source
from pathlib import Path

from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket


class CompiledTemplates(FileSystemBytecodeCache):
    """As long as the template is the same. Where nothing may be written, each process compiles for itself."""

    def __init__(self, folder: Path | None = None) -> None:
        super().__init__(str(folder or Path(cache_from_source(__file__)).parent), "template-%s.cache")

    def dump_bytecode(self, bucket: Bucket) -> None:
        """What Jinja calls with a template that it has compiled."""
        if not sys.dont_write_bytecode:
            with suppress(OSError):
                super().dump_bytecode(bucket)
