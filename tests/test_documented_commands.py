"""Commands of the documents: run as they stand there, or tried by another test, or not tried for a reason that is said.

A block of commands is one script, in an installation of its own: what the lines before the last one have made is there.
"""

from __future__ import annotations

import contextlib
import getpass
import io
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from peoplecount.__main__ import main
from peoplecount.services.passwords import Passwords
from peoplecount.simulator.crossings import NoTraffic
from peoplecount.simulator.plan import Fleet
from peoplecount.simulator.server import SimulatorServer
from tests.support.living_service import LivingService, living_service
from tests.support.people import QUICK
from tests.support.processes import ROOT, free_port
from tests.support.running import Process, wait_until
from tests.support.virtual_cameras import plan

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMAND = "python -m peoplecount "
PASSWORD = "correct horse battery"

ELSEWHERE = {
    "./run.sh demo": "tests/commands/test_demo.py",
    "python -m peoplecount demo": "tests/commands/test_demo.py",
    "./run.sh test": "tests/test_run_script.py",
    "pytest": "tests/test_run_script.py",
    "./run.sh serve": "tests/support/running.py",
    "POLLING=off WEB_WORKERS=4 ./run.sh serve": "tests/e2e/test_polling_apart.py",
    "WEB_WORKERS=1 HOST=127.0.0.1 PORT=8001 ./run.sh serve": "tests/e2e/test_polling_apart.py",
    "CAMERA_NETWORKS=127.0.0.1 CLOCK_URL=http://127.0.0.1:9100": "tests/simulator/test_replay.py",
    "python3 -m venv .venv": "tests/test_run_script.py",
    "pip install -r requirements.txt": "tests/test_run_script.py",
    "./run.sh lock": "tests/test_wheel.py",
    "./run.sh release": "tests/test_release.py",
    "./run.sh sbom": "tests/sbom/test_sbom.py",
    "python -m tests.versions": "tests/e2e/test_versions.py",
    "python -m tests.links": "tests/test_links.py",
    "./run.sh words": "tests/web/test_catalogues.py",
    "./run.sh bundle": "tests/test_bundle.py",
    "tar xf peoplecount-*.tar.gz": "tests/test_bundle.py",
    "cd peoplecount-*/": "tests/test_bundle.py",
    "sudo ./install.sh /opt/peoplecount": "tests/test_bundle.py",
    "python -m peoplecount simulate": "tests/simulator/test_simulate_command.py",
    "CAMERA_NETWORKS=127.0.0.1 DATA_DIR=var/replay python -m peoplecount camera add": "tests/test_camera_command.py",
    "python -m peoplecount camera import": "tests/commands/test_camera_import.py",
    "python -m peoplecount camera trust": "tests/commands/test_camera_trust.py",
    "python -m peoplecount restore": "tests/commands/test_backup.py",
    "python -m peoplecount reconcile": "tests/commands/test_reconcile.py",
    "python -m peoplecount replay --day": "tests/browser/test_replay.py",
    "python -m peoplecount replay": "tests/commands/test_replay.py",
    "echo 'THE PASSWORD' | python -m peoplecount db copy": "tests/commands/test_db_copy.py",
    "docker exec peoplecount peoplecount user link": "tests/commands/test_user.py",
    "sudo install --mode=0644 deploy/nginx.conf": "tests/test_proxies.py",
    "sudo install --mode=0644 deploy/Caddyfile": "tests/test_proxies.py",
    "python3 - <<'END'": "tests/test_documented_commands.py",
}
"""What a command begins with, and who tries it."""

NOT_TRIED = {
    "git ": "changes the checkout, or what others have of it",
    ".ci/run": "runs all tests",
    "cd ": "nothing can be wrong with it",
    "umask ": "nothing can be wrong with it",
    ". .venv/bin/activate": "nothing can be wrong with it",
    "cp .env.example .env": "nothing can be wrong with it",
    "docker ": "needs Docker; the steps of the image are tried by tests/test_deploy.py",
    "TEST_MSSQL_URL=": "needs SQL Server",
    "sqlcmd ": "needs SQL Server's tools",
    "mosquitto_sub ": "needs a broker on the network; tests/e2e/test_mqtt.py reads the same topics",
    "journalctl ": "needs systemd",
    "install -o peoplecount": "changes the machine",
    "sudo ": "changes the machine: deploy/rehearse.sh follows Debian's page on a system made for it",
    "echo DATA_DIR=": "as above",
    "systemctl ": "needs systemd; followed by deploy/rehearse.sh",
}
"""What a command begins with, and why no test runs it."""

SHOP, MALL = 'site add "Shop"', 'site add "Mall"'
ENTRANCE = 'camera add "Main entrance" 192.0.2.7 --user admin --site Shop'
BEFORE = {
    "docs/administration.md": [SHOP],
    "docs/backup.md": [SHOP, "user add anna --role viewer --link"],
    "docs/fleet.md": [ENTRANCE],
    "docs/sign-in.md": [SHOP, MALL],
    "docs/sql-server.md": ["db upgrade"],
}
"""What is there before a block begins."""

FINDS_FAULTS = ("doctor", "camera test")
"""What ends with 1 where something is wrong, such as that no service runs."""


@dataclass(frozen=True)
class Block:
    document: Path
    number: int
    text: str

    @property
    def name(self) -> str:
        return self.document.relative_to(ROOT).as_posix()

    def lines(self) -> list[str]:
        """Its commands, without comments; a text that is handed to a program belongs to its command."""
        text = re.sub(r"(<<'(\w+)'\n).*?^\2$", r"\1", self.text, flags=re.DOTALL | re.MULTILINE)
        joined = re.sub(r"\\\n\s*", "", text)
        bare = (re.sub(r"(^|\s)#.*$", "", line).strip() for line in joined.splitlines())
        return [line for line in bare if line]

    def is_run(self) -> bool:
        return any(is_run(line) for line in self.lines())


def blocks() -> list[Block]:
    found = []
    for document in DOCUMENTS:
        texts = re.findall(
            r"^ *(?:\d+\. )?```sh\n(.*?)^ *```", document.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
        )
        found += [Block(document, number, text) for number, text in enumerate(texts)]
    return found


BLOCKS = blocks()


def beginning(line: str, known: dict[str, str]) -> str | None:
    return next((value for begins, value in known.items() if line.startswith(begins)), None)


def is_run(line: str) -> bool:
    return line.startswith((COMMAND, "curl ")) and beginning(line, ELSEWHERE) is None


def test_every_command_is_run_here_or_there_or_it_is_said_why_not() -> None:
    assert len(BLOCKS) > 40
    unknown = [
        (block.name, line)
        for block in BLOCKS
        for line in block.lines()
        if not is_run(line) and beginning(line, ELSEWHERE) is None and beginning(line, NOT_TRIED) is None
    ]
    assert unknown == []


def test_whoever_is_said_to_try_a_command_is_there_and_what_is_said_is_still_needed() -> None:
    assert [path for path in ELSEWHERE.values() if not (ROOT / path).exists()] == []
    lines = [line for block in BLOCKS for line in block.lines()]
    left_over = [one for one in (*ELSEWHERE, *NOT_TRIED) if not any(line.startswith(one) for line in lines)]
    assert left_over == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_commands_stand_in_blocks_that_say_so(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    other = re.findall(r"^ *```(?!sh\n|powershell\n)\w*\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)
    assert [one for one in other if re.match(r" *(python -m|curl|pip install|sudo|\./run\.sh) ", one)] == []
    assert re.findall(r"^ {4}(?:python -m|curl|\./run\.sh) .*", text, re.MULTILINE) == []


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Installation:
    """A folder in which commands are given, with two cameras in reach and no service."""

    def __init__(self, folder: Path, cameras: SimulatorServer) -> None:
        self.folder = folder
        self._cameras = cameras
        (folder / "backups").mkdir()
        (folder / "service.log").write_text("2026-05-04 12:00:00 a line of the log\n")

    def argv(self, line: str) -> list[str]:
        """What is typed, with addresses that are there."""
        for address, camera in {"192.0.2.7": "north", "192.0.2.8": "south"}.items():
            line = line.replace(address, f"127.0.0.1:{self._cameras.port}/cam/{camera}")
        line = line.replace("/mnt/backups", str(self.folder / "backups")).replace(" 14:30", " 00:00")
        return shlex.split(re.sub(r"\bCAMERA\b", "main-entrance", line))

    def gives(self, line: str) -> int:
        """Its exit code; what it prints goes where the line says."""
        command, _, target = line.removeprefix(COMMAND).partition(" > ")
        with contextlib.ExitStack() as stack:
            if target:
                stack.enter_context(contextlib.redirect_stdout(stack.enter_context((self.folder / target).open("w"))))
            try:
                return main(self.argv(command))
            except SystemExit as end:  # as --help ends
                return int(end.code or 0)


@pytest.fixture(scope="module")
def cameras() -> Iterator[SimulatorServer]:
    plans = [plan(name, serial=f"ZDOC{index:012d}", password=PASSWORD) for index, name in enumerate(("north", "south"))]
    with SimulatorServer(Fleet(tuple(plans), NoTraffic())) as running:
        yield running


@pytest.fixture
def installation(tmp_path, monkeypatch, cameras) -> Installation:
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "DB_SERVER", "CLOCK_URL", "PEOPLECOUNT_DEMO", "CAMERA_USER", "CAMERA_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("TIME_ZONE", "Europe/Zurich")
    monkeypatch.setenv("PORT", str(free_port()))
    monkeypatch.setattr("peoplecount.people.Passwords", lambda _: Passwords(hasher=QUICK))
    monkeypatch.setattr(getpass, "getpass", lambda *_: PASSWORD)
    monkeypatch.setattr(sys, "stdin", Terminal())
    return Installation(tmp_path, cameras)


OF_INSTALLATIONS = [block for block in BLOCKS if any(is_run(line) and COMMAND in line for line in block.lines())]


@pytest.mark.parametrize("block", OF_INSTALLATIONS, ids=lambda block: f"{block.name}-{block.number}")
def test_commands_do_what_the_document_says(block: Block, installation: Installation, capsys) -> None:
    for line in BEFORE.get(block.name, []):
        assert installation.gives(COMMAND + line) == 0, capsys.readouterr()
    for line in block.lines():
        if is_run(line):
            code = installation.gives(line)
            allowed = {0, 1} if line.removeprefix(COMMAND).startswith(FINDS_FAULTS) else {0}
            assert code in allowed, (line, capsys.readouterr())


@pytest.fixture(scope="module")
def living(tmp_path_factory) -> Iterator[LivingService]:
    with living_service(tmp_path_factory.mktemp("living")) as living:
        yield living


@pytest.fixture(scope="module")
def token(living) -> str:
    return next(word for word in living.service.command("token", "add", "A reader").split() if word.startswith("pc_"))


CURLS = sorted({line for block in BLOCKS for line in block.lines() if line.startswith("curl ")})


@pytest.mark.parametrize("line", CURLS)
def test_what_is_asked_by_curl_is_answered(line: str, living: LivingService, token: str, cameras) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    here = line.replace("https://counts.example", living.url).replace("http://127.0.0.1:8000", living.url)
    here = here.replace("http://127.0.0.1:9100/cam/1", f"http://127.0.0.1:{cameras.port}/cam/north")
    here = here.replace("pc_…", token).replace("admin:PASSWORD", f"admin:{PASSWORD}").replace("site=shop&", "")
    asked = [*shlex.split(here), "--silent", "--max-time", "3", "--dump-header", "-"]
    told = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert "HTTP/1.1 200" in told.stdout, (told.stdout, told.stderr)
    assert told.returncode == (28 if " -N " in line else 0), "a stream does not end by itself"


def test_the_receiver_of_webhooks_shows_what_it_is_sent(tmp_path: Path) -> None:
    [block] = [block for block in BLOCKS if "HTTPServer" in block.text]
    port = free_port()
    script = block.text.replace("9000", str(port)).replace("python3 -", f"{sys.executable} -u -")
    receiver = Process(["bash", "-c", script], tmp_path / "said", {"PATH": "/usr/bin:/bin"}, tmp_path)

    def is_sent() -> bool:
        with contextlib.suppress(requests.ConnectionError):
            requests.post(f"http://127.0.0.1:{port}/", data='{"id": "7"}', timeout=10)
            return True
        return False

    try:
        wait_until(is_sent, 30, "the receiver", receiver)
        wait_until(lambda: '{"id": "7"}' in receiver.said(), 20, "what was sent", receiver)
    finally:
        receiver.kill()
