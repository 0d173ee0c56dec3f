"""Greenlets at a log in Redis, over TLS where there is a file of certificates; run as a program: PORT [FILE].

Many append at once through gevent's thread pool while the loop goes on; who follows the log hears of it.
"""

# ruff: noqa: E402 (the patch comes before everything else, as it does in the gunicorn worker)
from gevent import monkey

monkey.patch_all()

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import gevent

sys.path.insert(0, str(Path(__file__).parents[2]))

from peoplecount.domain.redis_address import RedisAddress
from peoplecount.eventlog.group_commit import GroupCommit
from peoplecount.eventlog.redis_log import RedisEventLog
from peoplecount.eventlog.redis_membership import RedisMembership
from peoplecount.runtime import this_runtime
from tests.support.events import some

CALLERS = 30
APPENDS = 10


def main(port: int, ca_file: Path | None) -> None:
    runtime = this_runtime()
    address = RedisAddress("127.0.0.1", port, is_tls=ca_file is not None)
    log = RedisEventLog(address, ca_file=ca_file, native=runtime.native)
    runtime.offload(log.open)
    member = RedisMembership(log.link, "machine", "1.0", runtime.offload)
    member.join()
    term = runtime.offload(log.take, member.name, ["shop"]).term
    counter = log.change_counter()
    group = GroupCommit(log, runtime.offload, lambda: datetime.now(UTC))
    longest = 0.0

    def work(caller: int) -> None:
        for turn in range(APPENDS):
            group.append(term, some(f"{caller}/{turn}"))

    def watch() -> None:
        nonlocal longest
        while True:
            before = time.monotonic()
            gevent.sleep(0.01)
            longest = max(longest, time.monotonic() - before)

    watcher = gevent.spawn(watch)
    gevent.joinall([gevent.spawn(work, caller) for caller in range(CALLERS)], raise_error=True)
    watcher.kill()
    assert len(runtime.offload(log.read, 0, 1000)) == CALLERS * APPENDS
    assert log.change_counter() != counter
    assert member.is_there()
    member.leave()
    log.close()
    print(f"done, the loop stood still for {longest:.3f} s at most")


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
