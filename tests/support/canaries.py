"""A service with a canary in every secret, in which everything goes wrong at DEBUG, and all that comes out of it."""

from __future__ import annotations

import base64
import json
import re
import socket
import zipfile
from pathlib import Path
from urllib.parse import quote

import requests

from peoplecount.configuration import register_fleet
from peoplecount.data_home import open_data_home
from peoplecount.domain.webhook import Receiver, Topic, Wish
from peoplecount.settings import load_settings
from tests.support.commands import run_command
from tests.support.happenings import Happenings
from tests.support.processes import free_port
from tests.support.running import Service, Simulator, plain_environment

PAGES = (
    *("/", "/fleet", "/alerts", "/history", "/integrations", "/account", "/admin", "/admin/webhooks", "/admin/mail"),
    *("/admin/tokens", "/admin/people", "/admin/cameras", "/admin/log", "/admin/screens", "/admin/reports", "/metrics"),
    *(
        "/health/ready",
        "/health/database",
        "/api/openapi.json",
        "/nowhere",
        "/export/counts.csv",
    ),
)

COMMANDS = (("status",), ("doctor", "refused"), ("camera", "list"), ("token", "list"), ("camera", "test", "refused"))
"""What is run beside ``db check`` and the bundle, which has ``doctor`` and ``status`` in it, where all is well."""


def canary(of: str) -> str:
    """Odd enough that it must be quoted here and there, and found by nobody by chance."""
    return f"Cnry!{of}~9x{sum(of.encode()):04}"


class Trouble:
    """A service with a canary in every secret, and all that anybody could hear of it."""

    def __init__(self, folder: Path, receiver_port: int) -> None:
        self.simulator = Simulator(folder, "--port", "0", "--cameras", "3", "--busy")
        nobody = str(free_port())
        redis = ("REDIS_URL", "REDIS_SENTINELS")
        in_addresses = ("OUTBOUND_PROXY", "DATABASE_URL", "DB_PASSWORD", "DB_OPTIONS", "MQTT_URL", *redis)
        self.secrets = {name: canary(name) for name in in_addresses}
        for name in (
            "CAMERA_PASSWORD",
            "ADMIN_TOKEN",
            "OIDC_CLIENT_SECRET",
            "SMTP_PASSWORD",
            "password",
            "wrong password",
        ):
            self.secrets[name] = canary(name.replace(" ", "-"))
        self.secrets |= {"refused camera": canary("camera"), "webhook": canary("webhook"), "typed": canary("typed")}
        self.usual = usual = {
            "SIGNED_OUT_LOOK": "off", "LOG_LEVEL": "DEBUG", "LOG_FORMAT": "json", "ACCESS_LOG": "on",
            "POLL_INTERVAL": "1",
            "CAMERA_USER": "admin", "CAMERA_PASSWORD": self.secrets["CAMERA_PASSWORD"],
            "ADMIN_TOKEN": self.secrets["ADMIN_TOKEN"],
            "WEBHOOK_NETWORKS": "127.0.0.1/32",
            "MQTT_URL": f"mqtt://counts:{quote(self.secrets['MQTT_URL'])}@127.0.0.1:{nobody}",
            "SMTP_HOST": "127.0.0.1", "SMTP_PORT": nobody, "SMTP_SECURITY": "none", "SMTP_FROM": "counts@example.com",
            "SMTP_USER": "counts", "SMTP_PASSWORD": self.secrets["SMTP_PASSWORD"],
            "OIDC_ISSUER": f"http://127.0.0.1:{nobody}", "OIDC_CLIENT_ID": "counts",
            "OIDC_CLIENT_SECRET": self.secrets["OIDC_CLIENT_SECRET"], "SIGN_IN_GROUPS": "*=viewer",
            "PUBLIC_URL": f"http://127.0.0.1:{nobody}",
        }  # fmt: skip
        self.well = Service(folder, **usual)
        proxy = f"http://proxy:{self.secrets['OUTBOUND_PROXY']}@127.0.0.1:{nobody}"
        url = f"postgresql://counts:{self.secrets['DATABASE_URL']}@127.0.0.1:{nobody}/counts"
        self.without_database = Service(folder, **usual, OUTBOUND_PROXY=proxy, DATABASE_URL=url)
        parts = {"DB_SERVER": "127.0.0.1", "DB_PORT": nobody, "DB_NAME": "counts", "DB_USER": "counts"}
        self.without_server = Service(
            folder, **usual | {"LOG_FORMAT": "plain"}, **parts, DB_PASSWORD=self.secrets["DB_PASSWORD"],
            DB_OPTIONS=f"WSID={self.secrets['DB_OPTIONS']}",
        )  # fmt: skip
        address = f"redis://counts:{quote(self.secrets['REDIS_URL'])}@127.0.0.1:{nobody}/0"
        self.without_redis = Service(folder, **usual, REDIS_URL=address)
        named, sentinel = address.replace(f"127.0.0.1:{nobody}", "counts"), quote(self.secrets["REDIS_SENTINELS"])
        sentinels = f"redis://:{sentinel}@127.0.0.1:{nobody}"
        self.without_sentinels = Service(folder, **usual, REDIS_URL=named, REDIS_SENTINELS=sentinels)
        self.folder, self.receiver_port = folder, receiver_port
        self.heard: dict[str, str] = {}
        self.browser = requests.Session()
        self.browser.trust_env = False

    def end(self) -> None:
        for service in (
            self.well, self.without_database, self.without_server, self.without_redis, self.without_sentinels,
        ):  # fmt: skip
            service.end()
        self.simulator.end()

    def enter(self, service: Service) -> None:
        """People, a key, and three cameras: one is read, one refuses its own password, one the usual one."""
        said = self.secrets["password"]
        service.command("user", "add", "anna", "--role", "administrator", "--password-stdin", said=said)
        self.secrets["key"] = service.command("token", "add", "reports").strip()
        self.secrets["link"] = service.command("user", "add", "ben", "--link").strip().rpartition("#")[2].split()[0]
        settings = load_settings(service.settings, env_file=None)
        fleet = self.simulator.get("cameras")
        self.secrets["camera"] = fleet[0]["password"]
        fleet[1] |= {"cameraId": "refused", "password": self.secrets["refused camera"]}
        fleet[2] |= {"cameraId": "usual", "username": "", "password": ""}
        for camera in fleet[1:]:
            for line in camera["lines"]:
                line["cameraId"] = camera["cameraId"]
        register_fleet(settings, fleet)

    def note_keys(self, service: Service) -> None:
        """What passwords are sealed with, and cookies are signed with."""
        folder = open_data_home(load_settings(service.settings, env_file=None))
        signing = folder.store.get("cookie-key")
        folder.close()
        assert signing is not None
        self.secrets["signing key"] = signing.body
        (self.secrets["seal key"],) = (folder.path / "seal.key").read_text().split()

    def enter_screen(self, url: str) -> None:
        """A wall's browser is let in by the administrator who is signed in."""
        of = f"wall at {url}"
        wall = requests.Session()
        wall.trust_env = False
        page = wall.get(f"{url}/wall/pair", timeout=30)
        (self.secrets[f"waiting cookie of a {of}"],) = wall.cookies.values()
        code = re.search(r'class="pair-code"[^>]*>([^<]+)<', page.text)[1]
        form = {"code": code, "name": of, "reach": "all"}
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.browser.get(f"{url}/admin/screens").text)[1]
        form["csrf_token"] = token
        self.listen("a code", self.browser.post(f"{url}/admin/screens", data=form, timeout=30))
        self.listen("a screen", self.browser.post(f"{url}/admin/screens/confirm", data=form, timeout=30))
        self.listen("a wall", wall.get(f"{url}/wall/pair", timeout=30))
        (self.secrets[f"cookie of a {of}"],) = wall.cookies.values()
        assert self.secrets[f"cookie of a {of}"] != self.secrets[f"waiting cookie of a {of}"]
        for path in ("/wall", "/wall/board", "/wall/pair/state", "/events?timeout=0", "/admin"):
            self.listen(f"a wall: {path}", wall.get(url + path, timeout=30))

    def enter_webhooks(self) -> None:
        happenings = Happenings(self.well)
        wish = Wish(frozenset({Topic.COUNT}), min_gap=60)
        address = f"http://127.0.0.1:{self.receiver_port}/in?sig={self.secrets['webhook']}"
        made = happenings.desk.add("anna", address, wish, receiver=Receiver.OWN)
        self.secrets |= {"hook": made.kept.webhook.hook_id, "hook's own": made.secret}
        happenings.close()

    def sign_in(self, url: str, password: str) -> requests.Response:
        page = self.browser.get(f"{url}/sign-in", timeout=30)
        token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]
        form = {"name": "anna", "password": password, "csrf_token": token}
        return self.browser.post(f"{url}/sign-in", data=form, timeout=60, allow_redirects=False)

    def ask_everything(self, service: Service) -> None:
        url = service.url
        self.listen("a wrong password", self.sign_in(url, self.secrets["wrong password"]))
        assert self.sign_in(url, self.secrets["password"]).status_code == 303
        self.secrets |= {f"cookie {name}": value for name, value in self.browser.cookies.items()}
        self.enter_screen(url)
        for page in PAGES:
            self.listen(page, self.browser.get(url + page, timeout=60))
        key, typed = {"X-API-Key": self.secrets["key"]}, self.secrets["typed"]
        self.listen("a key", requests.get(f"{url}/api/v1/sites?api_key={self.secrets['key']}", headers=key, timeout=30))
        self.listen(
            "no key", requests.get(f"{url}/api/v1/sites", headers={"Authorization": f"Bearer {typed}"}, timeout=30)
        )
        self.listen(
            "a bad cursor", requests.get(f"{url}/api/v1/events?since=x&ticket={typed}", headers=key, timeout=30)
        )
        ticket = requests.post(
            f"{url}/events/ticket", headers={"Authorization": f"Bearer {self.secrets['key']}"}, timeout=30
        )
        self.secrets["ticket"] = ticket.json()["ticket"]
        for _ in range(2):  # the second is refused
            self.listen("a ticket", requests.get(f"{url}/events?timeout=0&ticket={self.secrets['ticket']}", timeout=30))
        self.listen("end", requests.post(f"{url}/close-stream", headers={"X-Admin-Token": typed}, timeout=30))
        self.listen(
            "end",
            requests.post(f"{url}/close-stream", headers={"X-Admin-Token": self.secrets["ADMIN_TOKEN"]}, timeout=30),
        )
        # Its page says its own address again, to who sent it: a choice of another language leads back there.
        self.browser.get(f"{url}/sign-in/oidc/back?code={typed}&state={typed}", timeout=30)
        self.listen("elsewhere", self.browser.get(f"{url}/sign-in/oidc", timeout=30))
        self.listen("unhook", requests.delete(f"{url}/api/v1/subscriptions/{self.secrets['hook']}/{typed}", timeout=30))
        self.listen("unhook", requests.get(f"{url}/api/v1/subscriptions/{self.secrets['hook']}", timeout=30))
        asked = f"/events?ticket={typed}"
        for nonsense in (
            f"GET {asked} HTTP/7.x",
            f"GET {asked}",
            f"G{typed} / HTTP/1.1",
            f"GET / HTTP/1.1\r\nX {typed}",
        ):
            with socket.create_connection(("127.0.0.1", service.port), 10) as line:
                line.sendall(f"{nonsense}\r\nCookie: session={typed}\r\n\r\n".encode())
                line.recv(65536)  # gunicorn says it again to who said it

    def listen(self, where: str, answer: requests.Response) -> None:
        """Its headers, too, but not cookies: they are for this browser."""
        headers = {name: value for name, value in answer.headers.items() if name != "Set-Cookie"}
        self.heard[f"{where} {len(self.heard)}"] = f"{headers}\n{answer.text}"

    def run_commands(self, service: Service, *commands: tuple[str, ...]) -> None:
        bundle = self.folder / f"support-{len(self.heard)}.zip"
        log = self.folder / "service.txt"
        for command in (*commands, ("db", "check"), ("support", str(bundle), "--log", str(log), "--cameras")):
            environment = plain_environment(**service.settings)
            done = run_command(*command, environment=environment, folder=self.folder, timeout=300)
            self.heard[f"{' '.join(command)} {len(self.heard)}"] = done.stdout + done.stderr
        with zipfile.ZipFile(bundle) as texts:
            self.heard |= {f"{bundle.name}: {name}": texts.read(name).decode() for name in texts.namelist()}
        assert "could not be had" not in self.heard[f"{bundle.name}: settings.txt"]

    def where_it_stands(self, secret: str) -> list[str]:
        """Where it was heard, however it is written."""
        spelled = {secret, quote(secret, safe=""), quote(secret), json.dumps(secret)[1:-1]}
        for user in ("admin", "counts", "proxy", "anna", "any"):
            spelled.add(base64.b64encode(f"{user}:{secret}".encode()).decode())
        return [where for where, text in self.heard.items() if any(one in text for one in spelled)]
