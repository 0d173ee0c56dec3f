"""A process of its own that appends and folds for ever; run as a program, to be killed.

``fold_process.py FILE``: people cross two lines every ten seconds of a clock that is ahead by hours, and the log is
folded at once, a few entries at a time. A line out for each round that is over.
"""

import sys
import threading
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from peoplecount.domain.event_body import read_increment
from peoplecount.eventlog.log import Append
from peoplecount.eventlog.sqlite_log import SQLiteEventLog
from peoplecount.services import log_keeping
from tests.support.counting_line import EIGHT, CountingLine
from tests.support.fake_clock import FakeClock

INDICES = (1, 2)


def lines_of(log: SQLiteEventLog) -> list[CountingLine]:
    """The lines as the log left them."""
    lines = {index: CountingLine(index=index) for index in INDICES}
    for entry in log.latest().entries:
        increment = read_increment(entry.event)
        line = lines[increment.key.index]
        line.totals, line.read_at = (increment.entered.after, increment.left.after), increment.ended_at
    return list(lines.values())


def main(path: Path) -> None:
    log_keeping.FOLDED_AT_ONCE, log_keeping.LOOK_EVERY = 7, 3
    log = SQLiteEventLog(path)
    term, lines = log.raise_term(), lines_of(log)
    clock = FakeClock(EIGHT + timedelta(days=1))
    keeping = log_keeping.LogKeeping(
        log,
        term=term,
        written_up_to=lambda: None,
        keep=timedelta(days=7),
        budget=1,
        clock=clock,
        monotonic=lambda: 0.0,
    )
    for turn in count():
        now: datetime = max(line.read_at for line in lines)
        for _ in range(40):
            log.append(term, [Append(tuple(line.count(2, 1) for line in lines))], now)
        keeping.tend(threading.Event())
        print(turn, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
