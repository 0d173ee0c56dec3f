"""LibreOffice, which opens workbooks as people do."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

_EVERY_SHEET_WITH_TEXTS_QUOTED = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true,true,false,false,false,-1"


def sheets_shown(workbook: bytes, folder: Path) -> dict[str, list[str]]:
    """The lines of every sheet as it shows it, by name: what it takes for a text is quoted, and nothing else is."""
    office = shutil.which("soffice") or pytest.skip("no LibreOffice: install Debian's libreoffice-calc-nogui")
    (folder / "book.xlsx").write_bytes(workbook)
    command = [office, "--headless", f"-env:UserInstallation={(folder / 'profile').as_uri()}"]
    command += ["--convert-to", _EVERY_SHEET_WITH_TEXTS_QUOTED, "--outdir", str(folder), "book.xlsx"]
    environment = os.environ | {"HOME": str(folder)}
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, timeout=200)
    return {
        path.stem.removeprefix("book-"): path.read_text("utf-8-sig").splitlines() for path in folder.glob("book-*.csv")
    }
