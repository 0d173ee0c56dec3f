"""The files for nginx, Caddy and IIS in front of the service, as ``docs/install/proxies.md`` hands them out."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.support.certificate_files import write_certificate
from tests.support.processes import ROOT, free_port
from tests.support.running import Process, Service, wait_until

if sys.platform == "win32":
    pytest.skip("nginx and Caddy are looked for on POSIX only", allow_module_level=True)

NAME = "127.0.0.1"
"""In place of ``counts.example``: no name has to be resolved."""


@dataclass(frozen=True)
class Ports:
    plain: int
    secure: int


def _nginx(folder: Path, ports: Ports, service: int) -> list[str]:
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    for wanted, here in {
        "/etc/ssl/counts.example.pem": f"{folder}/cert.pem",
        "/etc/ssl/private/counts.example.key": f"{folder}/key.pem",
        "counts.example": NAME,
        "127.0.0.1:8000": f"127.0.0.1:{service}",
        "listen 80;": f"listen 127.0.0.1:{ports.plain};",
        "listen 443 ssl http2;": f"listen 127.0.0.1:{ports.secure} ssl http2;",
        "    listen [::]:80;\n": "",
        "    listen [::]:443 ssl http2;\n": "",
    }.items():
        assert wanted in text
        text = text.replace(wanted, here)
    (folder / "peoplecount.conf").write_text(text)
    user = "user root;\n" if os.geteuid() == 0 else ""  # or its workers could not write to our folder
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    (folder / "nginx.conf").write_text(
        f"{user}daemon off;\npid {folder}/pid;\nerror_log {folder}/error.log;\nevents {{ }}\n"
        f"http {{\naccess_log off;\ngzip on;\n{places}include {folder}/peoplecount.conf;\n}}\n"
    )
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    return [str(program), "-c", str(folder / "nginx.conf")] if program else []


def _caddy(folder: Path, ports: Ports, service: int) -> list[str]:
    text = (ROOT / "deploy" / "Caddyfile").read_text()
    site = f"{NAME}:{ports.secure} {{\n\ttls {folder}/cert.pem {folder}/key.pem"
    assert "\ncounts.example {" in text
    text = text.replace("\ncounts.example {", f"\n{site}").replace("127.0.0.1:8000", f"127.0.0.1:{service}")
    options = f"{{\n\tadmin off\n\thttp_port {ports.plain}\n\thttps_port {ports.secure}\n}}\n"
    (folder / "Caddyfile").write_text(options + text)
    program = shutil.which("caddy")
    return [program, "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"] if program else []


@dataclass(frozen=True)
class Front:
    """The service with a proxy before it."""

    service: Service
    ports: Ports
    session: requests.Session

    @property
    def url(self) -> str:
        return f"https://{NAME}:{self.ports.secure}"

    def is_there(self) -> bool:
        try:
            return self.session.get(f"{self.url}/health/live", timeout=5).ok
        except requests.RequestException:
            return False


@contextmanager
def _front(folder: Path, command: Callable[[Path, Ports, int], list[str]]) -> Iterator[Front]:
    ports = Ports(free_port(), free_port())
    cert, _ = write_certificate(folder, host=NAME)
    address = f"https://{NAME}:{ports.secure}"
    service = Service(folder, PUBLIC_URL=address, TRUSTED_PROXIES="127.0.0.1,::1", SIGNED_OUT_LOOK="off")
    line = command(folder, ports, service.port)
    if not line:
        pytest.skip(f"{command.__name__.strip('_')} is not installed")
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "XDG_DATA_HOME": str(folder)}
    with requests.Session() as session:
        session.trust_env, session.verify = False, str(cert)
        service.start()
        proxy = Process(line, folder / "proxy.txt", environment, folder)
        front = Front(service, ports, session)
        try:
            wait_until(front.is_there, 30, "the proxy's first answer", proxy)
            yield front
        finally:
            proxy.kill()
            service.end()


@pytest.fixture(scope="module", params=[_nginx, _caddy], ids=["nginx", "caddy"])
def front(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with _front(tmp_path_factory.mktemp("front"), request.param) as one:
        yield one


def test_people_sign_in_over_https_under_the_public_name(front: Front) -> None:
    form = front.session.get(f"{front.url}/sign-in", timeout=10)
    assert form.url == f"{front.url}/sign-in"
    assert "__Host-peoplecount=" in form.headers["Set-Cookie"], "it has understood that this is HTTPS"
    assert "Secure" in form.headers["Set-Cookie"]


def test_whom_the_proxy_asks_for_is_believed_and_must_sign_in(front: Front) -> None:
    answer = front.session.get(f"{front.url}/events", timeout=10)
    assert answer.status_code == 401, "it came through a proxy, though from this machine"
    assert set(front.session.get(f"{front.url}/health/ready", timeout=10).json()) == {"status"}


def test_plain_http_is_led_to_https(front: Front) -> None:
    answer = front.session.get(f"http://{NAME}:{front.ports.plain}/", timeout=10, allow_redirects=False)
    assert answer.status_code in {301, 308}
    assert answer.headers["Location"].startswith(f"https://{NAME}")


def test_a_stream_comes_through_as_it_is_written(front: Front) -> None:
    token = front.service.command("token", "add", "A reader").split()
    secret = next(word for word in token if word.startswith("pc_"))
    headers = {"Authorization": f"Bearer {secret}", "Accept-Encoding": "gzip"}
    with front.session.get(f"{front.url}/events", headers=headers, stream=True, timeout=10) as stream:
        assert stream.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert "Content-Encoding" not in stream.headers
        assert next(stream.iter_lines()), "the first line, while nothing ends the answer"
    front.service.command("token", "revoke", "A reader")


def test_files_of_cameras_are_not_too_large_and_larger_ones_are(front: Front) -> None:
    def answered(size: int) -> int:
        """To a form with a file; the service reads it, and misses the form's token."""
        form = {"file": ("cameras.csv", b"x" * size)}
        return front.session.post(f"{front.url}/sign-in", files=form, timeout=30).status_code

    assert answered(3_900_000) == 400
    assert answered(4_500_000) == 413, "of the service, before it was read"
    assert answered(9_000_000) == 413


def test_what_is_refused_before_it_is_read_is_refused_in_our_words(front: Front) -> None:
    large = b'{"callbackUrl": "' + b"x" * 4_000_000
    answer = front.session.post(
        f"{front.url}/api/v1/subscriptions", data=large, headers={"Content-Type": "application/json"}, timeout=30
    )
    assert answer.status_code == 401, "and not 502"
    assert "Sign in, send an API token in a header" in answer.text


def test_caddy_finds_its_file_well_formed(tmp_path: Path) -> None:
    caddy = shutil.which("caddy")
    if caddy is None:
        pytest.skip("caddy is not installed")
    told = subprocess.run(
        [caddy, "validate", "--config", str(ROOT / "deploy" / "Caddyfile"), "--adapter", "caddyfile"],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert "not formatted" not in told.stderr


def test_the_file_for_iis_leads_to_the_service_over_https_and_holds_no_stream_back() -> None:
    server = ET.parse(ROOT / "deploy" / "web.config").getroot().find("system.webServer")
    assert server is not None
    actions = [action.attrib for action in server.iter("action")]
    assert [action["type"] for action in actions] == ["Redirect", "Rewrite"]
    assert actions[1]["url"] == "http://127.0.0.1:8000/{R:1}"
    assert [one.attrib for one in server.iter("set")] == [{"name": "HTTP_X_FORWARDED_PROTO", "value": "https"}]
    (compression,) = server.iter("urlCompression")
    assert compression.attrib["doDynamicCompression"] == "false"
    (errors,) = server.iter("httpErrors")
    assert errors.attrib["existingResponse"] == "PassThrough"
    assert [one.attrib["name"] for one in server.iterfind("modules/remove")] == ["WebDAVModule"]
