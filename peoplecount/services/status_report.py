"""The status report: the whole state of an installation on one screen, in words and as figures.

Made from what is kept on this machine, so that it can be had while the service is down; where it runs, from what it
says itself, too. It needs no secret and makes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from peoplecount.domain.event import utc_text
from peoplecount.services.fleet_camera import PAUSED, FleetCamera, Level
from peoplecount.services.inspection import Step, Verdict, odd, wrong
from peoplecount.services.sight import Sight

MOST_NAMED = 8
"""Cameras with trouble that are named, and paused ones; the others are counted. It is one screen."""

FAR_BEHIND = 1_000
"""Events; consumers come that far behind for a moment while much is caught up with."""

LEAST_FREE = 200_000_000
"""Bytes. Below, a busy night may fill the disk."""

CERTIFICATE_SOON = timedelta(days=14)


class Condition(StrEnum):
    """How an installation is doing."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    """It counts, and something does not work."""

    DOWN = "down"
    """Nobody counts, as far as can be told from here."""


class StatusReport:
    """A sight, judged."""

    def __init__(self, sight: Sight) -> None:
        self._sight = sight
        self._running = [one for one in sight.workers if one.runs(sight.at)]
        known = self._running if sight.answer.status else sight.workers
        leading = [one for one in known if one.leads]
        self._leader = max(leading, key=lambda one: one.at, default=None)
        self.steps = list(self._steps())

    @property
    def condition(self) -> Condition:
        """In a word."""
        if self._sight.answer.status not in {"ok", "degraded"}:
            return Condition.DOWN
        fine = self._sight.answer.status == "ok" and all(step.verdict is Verdict.FINE for step in self.steps)
        return Condition.HEALTHY if fine else Condition.DEGRADED

    def figures(self) -> dict[str, Any]:
        """JSON-ready. What is not known is ``null``."""
        sight = self._sight
        return {
            "status": self.condition.value,
            "at": utc_text(sight.at),
            "version": sight.version,
            "address": sight.address,
            "parts": [
                {"name": one.name, "verdict": one.verdict.value, "said": one.said, "advice": one.advice}
                for one in self.steps
            ],
            "workers": [
                {"worker": one.worker, "process": one.pid, "started": utc_text(one.started), "polls": one.leads}
                for one in self._running
            ],
            "cameras": self._states(),
            "camerasWithTrouble": [
                {"cameraId": one.camera_id, "name": one.name, "said": one.sentence} for one in self._troubled()
            ],
            "camerasPaused": [{"cameraId": one.camera_id, "name": one.name} for one in self._paused()],
            "lastCountAt": utc_text(sight.counted_at) if sight.counted_at else None,
            "sharedLog": self._sharing(),
            "log": {"events": sight.log_events, "bytes": sight.log_bytes, "budgetBytes": sight.log_budget},
            "consumerLag": dict(self._lags()),
            "figuresAt": utc_text(self._leader.at) if self._leader else None,
            "diskFreeBytes": sight.disk_free,
            "certificateEnd": utc_text(sight.certificate_end) if sight.certificate_end else None,
        }

    def _steps(self) -> Iterator[Step]:
        yield self._service()
        told = (sentence for one in self._running for sentence in one.troubles)
        for sentence in dict.fromkeys((*self._sight.answer.degraded, *told)):
            if sentence != self._sight.answer.reason:
                yield odd("trouble", sentence)
        for sentence in self._sight.unread:
            yield odd("unknown", sentence)
        yield from self._cameras()
        yield self._counts()
        yield from self._shared_log()
        yield from self._log()
        yield from self._consumers()
        yield from self._webhooks()
        yield from self._mail()
        yield from self._mqtt()
        yield from self._disk()
        yield from self._certificate()

    def _service(self) -> Step:
        answer = self._sight.answer
        if not answer.status:
            return wrong(
                "service",
                f"does not answer at {self._sight.address} ({answer.reason})",
                "Start the service, or look at its log. What follows is as it was last known.",
            )
        if answer.status not in {"ok", "degraded"}:
            said = answer.reason or "it is starting, or its log cannot be read"
            return wrong("service", f"is {answer.status}: {said}", "Look at the service's log.")
        return Step("service", f"runs{self._uptime()}")

    def _uptime(self) -> str:
        if not self._running:
            return ""
        since = min(one.started for one in self._running)
        count = len(self._running)
        workers = "1 worker" if count == 1 else f"{count} workers"
        polls = f"; worker {self._leader.worker} (process {self._leader.pid}) polls" if self._leader else ""
        return f" since {_moment(since)} ({_ago(self._sight.at - since)}), {workers}{polls}"

    def _states(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for one in self._sight.cameras:
            found[one.state] = found.get(one.state, 0) + 1
        return dict(sorted(found.items(), key=lambda pair: -pair[1]))

    def _troubled(self) -> list[FleetCamera]:
        return [one for one in self._sight.cameras if one.level is Level.BAD]

    def _paused(self) -> list[FleetCamera]:
        return [one for one in self._sight.cameras if one.state == PAUSED]

    def _cameras(self) -> Iterator[Step]:
        if not self._sight.cameras:
            yield Step("cameras", "none is known here")
            return
        states = ", ".join(f"{count} {state}" for state, count in self._states().items())
        remarked = sum(one.level is Level.ODD for one in self._sight.cameras)
        more = f"; {remarked} with a remark" if remarked else ""
        said = f"{len(self._sight.cameras)}: {states}{more}"
        troubled = self._troubled()
        yield (
            odd("cameras", said, "See /fleet, or python -m peoplecount doctor CAMERA.")
            if troubled
            else Step("cameras", said)
        )
        for one in troubled[:MOST_NAMED]:
            yield odd("", f"{one.camera_id} ({one.name}): {one.sentence}")
        if len(troubled) > MOST_NAMED:
            yield odd("", f"and {len(troubled) - MOST_NAMED} more")
        yield from self._paused_cameras()

    def _paused_cameras(self) -> Iterator[Step]:
        paused = [f"{one.camera_id} ({one.name})" for one in self._paused()]
        if paused:
            more = [f"and {len(paused) - MOST_NAMED} more"] if len(paused) > MOST_NAMED else []
            yield Step("", f"paused: {', '.join(paused[:MOST_NAMED] + more)}")

    def _counts(self) -> Step:
        counted = self._sight.counted_at
        if counted is None:
            return Step("counts", "nobody has been counted yet")
        today = [
            f"{one['siteName']} {_people(one.get('inToday'))} in, {_people(one.get('outToday'))} out"
            for one in self._sight.sites[:MOST_NAMED]
        ]
        ago = _ago(self._sight.at - counted)
        return Step("counts", "; ".join([f"the last {_moment(counted)} ({ago} ago)", *today]))

    def _sites_here(self) -> int | None:
        told = self._leader.number("sites_here") if self._leader else None
        return None if told is None else int(told)

    def _sharing(self) -> dict[str, Any] | None:
        shared = self._sight.shared_log
        if shared is None:
            return None
        return {
            "place": shared.place,
            "answers": not shared.trouble,
            "machines": shared.machines,
            "sitesHere": self._sites_here(),
        }

    def _shared_log(self) -> Iterator[Step]:
        shared = self._sight.shared_log
        if shared is None:
            return
        if shared.trouble:
            yield wrong("redis", shared.trouble, "Bring Redis back: until then nobody is polled from here.")
            return
        here = self._sites_here()
        sites = "none of their sites is" if not here else "1 site is" if here == 1 else f"{here:,} sites are"
        said = f"{shared.place} answers; machines that share the cameras: {shared.machines}; {sites} polled here"
        if shared.machines:
            yield Step("redis", said)
        else:
            yield odd("redis", said, "No machine polls: start the service on one that may (POLLING).")

    def _log(self) -> Iterator[Step]:
        events, size, budget = self._sight.log_events, self._sight.log_bytes, self._sight.log_budget
        if events is None or size is None:
            return
        said = f"{events:,} events so far, {_size(size)} of {_size(budget)}"
        yield Step("log", said) if size <= budget else odd("log", said, "The event log is over its budget.")

    def _lags(self) -> Iterator[tuple[str, int]]:
        for name, labels, value in self._leader.numbers if self._leader else ():
            if name == "consumer_lag" and labels:
                yield labels[0], int(value)

    def _consumers(self) -> Iterator[Step]:
        answers = self._leader.number("database_answers") if self._leader else None
        lags = dict(self._lags())
        kept = lags.pop("database", None)
        behind = "unknown how far behind" if kept is None else "up to date" if not kept else f"{kept:,} events behind"
        is_well = answers != 0 and (kept is None or kept < FAR_BEHIND)
        said = f"{self._sight.database}; {'away; ' if answers == 0 else ''}{behind}"
        yield Step("database", said) if is_well else odd("database", said, "What waits for it is kept in the log.")
        if lags:
            said = ", ".join(f"{name} {f'{lag:,} behind' if lag else 'up to date'}" for name, lag in lags.items())
            slow = any(lag >= FAR_BEHIND for lag in lags.values())
            yield odd("consumers", said, "Look at the service's log.") if slow else Step("consumers", said)

    def _webhooks(self) -> Iterator[Step]:
        if self._leader is None:
            return
        waiting = {labels: value for name, labels, value in self._leader.numbers if name == "webhook_waiting"}
        if not waiting:
            return
        failing = sorted(
            labels[0] for name, labels, value in self._leader.numbers if name == "webhook_failures" and value
        )
        said = f"{len(waiting)}, for which {int(sum(waiting.values())):,} events wait"
        if failing:
            yield odd("webhooks", f"{said}; failing: {', '.join(failing)}", "See Administration, Webhooks.")
        else:
            yield Step("webhooks", said)

    def _mail(self) -> Iterator[Step]:
        letters = self._leader.number("mail_waiting") if self._leader else None
        if letters is None:
            return
        since = self._leader.number("mail_waiting_since") if self._leader else None
        if not letters or since is None:
            yield Step("mail", "nothing waits")
            return
        waited = timedelta(seconds=self._sight.at.timestamp() - since)
        said = f"{int(letters)} wait, the oldest for {_ago(waited)}"
        is_late = waited > timedelta(minutes=15)
        yield odd("mail", said, "See Administration, Mail.") if is_late else Step("mail", said)

    def _mqtt(self) -> Iterator[Step]:
        connected = self._leader.number("mqtt_connected") if self._leader else None
        if connected is None:
            return
        away = odd("mqtt", "nothing is published", "What the broker lacks is published once it is back.")
        yield Step("mqtt", "the broker takes what is published") if connected else away

    def _disk(self) -> Iterator[Step]:
        free = self._sight.disk_free
        if free is None:
            return
        said = f"{_size(free)} free"
        full = "The disk of the data folder is all but full: make room, or nothing can be kept."
        yield odd("disk", said, full) if free < LEAST_FREE else Step("disk", said)

    def _certificate(self) -> Iterator[Step]:
        end = self._sight.certificate_end
        if end is None:
            return
        said = f"good until {_moment(end)}"
        soon = end - self._sight.at < CERTIFICATE_SOON
        yield odd("certificate", said, "Renew the certificate in TLS_CERT.") if soon else Step("certificate", said)


def _people(number: object) -> str:
    return f"{number:,}" if isinstance(number, int) else "unknown"


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _ago(passed: timedelta) -> str:
    """The two largest units of it."""
    seconds = max(0, int(passed.total_seconds()))
    units = (("d", seconds // 86_400), ("h", seconds // 3600 % 24), ("min", seconds // 60 % 60), ("s", seconds % 60))
    first = next((place for place, (_, count) in enumerate(units) if count), len(units) - 1)
    return " ".join(f"{count} {unit}" for unit, count in units[first : first + 2] if count) or "0 s"


def _size(number: int) -> str:
    return f"{number / 1e9:,.1f} GB" if number >= 1e9 else f"{number / 1e6:,.1f} MB"
