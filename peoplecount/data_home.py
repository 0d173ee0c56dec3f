"""Where what must outlive a process is kept: in the data folder, or in part in a Redis that several machines share."""

from __future__ import annotations

from dataclasses import replace

from peoplecount import __version__
from peoplecount.domain.offload import Offload, call_here
from peoplecount.eventlog.data_folder import DataFolder, Shared
from peoplecount.eventlog.home import machine_name
from peoplecount.eventlog.local_store import LocalStore
from peoplecount.eventlog.native import Native
from peoplecount.settings import Settings


def data_home(settings: Settings, offload: Offload = call_here, native: Native | None = None) -> DataFolder:
    """What one process holds; nothing is opened yet."""
    folder = DataFolder.at(settings.data_dir)
    if settings.redis_url is None:
        return folder
    # Not at the top: needs redis-py, which is there only where it is used.
    from peoplecount.eventlog.redis_log import RedisEventLog  # noqa: PLC0415
    from peoplecount.eventlog.redis_membership import RedisMembership  # noqa: PLC0415
    from peoplecount.eventlog.redis_server import Durability  # noqa: PLC0415
    from peoplecount.eventlog.redis_store import RedisStore  # noqa: PLC0415

    log = RedisEventLog(
        settings.redis_url,
        least=Durability(settings.redis_fsync),
        ca_file=settings.redis_ca_file,
        native=native,
        sentinels=settings.redis_sentinels,
    )
    store = RedisStore(log.link, LocalStore(folder.store_path))
    shared = Shared(log, RedisMembership(log.link, machine_name(folder.path), __version__, offload))
    return replace(folder, log=log, store=store, shared=shared)


def open_data_home(settings: Settings) -> DataFolder:
    """The same, open, for one-off commands. Raises what ``DataFolder.open`` raises."""
    folder = data_home(settings)
    folder.open()
    return folder
