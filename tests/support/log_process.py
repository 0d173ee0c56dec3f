"""A process of its own at a log; run as a program.

``write FILE``: take the lead and append for ever, three events and a state at a time, a line out for each that is
acknowledged; ends with 3 when somebody else takes the lead. ``follow FILE``: a line out for each entry, for ever.
"""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from peoplecount.eventlog.log import Fenced
from peoplecount.eventlog.sqlite_log import SQLiteEventLog
from tests.support.events import changing, said

FENCED = 3


def write(log: SQLiteEventLog) -> None:
    term = log.raise_term()
    state = log.load_states().states.get("turn")
    version = state.version if state else 0
    while True:
        turn = version + 1
        texts = [f"{term} {turn} {part}" for part in "abc"]
        try:
            head = log.append(term, [changing("turn", version, str(turn), *texts)], datetime.now(UTC))
        except Fenced:
            sys.exit(FENCED)
        version = turn
        print(head.number, turn, flush=True)


def follow(log: SQLiteEventLog) -> None:
    number, seen = 0, None
    while True:
        counter = log.change_counter()
        if counter == seen:
            time.sleep(0.002)
            continue
        seen = counter
        while entries := log.read(number, 100):
            number = entries[-1].event_id.number
            for entry in entries:
                print(entry.event_id.number, said(entry.event), flush=True)


if __name__ == "__main__":
    {"write": write, "follow": follow}[sys.argv[1]](SQLiteEventLog(Path(sys.argv[2])))
