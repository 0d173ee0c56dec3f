"""Why a stream ends, in the words of its ``goodbye``."""

LOG_UNREADABLE = "the event log cannot be read just now"
LIMIT_REACHED = "as many events as were asked for"
NOTHING_MORE = "nothing more has happened yet"
TIME_IS_UP = "the time that was asked for is over"
LIFE_IS_OVER = "a stream ends now and then; come back with the last id"
