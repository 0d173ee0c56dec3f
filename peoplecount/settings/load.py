"""The settings the service runs with."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from peoplecount.domain.group_rights import GroupRight
from peoplecount.domain.redis_address import RedisAddress
from peoplecount.settings import readers
from peoplecount.settings.coherence import incoherent
from peoplecount.settings.database import DatabaseSettings, embedded, read_database
from peoplecount.settings.errors import SettingsError
from peoplecount.settings.sources import Sources, read_sources
from peoplecount.settings.table import SETTINGS

ENV_FILE = Path(".env")


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, read and checked. ``peoplecount.settings.table`` says what each means."""

    database: DatabaseSettings
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = ""
    """Without a slash at its end; empty: nobody has said."""

    tls_cert: Path | None = None
    """``None``: plain HTTP."""

    tls_key: Path | None = None
    """``None``: it is in ``tls_cert``."""

    signed_out_look: bool = False
    trusted_hosts: tuple[str, ...] = ()
    workers: int = 1
    trusted_proxies: tuple[str, ...] = ()
    """Addresses and networks."""

    hsts_max_age: int = 31_536_000
    """Seconds."""

    allowed_origins: tuple[str, ...] = ()
    admin_token: str = field(default="", repr=False)
    sign_in_groups: tuple[GroupRight, ...] = ()
    """What those may do whom somebody else signs in."""

    sign_in_header: str = ""
    """Empty: no proxy says who somebody is."""

    sign_in_groups_header: str = ""
    oidc_issuer: str = ""
    """Empty: there is none."""

    oidc_client_id: str = ""
    oidc_client_secret: str = field(default="", repr=False)
    oidc_name: str = "single sign-on"
    webhook_hosts: tuple[str, ...] = (".logic.azure.com", ".api.powerplatform.com")
    """Names, endings with a dot in front, ``*`` for all."""

    webhook_networks: tuple[str, ...] = ()
    """Private ones that are open."""

    outbound_proxy: str = field(default="", repr=False)
    """Empty: there is none."""

    outbound_ca_file: Path | None = None
    mqtt_url: str = field(default="", repr=False)
    """Empty: nothing is published."""

    mqtt_topic: str = "peoplecount"
    mqtt_discovery: str = "homeassistant"
    """Empty: Home Assistant is told nothing."""

    mqtt_ca_file: Path | None = None
    """``None``: the system's."""

    streams_max: int = 2000
    streams_per_client: int = 100
    api_requests: int = 1000
    """Of one key in a minute, at all workers."""

    stream_life: float = 3600.0
    """Seconds."""

    holidays: Mapping[str, str] = field(default_factory=dict)
    """By site, as they were written; the empty one is for every other."""

    data_dir: Path = Path("var")
    redis_url: RedisAddress | None = None
    """``None``: the event log is in ``data_dir``, for this machine alone."""

    redis_sentinels: tuple[RedisAddress, ...] = ()
    """Empty: ``redis_url`` is the address of a server; else its host is a name that they know."""

    redis_fsync: str = "always"
    redis_ca_file: Path | None = None
    """``None``: the system's."""

    log_keep_days: int = 7
    log_disk_budget: int = 2_000_000_000
    records_keep_days: int = 396
    records_interval: timedelta | None = None
    """``None``: each change is a row."""

    intervals: tuple[str, ...] = ("15", "60", "day")
    """Minutes, and ``day``."""

    cameras_view: str = "API_camaras"
    records_table: str = ""
    """Empty: there is none."""

    attached: DatabaseSettings | None = None
    """The database of ``cameras_view`` and ``records_table`` where it takes none of our tables; ``None``: ours."""

    camera_user: str = ""
    camera_password: str = field(default="", repr=False)
    poll_interval: float = 10.0
    """Seconds."""

    polling: bool = True
    back_fill_days: int = 30
    event_streams: bool = True
    connect_timeout: float = 3.05
    """Seconds."""

    read_timeout: float = 10.0
    """Seconds."""

    camera_ca_file: Path | None = None
    camera_networks: tuple[str, ...] = ()
    """Networks; none: cameras may be everywhere."""

    time_zone: str = "UTC"
    """An IANA name."""

    smtp_host: str = ""
    """Empty: nothing is mailed."""

    smtp_port: int = 0
    """0: the usual one."""

    smtp_user: str = ""
    smtp_password: str = field(default="", repr=False)
    smtp_from: str = ""
    smtp_security: str = "starttls"
    smtp_ca_file: Path | None = None
    """``None``: the system's."""

    clock_url: str = ""
    """Empty: real time."""

    log_level: str = "INFO"
    log_format: str = "plain"
    """Or ``json``."""

    access_log: bool = False
    demo: bool = False
    """True only for the demo's own children."""

    warnings: tuple[str, ...] = ()
    """What was odd about the settings, in words and without secrets, for the entry point to say."""

    @property
    def cameras_are_theirs(self) -> bool:
        """Whether the list of cameras is kept by somebody else, in a view that was there before."""
        owner, dot, _ = self.cameras_view.rpartition(".")
        return bool(self.attached or self.records_table or (dot and owner != self.database.schema))


def load_settings(environ: Mapping[str, str] | None = None, env_file: Path | None = ENV_FILE) -> Settings:
    """The settings from ``environ`` (the process' own unless given) and, where that is silent, from ``env_file``.

    Raises ``SettingsError`` with every fault there is, and what was odd besides.
    """
    sources = read_sources(os.environ if environ is None else environ, env_file)
    faults, warnings = list(sources.faults), list(sources.warnings)
    values = _values(sources, faults)
    texts = {name: text for name, text in sources.texts.items() if name not in values.refused}
    database = read_database(texts, values.by_attribute["data_dir"], faults, warnings)
    faults += incoherent(values.by_attribute, values.refused)
    if faults or database is None:
        raise SettingsError(faults, warnings)
    time_zone = values.by_attribute["time_zone"] or _local_time_zone(warnings)
    apart = texts.get("OWN_TABLES", "").lower() == "embedded"
    return Settings(
        **(values.by_attribute | {"time_zone": time_zone}),
        database=embedded(values.by_attribute["data_dir"], database.schema) if apart else database,
        attached=database if apart else None,
        demo=sources.demo,
        warnings=tuple(warnings),
    )


@dataclass(frozen=True, slots=True)
class _Values:
    by_attribute: dict[str, Any]
    refused: set[str]


def _values(sources: Sources, faults: list[str]) -> _Values:
    """Every setting's value; the default's where the text is refused, so that all faults are found at once."""
    values = _Values({}, set())
    for setting in SETTINGS:
        value = setting.read(setting.default) if setting.default else setting.unset
        text = sources.texts.get(setting.name)
        if text is not None:
            try:
                value = setting.read(text)
            except ValueError as error:
                faults.append(f"{setting.name}: {error}")
                values.refused.add(setting.name)
        if setting.attribute:
            values.by_attribute[setting.attribute] = value
    return values


def _local_time_zone(warnings: list[str]) -> str:
    """The machine's time zone; UTC, and a warning, where it does not tell."""
    import tzlocal  # noqa: PLC0415  reads the machine's configuration: only where it is needed

    try:
        return readers.time_zone(tzlocal.get_localzone_name())
    except (LookupError, ValueError, OSError):
        warnings.append("TIME_ZONE is not set and this machine does not tell its own; UTC is used")
        return "UTC"
