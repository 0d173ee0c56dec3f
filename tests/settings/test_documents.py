"""What is written down about settings is in step with the table."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from peoplecount.settings import document, load_settings
from peoplecount.settings.env_file import read_env_file
from peoplecount.settings.table import by_name

ROOT = Path(document.__file__).resolve().parents[2]


def test_the_document_is_in_step_with_the_table() -> None:
    assert document.DOCUMENT.read_text(encoding="utf-8") == document.document()
    assert document.main(["--check"]) == 0


def test_the_example_holds_ten_settings_of_the_table_and_starts_as_it_is() -> None:
    example = ROOT / ".env.example"
    values = read_env_file(example, []).values
    assert len(values) == 10
    assert values.keys() <= by_name().keys()
    settings = load_settings({}, example)
    assert settings.warnings == ()
    assert settings == load_settings({}, None)


def test_the_example_shows_the_defaults_it_names() -> None:
    values = read_env_file(ROOT / ".env.example", []).values
    shown = {name: text for name, text in values.items() if text}
    assert shown == {name: by_name()[name].default for name in shown}


def test_every_setting_named_in_the_readme_is_in_the_table() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([A-Z_]+)` \| ([^|]*) \|", readme, re.MULTILINE)
    assert rows
    for name, default in rows:
        assert default.strip().strip("`") == by_name()[name].default


def test_settings_open_no_socket_module_before_gevent_patches() -> None:
    program = "import sys, peoplecount.settings as s; s.load_settings({}, None); print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"socket", "ssl", "requests", "urllib3", "flask", "sqlalchemy"} & set(found.stdout.split())
