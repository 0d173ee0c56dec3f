"""What is to be said of a camera, in sentences that somebody on a ladder can act on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from peoplecount.domain.camera import CameraState
from peoplecount.domain.poll_tally import together
from peoplecount.domain.sentence import Sentence, figure, joined, per_cent, say, whole
from peoplecount.domain.sign_in import MOST_FAILURES, SignInRecord, WhyNot
from peoplecount.services.fleet_camera import PAUSED, FleetCamera, Level, Remark

LEAST_SUCCESS = 0.98
"""Of the last hour's polls. A camera that restarts misses less than that in an hour."""

LEAST_POLLS = 20
"""Before so many nothing is said of a share."""

SLOW_SECONDS = 1.0
"""A camera in the same building answers in a tenth of that."""

HOUR_OF_QUARTERS = 5
"""The last hour, and the quarter that is under way."""

EXPIRES_SOON = timedelta(days=30)

_ORDER = list(Level)


def remarks(camera: FleetCamera, now: datetime) -> tuple[Remark, ...]:
    """All that is to be said, the most urgent first; ``now`` is UTC."""
    found = sorted(_remarks(camera, now), key=lambda remark: _ORDER.index(remark.level))
    return tuple(found) or (Remark(Level.FINE, say("Answers, and counts.")),)


def _remarks(camera: FleetCamera, now: datetime) -> Iterator[Remark]:
    if camera.state == PAUSED:
        yield Remark(
            Level.WAITING,
            say("Paused: it is not asked. What it counts meanwhile is taken from its history once it goes on."),
        )
        return
    if camera.state == CameraState.UNKNOWN:
        yield Remark(
            Level.WAITING, say("Not asked yet: that takes some seconds after it was entered, or after a start.")
        )
        return
    if camera.state != CameraState.UP:
        yield Remark(Level.BAD, _not_up(camera))
    else:
        yield from _while_up(camera)
    yield from _settings(camera, now)


def _not_up(camera: FleetCamera) -> str:
    said = whole(camera.reason or say("It does not answer"))
    if camera.state == CameraState.CREDENTIALS_REJECTED:
        return joined(
            [said, say("Enter the right password, or one of an account that may read counts; then it is asked again.")]
        )
    if camera.state in {CameraState.CERTIFICATE_UNKNOWN, CameraState.CERTIFICATE_CHANGED}:
        return said if "camera trust" in said else joined([said, say("Accept it if it is its own.")])
    return joined([said, say("Nobody is lost meanwhile if it goes on counting: it keeps its totals.")])


def _while_up(camera: FleetCamera) -> Iterator[Remark]:
    if camera.is_stale:
        yield Remark(
            Level.BAD, say("Answered when it was last asked, but has not been read for longer than it should be.")
        )
    if not camera.counts:
        yield Remark(Level.BAD, say("Answers, but counts no line: draw one on its people counting page."))
    for line in camera.lines:
        if line["missing"]:
            yield Remark(
                Level.ODD,
                say(
                    "Its line %(value)s is no longer among its answers: was it switched off or drawn anew?",
                    value=line["lineName"] or line["lineId"],
                ),
            )
    yield from _network(camera)


def _network(camera: FleetCamera) -> Iterator[Remark]:
    lately = together(camera.day[-HOUR_OF_QUARTERS:])
    if lately.polls < LEAST_POLLS:
        return
    success, seconds = lately.success, lately.seconds
    if success is not None and success < LEAST_SUCCESS:
        yield Remark(
            Level.ODD,
            say(
                "Answers %(success)s of the last hour's polls: look at its cable, its switch or its radio link.",
                success=per_cent(success),
            ),
        )
    if seconds is not None and seconds > SLOW_SECONDS:
        yield Remark(
            Level.ODD,
            say(
                "Takes %(seconds)s s to answer: its network is slow, or it has too much else to do.",
                seconds=f"{seconds:.1f}",
            ),
        )


def _settings(camera: FleetCamera, now: datetime) -> Iterator[Remark]:
    if camera.clock_words:
        yield Remark(
            Level.ODD,
            say(
                "%(clock)s Let the camera set it by a time server (NTP), for its day turns by it.",
                clock=whole(camera.clock_words),
            ),
        )
    spent = _spent(camera.sign_ins, now)
    if spent is not None:
        yield Remark(Level.ODD, spent)
    left = _days_left(camera.device.expires, now)
    if left is not None and left <= EXPIRES_SOON:
        expires = camera.device.expires
        if left < timedelta(0):
            yield Remark(Level.ODD, joined([say("Its certificate ended on %(day)s.", day=expires), _what_then(camera)]))
        else:
            yield Remark(Level.ODD, joined([say("Its certificate ends on %(day)s.", day=expires), _what_then(camera)]))


def _what_then(camera: FleetCamera) -> Sentence:
    if camera.accepted:
        return say("It is accepted by its fingerprint, and goes on to be until it is renewed.")
    return say("Renew it, or it is no longer trusted then.")


def _days_left(expires: str, now: datetime) -> timedelta | None:
    try:
        return date.fromisoformat(expires) - now.date()
    except ValueError:
        return None


def sign_in_words(record: SignInRecord, now: datetime) -> Sentence:
    """How much of the budget of failed sign-ins is spent; ``now`` is real time."""
    return _spent(record, now) or say("No sign-in has failed in the last half hour.")


def _spent(record: SignInRecord, now: datetime) -> Sentence | None:
    """The same; ``None`` where nothing is. One that is under way has not failed."""
    held = record.held_back(now)
    if held is not None and held.why is WhyNot.BLOCKED:
        return say("It has locked the account; it is left alone until %(until)s UTC.", until=f"{held.until:%H:%M}")
    failed = len([one for one in record.seen_at(now).attempts if not one.under_way])
    spent = {"failed": figure(failed), "most": figure(MOST_FAILURES)}
    if held is not None and held.why is WhyNot.FAILED:
        return say(
            "%(failed)s of %(most)s failed sign-ins that are allowed in half an hour are spent; the next one is "
            "possible at %(until)s UTC.",
            until=f"{held.until:%H:%M}",
            **spent,
        )
    if failed:
        return say("%(failed)s of %(most)s failed sign-ins that are allowed in half an hour are spent.", **spent)
    return None
