"""``python -m tests.versions NAME``: keeps data as a version of the program writes them, for later ones to open.

Virtual cameras count people for a while, an administrator and a program are let in, and the version makes a backup:
``NAME.zip`` here, and beside it in ``NAME.json`` the commit whose program did it, and what a test needs to come in.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.processes import bare_environment, free_port, status_of
from tests.support.running import Process, Simulator, wait_until
from tests.versions.history import commit_of, program_of

HERE = Path(__file__).parent
DAY = "2026-03-04"
CAMERAS = 3
PASSWORD = "kept from an earlier version"

REGISTER = """
import json, os, sys
from peoplecount.configuration import register_fleet
from peoplecount.settings import load_settings
register_fleet(load_settings(dict(os.environ), env_file=None), json.load(sys.stdin))
"""


class Version:
    """The program in a folder, with a data folder of its own."""

    def __init__(self, program: Path, folder: Path, clock: str) -> None:
        self._folder = folder
        self.port = free_port()
        settings = {"DATA_DIR": str(folder / "var"), "POLL_INTERVAL": "1", "BACKFILL_DAYS": "0", "CLOCK_URL": clock}
        self._environment = bare_environment(PYTHONPATH=str(program), PORT=str(self.port), **settings)

    def python(self, *arguments: str, said: str = "") -> str:
        """What it prints."""
        return subprocess.run(
            [sys.executable, *arguments],
            env=self._environment,
            cwd=self._folder,
            input=said,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout

    def command(self, *arguments: str, said: str = "") -> str:
        """What a command prints."""
        return self.python("-m", "peoplecount", *arguments, said=said)

    def serve(self) -> Process:
        """Starts the service and waits until it answers."""
        line = [sys.executable, "-m", "peoplecount", "serve"]
        service = Process(line, self._folder / "service.txt", self._environment, self._folder)
        wait_until(lambda: status_of(self.port, "/health/live") == 200, 90, "the service's first answer", service)
        return service


def keep(name: str, commit: str) -> None:
    """Make ``NAME.zip`` and ``NAME.json``."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        program = program_of(commit, folder / "program")
        simulator = Simulator(folder, "--cameras", str(CAMERAS), "--busy", "--port", "0", "--start", f"{DAY}T10:00:00")
        version = Version(program, folder, f"{simulator.control}/clock")
        version.python("-c", REGISTER, said=json.dumps(simulator.get("cameras")))
        version.command("user", "add", "anna", "--role", "administrator", "--password-stdin", said=f"{PASSWORD}\n")
        printed = version.command("token", "add", "A reader").split()
        service = version.serve()
        try:
            enough = 20 * CAMERAS
            wait_until(lambda: _asked(simulator) > enough, 120, "polls", service)
            version.command("backup", str(HERE / f"{name}.zip"))
        finally:
            service.terminate()
            simulator.end()
    token = next(word for word in printed if word.startswith("pc_"))
    known = {"commit": commit, "token": token, "password": PASSWORD}
    (HERE / f"{name}.json").write_text(json.dumps(known, indent=2) + "\n")


def _asked(simulator: Simulator) -> int:
    return sum(camera["requests"] for camera in simulator.get("requests").values())


if __name__ == "__main__":
    parser = argparse.ArgumentParser("python -m tests.versions", description=(__doc__ or "").partition("\n")[2])
    parser.add_argument("name", help="such as 0.2.0")
    parser.add_argument("--commit", default="HEAD", help="whose program it is (%(default)s)")
    chosen = parser.parse_args()
    keep(chosen.name, commit_of(chosen.commit))
