"""Greenlets that append through gevent's thread pool while others of them are killed; run as a program.

What was acknowledged must be in the log, in order; nobody may be left waiting.
"""

# ruff: noqa: E402 (the patch comes before everything else, as it does in the gunicorn worker)
from gevent import monkey

monkey.patch_all()

import random
import sys
from datetime import UTC, datetime
from pathlib import Path

import gevent

sys.path.insert(0, str(Path(__file__).parents[2]))

from peoplecount.eventlog.group_commit import GroupCommit
from peoplecount.eventlog.sqlite_log import SQLiteEventLog
from tests.support.events import said, some

CALLERS = 40
APPENDS = 10


def main(path: Path) -> None:
    pool = gevent.get_hub().threadpool
    log = SQLiteEventLog(path)
    term = pool.apply(log.raise_term)
    offload = lambda function, *args, **kwargs: pool.apply(function, args, kwargs)  # noqa: E731
    group = GroupCommit(log, offload, lambda: datetime.now(UTC))
    acknowledged: dict[int, str] = {}

    def work(caller: int) -> None:
        for turn in range(APPENDS):
            text = f"{caller}/{turn}"
            acknowledged[group.append(term, some(text)).number] = text

    workers = [gevent.spawn(work, caller) for caller in range(CALLERS)]
    dice = random.Random(7)
    for victim in dice.sample(workers, CALLERS // 2):
        gevent.sleep(dice.random() * 0.002)
        victim.kill(block=False)
    finished = gevent.joinall(workers, timeout=30)
    assert len(finished) == CALLERS, f"{CALLERS - len(finished)} are left waiting"
    kept = {entry.event_id.number: said(entry.event) for entry in log.read(0, 10_000)}
    assert acknowledged.items() <= kept.items(), "an acknowledged append is missing"
    assert len(set(kept.values())) == len(kept), "an append was kept twice"
    assert len(acknowledged) >= APPENDS * CALLERS // 2
    log.close()
    print("nobody left waiting,", len(kept), "kept,", len(acknowledged), "acknowledged")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
