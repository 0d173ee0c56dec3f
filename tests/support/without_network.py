"""Installs a bundle and starts the service where there is no network; run by ``unshare --net``, as root of a namespace.

Says what happened as JSON: whether anything outside could be reached, and what the service answered.
"""

from __future__ import annotations

import fcntl
import http.client
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

PORT = 8000
"""Free: the namespace is ours alone."""

SIOCSIFFLAGS, IFF_UP = 0x8914, 0x1
"""Of netdevice(7)."""


def main(bundle: Path, folder: Path, umask: int) -> None:
    """Install ``bundle``, which is unpacked, into ``folder`` with that umask, and look at the service once."""
    _bring_loopback_up()
    found: dict[str, object] = {"outside": _reaches_outside()}
    install = subprocess.run([bundle / "install.sh", folder], capture_output=True, text=True, check=False, umask=umask)
    found |= {"installed": install.returncode, "said": install.stdout + install.stderr}
    if install.returncode == 0:
        found["answers"] = _serve(folder)
    print(json.dumps(found))


def _bring_loopback_up() -> None:
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh", b"lo", IFF_UP))


def _reaches_outside() -> bool:
    try:
        socket.create_connection(("192.0.2.1", 443), timeout=1).close()  # TEST-NET-1 of RFC 5737: nobody
    except TimeoutError:
        return True  # a packet left for it
    except OSError:
        return False
    return True


def _serve(folder: Path) -> dict[str, int]:
    settings = {
        "PATH": os.environ["PATH"],
        "PORT": str(PORT),
        "DATA_DIR": str(folder.parent / "data"),
        "SIGNED_OUT_LOOK": "on",
    }
    with subprocess.Popen([folder / "bin" / "peoplecount", "serve"], cwd=folder, env=settings) as service:
        try:
            deadline = time.monotonic() + 60
            while _status("/health/live") != http.HTTPStatus.OK and time.monotonic() < deadline:
                time.sleep(0.05)
            return {path: _status(path) for path in ("/", "/static/favicon.svg", "/docs")}
        finally:
            service.send_signal(signal.SIGTERM)


def _status(path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3], 8))
