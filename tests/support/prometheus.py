"""The files for Prometheus and Grafana, and promtool, which reads them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import ROOT

FOLDER = ROOT / "integrations" / "prometheus"
RULES = FOLDER / "peoplecount.rules.yml"
DASHBOARD = FOLDER / "grafana-dashboard.json"

_SAMPLE = re.compile(r"\bpeoplecount_[a-z_]+\b")


def promtool(*arguments: str | Path) -> str:
    """What it prints; fails where it refuses."""
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed (on Debian and Ubuntu: apt install prometheus)")
    done = subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def dashboard_queries() -> list[str]:
    """All of the dashboard's, as Prometheus would be asked."""
    told = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    found = [*_queries(told["panels"]), *(one["expr"] for one in told["annotations"]["list"])]
    return [one.replace("$__rate_interval", "5m") for one in found]


def _queries(panels: list[Mapping[str, Any]]) -> Iterator[str]:
    for panel in panels:
        yield from (target["expr"] for target in panel.get("targets", ()))
        yield from _queries(panel.get("panels", []))


def named_samples() -> set[str]:
    """The samples that rules and dashboard ask for."""
    rules = "\n".join(re.sub(r"#.*", "", line) for line in RULES.read_text(encoding="utf-8").splitlines())
    return set(_SAMPLE.findall("\n".join([rules, *dashboard_queries()])))
