"""What the settings lead to is no camera, whoever asks."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from peoplecount.camera_access import camera_access
from peoplecount.domain.camera import Camera
from peoplecount.own_services import camera_networks, own_services
from peoplecount.services.played_clock import PlayedClock
from peoplecount.settings import load_settings
from peoplecount.sunapi.errors import CameraUnreachable

KNOWN = {
    "DB_SERVER": r"sql.example\COUNTS",
    "DB_PORT": "14330",
    "DB_NAME": "Peoplecount",
    "OUTBOUND_PROXY": "http://proxy.example:8080",
    "SMTP_HOST": "mail.example",
    "SMTP_FROM": "counts@shop.example",
}


def found(folder: Path, **settings: str) -> set[tuple[str, str, int]]:
    services = own_services(load_settings({"DATA_DIR": str(folder), **settings}, None))
    return {(one.setting, one.host, one.port) for one in services}


def test_they_are_as_the_settings_say(tmp_path: Path) -> None:
    assert found(tmp_path, **KNOWN) == {
        ("PORT", "127.0.0.1", 8000),
        ("DB_SERVER", "sql.example", 14330),
        ("OUTBOUND_PROXY", "proxy.example", 8080),
        ("SMTP_HOST", "mail.example", 587),
    }
    assert found(tmp_path) == {("PORT", "127.0.0.1", 8000)}


@pytest.mark.parametrize(
    ("settings", "service"),
    [
        ({"DATABASE_URL": "postgresql://peoplecount@pg.example/counts"}, ("DB_SERVER", "pg.example", 5432)),
        ({"DATABASE_URL": "mssql://u:p@sql.example/counts"}, ("DB_SERVER", "sql.example", 1433)),
        (
            {"SMTP_HOST": "mail.example", "SMTP_FROM": "a@b.example", "SMTP_PORT": "2525"},
            ("SMTP_HOST", "mail.example", 2525),
        ),
        ({"PORT": "8443", "HOST": "0.0.0.0"}, ("PORT", "0.0.0.0", 8443)),
    ],
)
def test_ports_are_the_usual_ones_where_none_is_named(tmp_path: Path, settings: dict[str, str], service: tuple) -> None:
    assert service in found(tmp_path, **settings)


def test_brokers_redis_and_providers_are_among_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("peoplecount.settings.coherence.find_spec", lambda name: name)
    told = found(
        tmp_path,
        MQTT_URL="mqtts://broker.example",
        REDIS_URL="redis://counts",
        REDIS_SENTINELS="one.example,two.example:7000",
        OIDC_ISSUER="https://login.example/tenant",
        OIDC_CLIENT_ID="counts",
        OIDC_CLIENT_SECRET="secret",
        SIGN_IN_GROUPS="*=viewer",
        PUBLIC_URL="https://counts.example",
    )
    assert told >= {
        ("MQTT_URL", "broker.example", 8883),
        ("REDIS_URL", "counts", 6379),
        ("REDIS_SENTINELS", "one.example", 26379),
        ("REDIS_SENTINELS", "two.example", 7000),
        ("OIDC_ISSUER", "login.example", 443),
    }


def test_of_an_instance_whose_port_the_server_knows_none_is_told(tmp_path: Path) -> None:
    assert found(tmp_path, DB_SERVER=r"sql.example\COUNTS", DB_NAME="Peoplecount") == {("PORT", "127.0.0.1", 8000)}


@pytest.mark.parametrize(
    ("ours", "networks", "said"),
    [
        (True, "", "PORT leads there"),
        (True, "127.0.0.0/8", "PORT leads there"),
        (False, "", "which is this machine itself, unless CAMERA_NETWORKS names it"),
    ],
)
def test_nothing_on_this_machine_is_asked_unless_it_is_let(
    tmp_path: Path, ours: bool, networks: str, said: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        port = listening.getsockname()[1]
        settings = load_settings(
            {"DATA_DIR": str(tmp_path), "PORT": str(port if ours else 1), "CAMERA_NETWORKS": networks}, None
        )
        with camera_access(settings) as access, pytest.raises(CameraUnreachable, match=said):
            access.client(Camera("front", "Front", f"http://127.0.0.2:{port}", "admin", "secret"), PlayedClock()).read()
        assert said in camera_networks(settings).refusal_at(f"http://127.0.0.1:{port}")
        with pytest.raises(BlockingIOError):
            listening.accept()
