"""A real PostgreSQL server for tests, where its binaries are: started in a temporary folder, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tests.support.processes import free_port
from tests.support.waiting import wait_until

USER = "peoplecount"
PASSWORD = "p@ss/wörd; #}"
DATABASE = "postgres"


@dataclass
class PostgresServer:
    """Where it is: by socket everybody may come in, by TCP with the password."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]
    binaries: Path
    memory: str
    host: str = "127.0.0.1"
    before: Sequence[str] = ()
    """What is put before its command."""

    @property
    def socket_folder(self) -> str:
        return str(self.folder)

    def stop(self, *, at_once: bool = False) -> None:
        """End it as ``pg_ctl stop -m fast`` does; at once, as ``-m immediate``: it recovers at the next start."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT if at_once else signal.SIGINT)
        self.process.wait(timeout=20)

    def kill(self) -> None:
        """SIGKILL for it and everybody who serves its clients, at the same moment: what a power cut leaves."""
        for one in self._signal(signal.SIGSTOP):  # first all are stopped, so that nobody sees another die
            with suppress(psutil.NoSuchProcess):
                one.kill()
        self.process.wait(timeout=20)
        (self.folder / "data" / "postmaster.pid").unlink(missing_ok=True)  # the number may be somebody else's by now

    def freeze(self) -> None:
        """Stop it where it stands: connections stay, and nobody answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> list[psutil.Process]:
        """To the server first, which then makes no more children; each of them is a group of its own."""
        server = psutil.Process(self.process.pid)
        server.send_signal(number)
        everybody = [server, *server.children(recursive=True)]
        for one in everybody[1:]:
            with suppress(psutil.NoSuchProcess):
                one.send_signal(number)
        return everybody

    def start(self) -> None:
        """Start it again on the same data and port, and wait until it is up."""
        self.process = _start(self.binaries, self.folder, self.port, self.memory, self.host, self.before)
        wait_until(lambda: _is_up(self.binaries, self.folder, self.port, self.process))


def binaries() -> Path | None:
    """The folder with initdb and postgres."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which("postgres")
    if found:
        folders.append(Path(found).resolve().parent)
    return next((folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()), None)


@contextmanager
def running_postgres(
    folder_with_binaries: Path, *, memory: str = "16MB", host: str = "127.0.0.1", before: Sequence[str] = ()
) -> Iterator[PostgresServer]:
    """A server that trusts nothing to the disk, so that it is quick; ``memory`` is for its pages.

    ``before`` is put before its command, which root runs then; ``host`` is the address that it has there.
    """
    folder = Path(tempfile.mkdtemp(prefix="pc-pg-"))  # pytest's folders are closed to the user it runs as
    try:
        who = _user(folder)
        data = folder / "data"
        secret = folder / "secret"
        secret.write_text(PASSWORD, encoding="utf-8")
        secret.chmod(0o644)
        _init(folder_with_binaries, data, secret, who)
        with (data / "pg_hba.conf").open("a") as rules:
            rules.write("host all all samenet scram-sha-256\n")
        port = free_port()
        process = _start(folder_with_binaries, folder, port, memory, host, before)
        server = PostgresServer(folder, port, process, folder_with_binaries, memory, host, before)
        try:
            wait_until(lambda: _is_up(folder_with_binaries, folder, port, server.process))
            yield server
        finally:
            server.stop(at_once=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _user(folder: Path) -> dict[str, Any]:
    """Root is refused by PostgreSQL; another user does it then."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name for entry in pwd.getpwall()}
    entry = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    os.chown(folder, entry.pw_uid, entry.pw_gid)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _init(binaries_: Path, data: Path, secret: Path, who: dict[str, Any]) -> None:
    arguments = ["--auth-local=trust", "--auth-host=scram-sha-256", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"]
    done = subprocess.run(
        [binaries_ / "initdb", "-D", data, "-U", USER, f"--pwfile={secret}", *arguments],
        capture_output=True,
        check=False,
        cwd="/",
        **who,
    )
    assert done.returncode == 0, done.stderr.decode()


def _start(
    binaries_: Path, folder: Path, port: int, memory: str, host: str, before: Sequence[str]
) -> subprocess.Popen[bytes]:
    settings = {
        "listen_addresses": host,
        "port": port,
        "unix_socket_directories": folder,
        "fsync": "off",
        "full_page_writes": "off",
        "max_connections": 60,
        "shared_buffers": memory,
    }
    options = [option for name, value in settings.items() for option in ("-c", f"{name}={value}")]
    who = _user(folder)
    if before:  # root first, as which it is gone through
        before = (*before, "setpriv", f"--reuid={who['user']}", f"--regid={who['group']}", "--clear-groups")
        who = {}
    command = [*before, binaries_ / "postgres", "-D", folder / "data", *options]
    with (folder / "log").open("ab") as log:
        # A session of its own: Ctrl-C is for the run, which ends it in its own time.
        return subprocess.Popen(command, stdout=log, stderr=log, cwd="/", start_new_session=True, **who)


def _is_up(binaries_: Path, folder: Path, port: int, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, (folder / "log").read_text()
    asked = subprocess.run([binaries_ / "pg_isready", "-q", "-h", folder, "-p", str(port)], check=False, cwd="/")
    return asked.returncode == 0
