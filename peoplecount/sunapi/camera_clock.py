"""The camera's own clock: its totals start again at *its* midnight."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from peoplecount.domain.camera_facts import ClockMeasurement
from peoplecount.sunapi.answers import MalformedAnswer, clean, member, parse_answer

QUARTER = timedelta(minutes=15)
"""Every zone's offset is a multiple of it, and zones change their offset on it."""

_FORMAT = "%Y-%m-%d %H:%M:%S"
_RESOLUTION = timedelta(seconds=1)
_SET_BY_OTHERS = frozenset({"ntp", "gps"})
"""Values of ``SyncType`` of a clock that is not set by hand (SUNAPI System manual 2.6.2)."""


@dataclass(frozen=True, slots=True)
class CameraDate:
    """What ``date`` says: whole seconds, cut off, without a zone (SUNAPI System manual 2.6.2)."""

    local_time: datetime
    utc_time: datetime | None
    """Also without a zone; ``None`` where the camera gives none."""

    is_synced: bool = False
    """Whether a time server or a satellite sets the clock."""


@dataclass(frozen=True, slots=True)
class CameraClock:
    """How a camera's wall clock stands to UTC by our clock."""

    utc_offset: timedelta
    """Local time less UTC, a multiple of 15 minutes."""

    error: timedelta
    """How far the camera is ahead of us, its zone aside; zero where no difference can be told."""

    doubt: timedelta = timedelta(0)
    """How far from ``error`` the truth may be: the camera tells whole seconds, and may be slow to."""

    @classmethod
    def of(cls, measured: ClockMeasurement) -> CameraClock:
        """The clock as it was measured."""
        return cls(measured.utc_offset, measured.error, measured.doubt)

    def local_time(self, moment: datetime) -> datetime:
        """What the camera's wall clock shows at a moment (UTC); without a zone."""
        return moment.astimezone(UTC).replace(tzinfo=None) + self.utc_offset + self.error

    def utc(self, local_time: datetime) -> datetime:
        """The moment (UTC, by our clock) at which the camera's wall clock shows a time."""
        return (local_time - self.utc_offset - self.error).replace(tzinfo=UTC)


def parse_date(body: bytes) -> CameraDate:
    """Read ``date``. Raises ``Refusal`` and ``MalformedAnswer``."""
    answer = parse_answer(body)
    fields = dict(reversed(answer)) if isinstance(answer, tuple) else answer
    utc = clean(member(fields, "UTCTime"))
    return CameraDate(
        _moment(clean(member(fields, "LocalTime")), "LocalTime"),
        _moment(utc, "UTCTime") if utc else None,
        clean(member(fields, "SyncType")).lower() in _SET_BY_OTHERS,
    )


def _moment(text: str, name: str) -> datetime:
    try:
        moment = datetime.strptime(text, _FORMAT)  # noqa: DTZ007 - cameras name no zone
    except ValueError as error:
        raise MalformedAnswer(f"{name} of the form YYYY-MM-DD hh:mm:ss was expected: {text[:30]!r}") from error
    if not 1970 <= moment.year <= 2199:
        raise MalformedAnswer(f"{name} lies in the year {moment.year}")
    return moment


def measure(
    date: CameraDate, asked_at: datetime, answered_at: datetime, steady: float | None = None
) -> ClockMeasurement:
    """The clock that gave ``date`` to a question asked and answered at these moments (UTC, ours).

    The camera read its clock somewhere between them, and cut what it read to whole seconds: so its error is known to
    lie within an interval. ``steady`` is the moment of the answer by a clock that nobody sets, in seconds of our pace.
    """
    asked, answered = (moment.astimezone(UTC).replace(tzinfo=None) for moment in (asked_at, answered_at))
    utc = date.utc_time
    if utc is None:
        # Without UTCTime its own error cannot be told from its zone, except that zones are whole quarters.
        utc = date.local_time - _nearest_quarter(date.local_time - asked)
    return ClockMeasurement(
        measured_at=answered_at,
        steady=steady,
        utc_offset=_nearest_quarter(date.local_time - utc),
        least=utc - answered,
        most=utc + _RESOLUTION - asked,
        is_synced=date.is_synced,
    )


def _nearest_quarter(difference: timedelta) -> timedelta:
    return round(difference / QUARTER) * QUARTER
