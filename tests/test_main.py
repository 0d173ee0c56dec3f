"""``python -m peoplecount``."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

import pytest

from peoplecount import __version__
from peoplecount.__main__ import command_sentences, main
from tests.support.commands import run_command
from tests.support.processes import ROOT, bare_environment, python
from tests.support.running import plain_environment


def test_alone_it_lists_every_command_with_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    listed = capsys.readouterr().out
    for name, sentence in command_sentences().items():
        assert sentence.endswith("."), f"{name} needs a docstring whose first line is a sentence"
        assert f"{name} " in listed
        assert sentence in listed
    assert {"serve", "demo"} <= command_sentences().keys()


def test_it_tells_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"peoplecount {__version__}\n"


def test_an_unknown_command_is_refused_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["srve"])
    assert ended.value.code == 2
    assert "serve" in capsys.readouterr().err


def test_every_command_explains_itself(tmp_path: Path) -> None:
    names = command_sentences()
    assert len(names) > 10
    for name in names:
        told = run_command(name, "--help", environment=plain_environment(), folder=tmp_path)
        assert (told.returncode, told.stderr) == (0, "")
        assert told.stdout.startswith(f"usage: python -m peoplecount {name}")


def test_only_the_chosen_command_is_imported() -> None:
    program = (
        "import sys; from peoplecount.__main__ import main\n"
        "try: main(['serve', '--help'])\n"
        "except SystemExit: print(*[name for name in sys.modules if name.startswith('peoplecount.commands.')])"
    )
    told = subprocess.run(
        python("-c", program), cwd=ROOT, env=bare_environment(), check=False, capture_output=True, text=True
    )
    assert told.stdout.splitlines()[-1] == "peoplecount.commands.serve"


def test_what_the_terminals_letters_cannot_say_is_said_by_escapes(tmp_path: Path) -> None:
    """As on Windows, where what is written into a file has the letters of one part of the world."""
    environment = bare_environment(
        DATA_DIR=str(tmp_path / "var"), PYTHONPATH=str(ROOT), PYTHONIOENCODING="cp1252:strict", PYTHONUTF8="0"
    )
    for task in (["add", "Größe 東京", "--time-zone", "Asia/Tokyo"], ["list"]):
        command = python("-m", "peoplecount", "site", *task)
        told = subprocess.run(command, cwd=tmp_path, env=environment, check=False, capture_output=True)
        assert told.returncode == 0, told.stderr
    assert rb"\u6771\u4eac" in told.stdout
    assert "Größe".encode("cp1252") in told.stdout


@pytest.mark.parametrize("command", [["serve"], ["serve", "--check"]])
def test_wrong_settings_are_told_in_words_and_end_with_2(command: list[str], tmp_path: Path) -> None:
    environment = bare_environment(PORT="x", POLL_INTERVAL="y", PYTHONPATH=str(ROOT))
    told = subprocess.run(
        python("-m", "peoplecount", *command),
        cwd=tmp_path,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    assert told.returncode == 2
    assert told.stderr.startswith("2 settings are wrong:\n  - PORT: 'x' is not")
    assert "Traceback" not in told.stderr


def test_settings_are_looked_at_beside_a_service_that_runs_on_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as running:
        monkeypatch.setenv("PORT", str(running.getsockname()[1]))
        monkeypatch.chdir(tmp_path)
        assert main(["serve", "--check"]) == 0
    monkeypatch.setenv("SIGNED_OUT_LOOK", "on")
    monkeypatch.setenv("HOST", "0.0.0.0")
    assert main(["serve", "--check"]) != 0
    assert "others could look without signing in" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
