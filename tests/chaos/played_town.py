"""The town that is played, as the run sees it: a process of its own, and its control address."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

from tests.chaos.janitor import Janitor
from tests.chaos.schedule import Round
from tests.support.running import Process, plain_environment, wait_until


class Town:
    """The virtual cameras."""

    def __init__(self, folder: Path, planned: Round, port: int, janitor: Janitor) -> None:
        options = {
            "cameras": planned.cameras,
            "seed": planned.seed,
            "speed": planned.speed,
            "start": planned.starts_at.isoformat(),
            "port": port,
        }
        command = [sys.executable, "-m", "tests.chaos.town"]
        command += [text for name, value in options.items() for text in (f"--{name}", str(value))]
        self._output = folder / "cameras.txt"
        self._output.unlink(missing_ok=True)
        self.process = Process(command, self._output, plain_environment(), folder)
        janitor.group(self.process.pid)
        said = json.loads(wait_until(self._first_line, 60, "the cameras' first line", self.process))
        self.control: str = said["control"]
        self.port: int = said["port"]

    def _first_line(self) -> str:
        line, end, _ = self._output.read_text(errors="replace").partition("\n")
        return line if end else ""

    def ask(self, what: str) -> Any:
        """A page of the control address."""
        return _json(requests.get(f"{self.control}/{what}", timeout=10))

    def inject(self, fault: dict[str, Any]) -> None:
        """Order a fault."""
        _json(requests.post(f"{self.control}/faults", json=fault, timeout=10))

    def heal(self) -> None:
        """End all faults."""
        _json(requests.delete(f"{self.control}/faults", timeout=10))

    def now(self) -> datetime:
        """The played moment."""
        return datetime.fromisoformat(self.ask("clock")["now"])

    def jump(self, moment: datetime) -> None:
        """Let time pass until a moment, at once: whoever would have crossed meanwhile has."""
        _json(requests.post(f"{self.control}/clock", json={"now": moment.isoformat()}, timeout=10))

    def stop_clock(self, moment: datetime) -> None:
        """Let time stand still at a moment; where it stands already, it goes on to there."""
        _json(requests.post(f"{self.control}/clock", json={"until": moment.isoformat()}, timeout=10))

    def step_clock(self, seconds: float) -> None:
        """Step the clock that the service goes by; the cameras keep theirs."""
        _json(requests.post(f"{self.control}/clock", json={"step": seconds}, timeout=10))

    def end(self) -> None:
        """Close the shops."""
        if not self.process.ended():
            self.process.kill()


def _json(answer: requests.Response) -> Any:
    answer.raise_for_status()
    return answer.json()
