"""Several machines that share a farm's cameras by one Redis and one PostgreSQL, all of it on this machine."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote

import psutil

from bench.support.camera_farm import CameraFarm
from bench.support.polling_service import PollingService, wait_for_rest
from peoplecount.configuration import register_fleet
from peoplecount.settings import load_settings
from tests.support.own_tables import make_tables_of
from tests.support.postgres import DATABASE, PASSWORD, USER, PostgresServer, binaries, running_postgres
from tests.support.redis_server import RedisServer, is_installed, running_redis
from tests.support.running import Service, plain_environment

MEMORY_OF_POSTGRESQL = "256MB"


class SharedPolling(PollingService):
    """Each machine is a service of one process; what Redis and PostgreSQL use is told apart."""

    def __init__(self, farm: CameraFarm, machines: Sequence[Service], servers: Sequence[psutil.Process]) -> None:
        super().__init__(farm, machines[0], [one for machine in machines for one in _processes(machine)])
        self._machines = machines
        self._servers = servers

    def lags(self) -> tuple[dict[str, int], int]:
        """Those of the machine that does what is done once for all."""
        looks = [machine.status() for machine in self._machines]
        return (
            next((look["consumerLag"] for look in looks if look["consumerLag"]), {}),
            max(look["log"]["events"] for look in looks),
        )

    def cpu_of_servers(self) -> float:
        """Seconds so far; of a server's children that have ended, too."""
        times = [one.cpu_times() for server in self._servers for one in (server, *server.children())]
        ended = [server.cpu_times() for server in self._servers]
        return float(
            sum(one.user + one.system for one in times) + sum(one.children_user + one.children_system for one in ended)
        )


@contextmanager
def sharing(farm: CameraFarm, interval: float, machines: int) -> Iterator[SharedPolling]:
    """So many machines that have asked all cameras who they are, and have come to rest since."""
    if (found := binaries()) is None or not is_installed():
        sys.exit("PostgreSQL and Redis are wanted (Debian and Ubuntu: apt install postgresql redis-server)")
    with ExitStack() as stack:
        postgres = stack.enter_context(running_postgres(Path(found), memory=MEMORY_OF_POSTGRESQL))
        redis = stack.enter_context(running_redis())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pc-bench-")))
        services = [_machine(folder / str(number), postgres, redis, interval) for number in range(machines)]
        first, *others = services
        settings = load_settings(plain_environment(**first.settings), env_file=None)
        make_tables_of(settings)
        register_fleet(settings, farm.fleet)
        for service in services:
            stack.callback(service.end)
        first.start()
        for other in others:
            shutil.copytree(first.folder / "var", other.folder / "var", ignore=lambda _, names: {*names} - {"seal.key"})
            other.start()
        wait_for_rest(farm, interval)
        assert redis.process is not None
        yield SharedPolling(farm, services, [psutil.Process(one.process.pid) for one in (postgres, redis)])


def _machine(folder: Path, postgres: PostgresServer, redis: RedisServer, interval: float) -> Service:
    folder.mkdir()
    password = quote(PASSWORD, safe="")
    return Service(
        folder,
        DATABASE_URL=f"postgresql://{USER}:{password}@{postgres.host}:{postgres.port}/{DATABASE}",
        DB_SCHEMA="bench",
        REDIS_URL=redis.url,
        POLL_INTERVAL=f"{interval:g}",
        BACKFILL_DAYS="0",
        WEB_WORKERS="1",
    )


def _processes(service: Service) -> list[psutil.Process]:
    assert service.process is not None
    return psutil.Process(service.process.pid).children()
