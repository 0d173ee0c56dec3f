"""Show the whole state of the installation on one screen: service, cameras, counts, log, consumers, disk."""

from __future__ import annotations

import argparse
import json
import sys
import time

from peoplecount.commands._steps import show
from peoplecount.launch import read_settings
from peoplecount.services.status_report import Condition, StatusReport
from peoplecount.status import InstallationSight

EXIT_CODES = {Condition.HEALTHY: 0, Condition.DEGRADED: 1, Condition.DOWN: 2}

LOOK_SECONDS = 5.0

_CLEAR = "\N{ESCAPE}[H\N{ESCAPE}[J"
"""Of terminals: to the first place, and nothing behind it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    parser.add_argument("--json", action="store_true", help="as one JSON object, for programs")
    parser.add_argument("--watch", action="store_true", help=f"again every {LOOK_SECONDS:g} s, until Ctrl-C")


def run(arguments: argparse.Namespace) -> int:
    """Look; 0 where all is healthy, 1 where something is degraded, 2 where the service is down or not ready.

    The service may run or not; nothing is changed, and no secret is needed.
    """
    sight = InstallationSight(read_settings())
    try:
        while True:
            report = StatusReport(sight.look())
            _tell(report, as_json=arguments.json, clears=arguments.watch and sys.stdout.isatty())
            if not arguments.watch:
                return EXIT_CODES[report.condition]
            time.sleep(LOOK_SECONDS)
    finally:
        sight.close()


def _tell(report: StatusReport, *, as_json: bool, clears: bool) -> None:
    figures = report.figures()
    if as_json:
        print(json.dumps(figures, ensure_ascii=False), flush=True)
        return
    if clears:
        print(_CLEAR, end="")
    print(f"Peoplecount {figures['version']}: {figures['status']}, {figures['at']}")
    for step in report.steps:
        show(step)
    for advice in dict.fromkeys(step.advice for step in report.steps if step.advice):
        print(advice)
