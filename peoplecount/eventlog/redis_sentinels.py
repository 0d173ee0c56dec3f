"""Sentinels: who watch over a Redis and its replicas, and tell which of them is the primary.

See "Guidelines for Redis clients with support for Redis Sentinel" in the documentation of Redis. redis-py's own class
is over Python's sockets, in whose place gevent has put its own; see ``peoplecount.eventlog.native``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from redis.exceptions import RedisError

from peoplecount.domain.redis_address import RedisAddress
from peoplecount.eventlog.log import LogUnavailable
from peoplecount.eventlog.native import Native
from peoplecount.eventlog.redis_link import NativeConnection


class Sentinels:
    """Asked from any thread, one after the other until one knows."""

    def __init__(
        self, sentinels: Sequence[RedisAddress], service: RedisAddress, native: Native, ca_file: Path | None = None
    ) -> None:
        """``service`` has, in place of a host, the name by which Sentinels know it."""
        self._sentinels = tuple(sentinels)
        self._service = service
        self._native = native
        self._ca_file = ca_file
        self._told: RedisAddress | None = None

    def primary(self) -> RedisAddress:
        """The server that takes changes, by the first Sentinel that answers.

        Where none tells, it is the one that was told last: that all Sentinels are away says nothing of it. Raises
        ``LogUnavailable`` where none was.
        """
        troubles = []
        for sentinel in self._sentinels:
            try:
                found = self._ask(sentinel)
            except (RedisError, OSError) as error:
                troubles.append(f"{sentinel}: {error}")
                continue
            if found is not None:
                self._sentinels = (sentinel, *(one for one in self._sentinels if one != sentinel))
                self._told = found
                return found
            troubles.append(f"{sentinel} knows none of this name")
        if self._told is not None:
            return self._told
        raise LogUnavailable(f"no Sentinel tells where the Redis {self._service.host!r} is ({'; '.join(troubles)})")

    def _ask(self, sentinel: RedisAddress) -> RedisAddress | None:
        connection = NativeConnection(sentinel, self._native, self._ca_file)
        try:
            connection.connect()
            answer = connection.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self._service.host)
        finally:
            connection.disconnect()
        return None if answer is None else replace(self._service, host=answer[0].decode(), port=int(answer[1]))
