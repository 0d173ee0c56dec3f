"""The table of settings, as far as it is about cameras and how they are asked."""

from __future__ import annotations

from peoplecount.settings import address_readers, readers
from peoplecount.settings.setting import Setting

CAMERA_SETTINGS: tuple[Setting, ...] = (
    Setting("CAMERA_USER", "Cameras", "", "Login of cameras that have none of their own.", attribute="camera_user"),
    Setting(
        "CAMERA_PASSWORD",
        "Cameras",
        "",
        "Password of cameras that have none of their own.",
        attribute="camera_password",
        secret=True,
    ),
    Setting(
        "POLL_INTERVAL",
        "Cameras",
        "10",
        "Seconds between two polls of a camera that has no interval of its own.",
        readers.seconds(0.05, 3600),
        "poll_interval",
        demo=True,
    ),
    Setting(
        "POLLING",
        "Cameras",
        "on",
        "Whether this service may be the one that polls: `on` or `off`. With `off` it serves pages and streams only, "
        "beside another service with the same `DATA_DIR` or `REDIS_URL` that polls "
        "([several machines](several-machines.md)).",
        readers.switch,
        "polling",
    ),
    Setting(
        "BACKFILL_DAYS",
        "Cameras",
        "30",
        "Days before the first reading that are filled in from a camera's own history, as far as it answers. "
        "0: earlier today only.",
        readers.whole(0, 366),
        "back_fill_days",
        demo=True,
    ),
    Setting(
        "EVENT_STREAMS",
        "Cameras",
        "on",
        "Whether the events of cameras that tell of people (WiseAI) bring their next poll forward: `on` or `off`. "
        "Counts are the same either way.",
        readers.switch,
        "event_streams",
        demo=True,
    ),
    Setting(
        "CONNECT_TIMEOUT",
        "Cameras",
        "3.05",
        "Seconds a camera has to take a connection.",
        readers.seconds(0.05, 120),
        "connect_timeout",
    ),
    Setting(
        "READ_TIMEOUT",
        "Cameras",
        "10",
        "Seconds a camera has to answer.",
        readers.seconds(0.05, 120),
        "read_timeout",
    ),
    Setting(
        "CAMERA_CA_FILE",
        "Cameras",
        "",
        "File of the certificate authorities (PEM) that vouch for cameras with HTTPS. Not set: the system's. Without "
        "one, each camera's certificate is accepted once with `camera trust`.",
        readers.certificates_file,
        "camera_ca_file",
        unset=None,
    ),
    Setting(
        "CAMERA_NETWORKS",
        "Cameras",
        "",
        "Networks that cameras may be in, separated by commas (`10.20.0.0/16, 192.168.7.20`). One elsewhere is not "
        "entered; one that was, or that a view names, is not asked. Not set: everywhere but on this machine itself "
        "(`127.0.0.1`, which then wants every other network beside it). Never where these settings say that the "
        "database, Redis, mail, a broker or a provider is, nor where clouds tell their machines about themselves.",
        address_readers.networks,
        "camera_networks",
        unset=(),
        demo=True,
    ),
)
