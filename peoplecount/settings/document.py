"""``docs/settings.md``: every setting, written from the table.

``python -m peoplecount.settings.document`` writes it anew; ``--check`` says whether it is in step.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from peoplecount.settings.setting import Setting
from peoplecount.settings.table import SETTINGS

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "settings.md"

_HEAD = """# Settings

<!-- Written by `python -m peoplecount.settings.document` from peoplecount/settings/table.py. -->

Settings are read from the environment and from the file `.env` in the folder the service is started in; where both name
one, the environment wins. None is needed: without any, the service keeps everything in `var/`.

- A line is `NAME=VALUE`; blanks around `=` do no harm, and an empty value is as good as none.
- Nothing is interpolated: `$` and `%` mean themselves. A value that holds ` #` (blank and hash) or begins or ends with
  a blank goes in single quotes; inside them, `\\'` is a quote and `\\\\` a backslash.
- Every **secret** may come from a file instead: `DB_PASSWORD_FILE=/run/secrets/db` in place of `DB_PASSWORD`.
- What is wrong is said at the start, all at once, and the service does not start (exit code 2). Names that look like a
  setting but are none are pointed out.
"""

_TAIL = """
## The two ways to name a database

`DATABASE_URL` or the `DB_…` settings; with both, `DATABASE_URL` wins, the others fill what it lacks, and what
contradicts it is named in the log. The address needs no driver: `mssql://`, `sqlserver://` and `mssql+pyodbc://` are
the same, as are `postgresql://`, `postgres://` and `postgresql+psycopg://`.

A password may stand in the address as it is, with `@ / ; } # $ %` and blanks. Percent-encoded passwords are understood,
too: `%40` is read as `@` unless a bare `@` stands in the same password. A password that is meant to hold a percent sign
and two hexadecimal digits is best given as `DB_PASSWORD`, where nothing is decoded.

`mssql+pyodbc:///?odbc_connect=…` hands a whole ODBC connection string to the driver.
"""


def document() -> str:
    """The whole text."""
    sections = [
        f"\n## {title}\n\n| setting | default | meaning |\n| --- | --- | --- |\n" + "".join(map(_row, settings))
        for title, settings in groupby(SETTINGS, key=lambda setting: setting.section)
    ]
    return "".join([_HEAD, *sections, _TAIL])


def _row(setting: Setting) -> str:
    default = f"`{setting.default}`" if setting.default else ""
    secret = " **Secret.**" if setting.secret else ""
    return f"| `{setting.name}` | {default} | {setting.help}{secret} |\n"


def main(arguments: Sequence[str]) -> int:
    """Write the document, or check it; exit code 1 where it is out of step."""
    if "--check" not in arguments:
        DOCUMENT.write_text(document(), encoding="utf-8", newline="\n")
        return 0
    if DOCUMENT.exists() and DOCUMENT.read_text(encoding="utf-8") == document():
        return 0
    print(f"docs/{DOCUMENT.name} is out of step: run python -m peoplecount.settings.document", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
