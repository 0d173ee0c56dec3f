"""What Redis complains of, in words that say what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from redis import exceptions

from peoplecount.eventlog.log import LogUnavailable

_ADVICE: tuple[tuple[type[Exception], str], ...] = (
    (exceptions.AuthenticationError, "refuses to let us in: check the user and the password in REDIS_URL"),
    (exceptions.AuthenticationWrongNumberOfArgsError, "refuses to let us in: check the user and the password"),
    (exceptions.NoPermissionError, "does not give this user the rights it needs; see docs/several-machines.md"),
    (exceptions.BusyLoadingError, "is reading its data from the disk; it goes on by itself"),
    (exceptions.ReadOnlyError, "is a replica, which takes no changes: REDIS_URL must lead to the primary"),
    (exceptions.OutOfMemoryError, "has no memory left (maxmemory): give it more, or lower LOG_DISK_BUDGET"),
    (exceptions.TimeoutError, "has not answered in time"),
    (exceptions.ConnectionError, "cannot be reached"),
)

_BY_FIRST_WORD = {
    "MISCONF": "takes nothing because it could not write to its disk; see its log",
    "NOREPLICAS": "takes nothing because it has fewer replicas than it must (min-replicas-to-write)",
    "MASTERDOWN": "is a replica that has lost its primary",
    "NOAUTH": "wants a password: write it into REDIS_URL",
    "WRONGTYPE": "has something else under our keys: use another database of it (REDIS_URL ends in its number)",
    "LAYOUT": "has the log of a newer version of this program; run that version here, too",
    "UNKILLABLE": "is busy with a script",
    "BUSY": "is busy with a script",
}


@contextmanager
def in_words(place: object) -> Iterator[None]:
    """Raise ``LogUnavailable`` with advice for what goes wrong with the Redis at ``place``."""
    try:
        yield
    except exceptions.RedisError as error:
        raise LogUnavailable(f"Redis at {place} {_advice(error)} ({error})") from error
    except OSError as error:  # of a certificate, say
        raise LogUnavailable(f"Redis at {place} cannot be reached ({error})") from error


def _advice(error: exceptions.RedisError) -> str:
    first_word = str(error).partition(" ")[0]
    if first_word in _BY_FIRST_WORD:
        return _BY_FIRST_WORD[first_word]
    return next((advice for kind, advice in _ADVICE if isinstance(error, kind)), "could not be used")
