"""Every call of an event log, so that a test can try them all."""

from peoplecount.domain.folding import Rewrite
from peoplecount.eventlog.log import Append, Choice, StateChange
from tests.support.events import NOON

LOG_CALLS = {
    "head": lambda log: log.head(),
    "oldest": lambda log: log.oldest(),
    "beginning": lambda log: log.beginning(),
    "raise_term": lambda log: log.raise_term(),
    "load_states": lambda log: log.load_states(),
    "latest": lambda log: log.latest(),
    "append": lambda log: log.append(1, [Append((), (StateChange("key", 0, "x"),))], NOON),
    "read": lambda log: log.read(0, 1),
    "choose": lambda log: log.choose(0, 1, Choice()),
    "incomplete_until": lambda log: log.incomplete_until(),
    "before": lambda log: log.before(NOON),
    "note_seen": lambda log: log.note_seen(1, {}),
    "seen": lambda log: log.seen(),
    "change_counter": lambda log: log.change_counter(),
    "start_epoch": lambda log: log.start_epoch(),
    "trim": lambda log: log.trim(1, NOON),
    "rewrite": lambda log: log.rewrite(1, Rewrite((), (), 0)),
    "forget": lambda log: log.forget(1, {"camera"}),
    "shrink": lambda log: log.shrink(),
}

WRITES = ("raise_term", "append", "note_seen", "start_epoch", "trim", "rewrite", "forget")
