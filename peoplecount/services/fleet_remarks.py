"""What is to be said of a camera, in sentences that somebody on a ladder can act on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from peoplecount.domain.camera import CameraState
from peoplecount.domain.poll_tally import together
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
    return tuple(found) or (Remark(Level.FINE, "Answers, and counts."),)


def _remarks(camera: FleetCamera, now: datetime) -> Iterator[Remark]:
    if camera.state == PAUSED:
        yield Remark(
            Level.WAITING,
            "Paused: it is not asked. What it counts meanwhile is taken from its history once it goes on.",
        )
        return
    if camera.state == CameraState.UNKNOWN:
        yield Remark(Level.WAITING, "Not asked yet: that takes some seconds after it was entered, or after a start.")
        return
    if camera.state != CameraState.UP:
        yield Remark(Level.BAD, _not_up(camera))
    else:
        yield from _while_up(camera)
    yield from _settings(camera, now)


def _not_up(camera: FleetCamera) -> str:
    said = f"{camera.reason[:1].upper()}{camera.reason[1:]}" or "It does not answer"
    said = said if said.endswith((".", "?", "!")) else f"{said}."
    if camera.state == CameraState.CREDENTIALS_REJECTED:
        return f"{said} Enter the right password, or one of an account that may read counts; then it is asked again."
    if camera.state in {CameraState.CERTIFICATE_UNKNOWN, CameraState.CERTIFICATE_CHANGED}:
        return said if "camera trust" in said else f"{said} Accept it if it is its own."
    return f"{said} Nobody is lost meanwhile if it goes on counting: it keeps its totals."


def _while_up(camera: FleetCamera) -> Iterator[Remark]:
    if camera.is_stale:
        yield Remark(Level.BAD, "Answered when it was last asked, but has not been read for longer than it should be.")
    if not camera.counts:
        yield Remark(Level.BAD, "Answers, but counts no line: draw one on its people counting page.")
    for line in camera.lines:
        if line["missing"]:
            yield Remark(
                Level.ODD,
                f"Its line {line['lineName'] or line['lineId']} is no longer among its answers: was it switched off "
                "or drawn anew?",
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
            f"Answers {success:.0%} of the last hour's polls: look at its cable, its switch or its radio link.",
        )
    if seconds is not None and seconds > SLOW_SECONDS:
        yield Remark(
            Level.ODD,
            f"Takes {seconds:.1f} s to answer: its network is slow, or it has too much else to do.",
        )


def _settings(camera: FleetCamera, now: datetime) -> Iterator[Remark]:
    if camera.clock_words:
        said = camera.clock_words
        yield Remark(
            Level.ODD,
            f"{said[:1].upper()}{said[1:]}: let the camera set it by a time server (NTP), for its day turns by it.",
        )
    if camera.sign_ins.attempts or camera.sign_ins.blocked_until:
        yield Remark(Level.ODD, sign_in_words(camera.sign_ins, now))
    left = _days_left(camera.device.expires, now)
    if left is not None and left <= EXPIRES_SOON:
        ends = f"{'ended' if left < timedelta(0) else 'ends'} on {camera.device.expires}"
        if camera.accepted:
            yield Remark(
                Level.ODD,
                f"Its certificate {ends}. It is accepted by its fingerprint, and goes on to be until it is renewed.",
            )
        else:
            yield Remark(Level.ODD, f"Its certificate {ends}: renew it, or it is no longer trusted then.")


def _days_left(expires: str, now: datetime) -> timedelta | None:
    try:
        return date.fromisoformat(expires) - now.date()
    except ValueError:
        return None


def sign_in_words(record: SignInRecord, now: datetime) -> str:
    """How much of the budget of failed sign-ins is spent; ``now`` is real time."""
    held = record.held_back(now)
    if held is not None and held.why is WhyNot.BLOCKED:
        return f"It has locked the account; it is left alone until {held.until:%H:%M} UTC."
    failed = len([one for one in record.seen_at(now).attempts if not one.under_way])
    said = f"{failed} of {MOST_FAILURES} failed sign-ins that are allowed in half an hour"
    if held is not None and held.why is WhyNot.FAILED:
        return f"{said} are spent; the next one is possible at {held.until:%H:%M} UTC."
    return f"{said} are spent." if failed else "No sign-in has failed in the last half hour."
