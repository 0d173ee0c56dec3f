"""docs/simulator.md keeps step with the code."""

import argparse
import re
from pathlib import Path

from peoplecount.commands import simulate
from peoplecount.simulator.fault import FaultName

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "simulator.md").read_text(encoding="utf-8")


def section(title):
    return DOCUMENT.partition(f"## {title}\n")[2].partition("\n## ")[0]


def test_every_fault_is_explained():
    assert re.findall(r"^\| `([^`]+)`", section("Faults"), re.MULTILINE) == list(FaultName)


def test_every_option_is_explained():
    parser = argparse.ArgumentParser(add_help=False)
    simulate.add_arguments(parser)
    options = {option for action in parser._actions for option in action.option_strings}
    assert set(re.findall(r"--[a-z][a-z-]*", section("Options"))) == options
