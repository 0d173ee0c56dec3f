"""``python -m peoplecount``."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from peoplecount import __version__
from peoplecount.__main__ import command_sentences, main
from tests.support.processes import ROOT, bare_environment, python


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


@pytest.mark.parametrize("command", sorted(command_sentences()))
def test_every_command_explains_itself(command: str) -> None:
    told = subprocess.run(
        python("-m", "peoplecount", command, "--help"),
        cwd=ROOT,
        env=bare_environment(),
        check=False,
        capture_output=True,
        text=True,
    )
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith(f"usage: python -m peoplecount {command}")


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


@pytest.mark.parametrize("command", ["serve"])
def test_wrong_settings_are_told_in_words_and_end_with_2(command: str, tmp_path: Path) -> None:
    environment = bare_environment(PORT="x", POLL_INTERVAL="y", PYTHONPATH=str(ROOT))
    told = subprocess.run(
        python("-m", "peoplecount", command), cwd=tmp_path, env=environment, check=False, capture_output=True, text=True
    )
    assert told.returncode == 2
    assert told.stderr.startswith("2 settings are wrong:\n  - PORT: 'x' is not")
    assert "Traceback" not in told.stderr
