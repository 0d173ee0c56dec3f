"""The table of settings, as far as it is about a Redis that several machines share."""

from __future__ import annotations

from peoplecount.domain.redis_address import read_redis_address, read_sentinels
from peoplecount.settings import readers
from peoplecount.settings.setting import Setting

REDIS_SETTINGS: tuple[Setting, ...] = (
    Setting(
        "REDIS_URL",
        "Data",
        "",
        "A Redis or Valkey that holds the event log in place of `DATA_DIR`, so that [several "
        "machines](several-machines.md) can share it: `redis://USER:PASSWORD@HOST:6379/0`, `rediss://…` for TLS. "
        "Needs `pip install -r requirements-redis.lock`. Not set: this machine alone.",
        read_redis_address,
        "redis_url",
        unset=None,
        secret=True,
    ),
    Setting(
        "REDIS_SENTINELS",
        "Data",
        "",
        "Redis Sentinels, which tell which server is the primary: `HOST:26379,HOST:26379,HOST:26379`, each as a URL "
        "(`redis://:PASSWORD@HOST:26379`, `rediss://…`) where it wants a password or TLS. `REDIS_URL` then has, in "
        "place of a host, the name by which they know it: `redis://USER:PASSWORD@mymaster/0`. Not set: none is asked.",
        read_sentinels,
        "redis_sentinels",
        unset=(),
        secret=True,
    ),
    Setting(
        "REDIS_FSYNC",
        "Data",
        "always",
        "What is demanded of that Redis: `always` (what it has taken is on its disk), `everysec` (a crash may take the "
        "last second or two) or `any` (nobody knows).",
        readers.one_of("always", "everysec", "any"),
        "redis_fsync",
    ),
    Setting(
        "REDIS_CA_FILE",
        "Data",
        "",
        "File of the certificate authorities (PEM) that vouch for it with `rediss://`. Not set: the system's.",
        readers.certificates_file,
        "redis_ca_file",
        unset=None,
    ),
)
