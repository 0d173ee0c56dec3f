"""What an installation speaks to besides cameras, as its settings say: no camera is there."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from peoplecount.domain.camera_networks import CameraNetworks, OwnService
from peoplecount.mail.smtp import PORTS, Security
from peoplecount.settings import Settings
from peoplecount.settings.database import DatabaseKind, DatabaseSettings
from peoplecount.storage.sql_server_place import SQLServerPlace

_POSTGRESQL_PORT = 5432
_PORTS = {"http": 80, "https": 443, "mqtt": 1883, "mqtts": 8883}


def camera_networks(settings: Settings) -> CameraNetworks:
    """Where cameras may be in this installation."""
    return CameraNetworks(settings.camera_networks, own_services(settings), may_be_here=False)


def own_services(settings: Settings) -> Iterator[OwnService]:
    """Each of them, this service included. A database behind an ODBC string or a socket's folder is not known."""
    yield OwnService("PORT", settings.host, settings.port)
    for database in (settings.database, settings.attached):
        if database is not None:
            yield from _database(database)
    redis = (("REDIS_URL", settings.redis_url), *(("REDIS_SENTINELS", one) for one in settings.redis_sentinels))
    for setting, place in redis:
        if place is not None:
            yield OwnService(setting, place.host, place.port)
    if settings.smtp_host:
        port = settings.smtp_port or PORTS[Security(settings.smtp_security)]
        yield OwnService("SMTP_HOST", settings.smtp_host, port)
    addresses = {
        "MQTT_URL": settings.mqtt_url,
        "OUTBOUND_PROXY": settings.outbound_proxy,
        "OIDC_ISSUER": settings.oidc_issuer,
    }
    for setting, address in addresses.items():
        parts = urlsplit(address)
        if parts.hostname:
            yield OwnService(setting, parts.hostname, parts.port or _PORTS[parts.scheme])


def _database(database: DatabaseSettings) -> Iterator[OwnService]:
    if not database.host:
        return
    if database.kind == DatabaseKind.POSTGRESQL:
        yield OwnService("DB_SERVER", database.host, database.port or _POSTGRESQL_PORT)
    elif port := SQLServerPlace(database.host, database.port).known_port:
        yield OwnService("DB_SERVER", SQLServerPlace(database.host).machine, port)
