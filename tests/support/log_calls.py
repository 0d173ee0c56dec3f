"""Every call of an event log, so that a test can try them all."""

from peoplecount.eventlog.log import Append, StateChange
from tests.support.events import NOON

LOG_CALLS = {
    "head": lambda log: log.head(),
    "oldest": lambda log: log.oldest(),
    "raise_term": lambda log: log.raise_term(),
    "load_states": lambda log: log.load_states(),
    "latest": lambda log: log.latest(),
    "append": lambda log: log.append(1, [Append((), (StateChange("key", 0, ""),))], NOON),
    "read": lambda log: log.read(0, 1),
    "note_seen": lambda log: log.note_seen(1, {}),
    "seen": lambda log: log.seen(),
    "change_counter": lambda log: log.change_counter(),
    "start_epoch": lambda log: log.start_epoch(),
    "trim": lambda log: log.trim(1, NOON),
}

WRITES = ("raise_term", "append", "note_seen", "start_epoch", "trim")
