"""nginx in front of the service, as its package sets it up."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.processes import free_port
from tests.support.running import Process, wait_until

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin") or ""

CONFIGURATION = """\
{user}
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ }}
http {{
    access_log off;
    gzip on;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://127.0.0.1:{service};
            {more}
        }}
    }}
}}
"""


@contextmanager
def nginx_before(service: int, folder: Path, more: str = "") -> Iterator[int]:
    """A proxy with default settings before a port, and ``more`` of them; the port it listens on."""
    port = free_port()
    folder.mkdir()
    user = "user root;" if os.geteuid() == 0 else ""  # or its workers could not write to our folder
    text = CONFIGURATION.format(user=user, folder=folder, port=port, service=service, more=more)
    (folder / "nginx.conf").write_text(text)
    process = Process([NGINX, "-c", str(folder / "nginx.conf")], folder / "said.txt", dict(os.environ), folder)
    try:
        wait_until((folder / "nginx.pid").exists, 20, "nginx", process)
        yield port
    finally:
        process.kill()
