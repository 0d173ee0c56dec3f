"""Settings that need each other."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from importlib.util import find_spec
from typing import Any

_NEEDED = {
    "TLS_KEY": ("TLS_CERT",),
    "SMTP_HOST": ("SMTP_FROM",),
    "SMTP_USER": ("SMTP_HOST", "SMTP_PASSWORD"),
    "OIDC_ISSUER": ("OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "PUBLIC_URL", "SIGN_IN_GROUPS"),
    "SIGN_IN_HEADER": ("TRUSTED_PROXIES", "SIGN_IN_GROUPS"),
    "SIGN_IN_GROUPS_HEADER": ("SIGN_IN_HEADER",),
    "REDIS_CA_FILE": ("REDIS_URL",),
    "REDIS_SENTINELS": ("REDIS_URL",),
}


def incoherent(values: Mapping[str, Any], refused: Collection[str]) -> list[str]:
    """What is missing beside what is set, a sentence each. ``refused``: names whose fault is told already."""
    return list(_missing(values, refused))


def _missing(values: Mapping[str, Any], refused: Collection[str]) -> Iterator[str]:
    for name, others in _NEEDED.items():
        missing = [other for other in others if not values[other.lower()] and other not in refused]
        if values[name.lower()] and missing:
            yield f"{name}: it is of no use without {' and '.join(missing)}"
    if values["redis_url"] and find_spec("redis") is None:
        yield "REDIS_URL: it needs redis-py: pip install -r requirements-redis.lock"
    if values["oidc_issuer"] and find_spec("authlib") is None:
        yield "OIDC_ISSUER: signing in there needs Authlib: pip install -r requirements-oidc.lock"
    if values["mqtt_url"] and find_spec("paho") is None:
        yield "MQTT_URL: publishing there needs Paho: pip install -r requirements-mqtt.lock"
