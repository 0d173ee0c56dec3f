"""What a Redis says of itself, and whether it may hold a log."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from redis.exceptions import ResponseError

from peoplecount.eventlog.log import LogUnavailable, UnsuitableServer
from peoplecount.eventlog.redis_link import NativeConnection

_LEAST_VERSION = (6, 2)
"""The first one that trims a stream by its numbers."""

_NO_OTHER = "0" * 40


class Durability(StrEnum):
    """What a Redis has safely on its disk when it says that it has taken something."""

    ALWAYS = "always"
    """That, too."""

    EVERYSEC = "everysec"
    """All but the last second or two."""

    ANY = "any"
    """Nobody knows: it writes when it likes, now and then, never, or does not tell."""


_ORDER = (Durability.ANY, Durability.EVERYSEC, Durability.ALWAYS)


@dataclass(frozen=True, slots=True)
class RedisServer:
    """One run of a server: it has another ``run_id`` after a restart, and another server has another one."""

    run_id: str
    version: tuple[int, ...]
    role: str
    evicts: str
    """The policy by which it drops keys to make room."""

    is_cluster: bool
    was_replica: bool
    """Whether it has taken the place of another one, which may have been told more."""

    durability: Durability

    @property
    def may_have_lost(self) -> bool:
        """Whether it can lack what a run before it has said that it has."""
        return self.was_replica or self.durability is not Durability.ALWAYS


def look_at(connection: NativeConnection) -> RedisServer:
    """Ask a server about itself. Raises ``RedisError``."""
    facts = dict(
        line.split(":", 1) for line in connection.ask("INFO").decode(errors="replace").splitlines() if ":" in line
    )
    return RedisServer(
        run_id=facts.get("run_id", ""),
        version=tuple(int(part) for part in facts.get("redis_version", "0").split(".") if part.isdigit()),
        role=facts.get("role", ""),
        evicts=facts.get("maxmemory_policy", ""),
        is_cluster=facts.get("cluster_enabled") == "1",
        was_replica=facts.get("master_replid2", _NO_OTHER) != _NO_OTHER,
        durability=_durability(connection) if facts.get("aof_enabled") == "1" else Durability.ANY,
    )


def _durability(connection: NativeConnection) -> Durability:
    try:
        answer = connection.ask("CONFIG", "GET", "appendfsync")
    except ResponseError:  # rented servers keep this to themselves
        return Durability.ANY
    said = answer[1].decode() if len(answer) == 2 else ""
    return Durability(said) if said in {Durability.ALWAYS, Durability.EVERYSEC} else Durability.ANY


def demand(server: RedisServer, least: Durability, place: object) -> None:
    """Refuse a server that would lose or drop what is in the log.

    Raises ``UnsuitableServer`` with what to set, and ``LogUnavailable`` for a replica, which may be a primary later.
    """
    if server.role != "master":
        raise LogUnavailable(
            f"Redis at {place} is a replica, which takes no changes: REDIS_URL must lead to the primary"
        )
    if server.version < _LEAST_VERSION:
        said = ".".join(map(str, server.version))
        raise UnsuitableServer(f"Redis at {place} is version {said}: the log needs 6.2 or newer, or Valkey")
    if server.is_cluster:
        raise UnsuitableServer(
            f"Redis at {place} is part of a Redis Cluster, which is not supported: use one server, with replicas"
        )
    if server.evicts.startswith("allkeys"):
        raise UnsuitableServer(
            f"Redis at {place} drops keys when its memory is full (maxmemory-policy {server.evicts}), the log among "
            "them: set maxmemory-policy to noeviction, or use a Redis of its own"
        )
    if _ORDER.index(server.durability) < _ORDER.index(least):
        raise UnsuitableServer(
            f"Redis at {place} may lose what it has said that it has ({_LOSSES[server.durability]}). Set appendonly "
            f"yes and appendfsync {least.value} in its configuration, or set REDIS_FSYNC={server.durability.value} "
            "here once you have read in docs/several-machines.md what that can lose"
        )


_LOSSES = {
    Durability.ANY: "it does not write each change to its disk, or does not say so",
    Durability.EVERYSEC: "appendfsync everysec: a crash takes the last second or two",
}
