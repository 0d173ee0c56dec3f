"""The fleet's notes: what only the process that polls knows of the cameras, kept so that any process can show it.

The log tells when a camera's state changes. How often it answered in between, how fast, and what device it is, is kept
in the local store: one text for all cameras in each quarter of an hour, written once a minute and kept for a day.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Container, Mapping
from functools import partial
from typing import Any

from peoplecount.domain.clock import Clock
from peoplecount.domain.device_facts import DeviceFacts
from peoplecount.domain.event import utc_text
from peoplecount.domain.line import camera_of
from peoplecount.domain.offload import Offload, call_here
from peoplecount.domain.owed_history import OwedDays
from peoplecount.domain.poll_tally import PollTally, quarter_of, quarters_of_day
from peoplecount.eventlog.log import LogError
from peoplecount.services.fleet_body import (
    CONDITION,
    DAYS_LEFT,
    DEVICES,
    OWED_DAYS,
    QUARTERS,
    TOTALS,
    read_days_left,
    read_devices,
    read_owed_days,
    read_tallies,
    write_days_left,
    write_devices,
    write_owed_days,
    write_tallies,
)
from peoplecount.services.history_progress import HistoryProgress
from peoplecount.services.kept_texts import KeptTexts
from peoplecount.services.poller import PollFigures
from peoplecount.services.unhurried import unhurried

logger = logging.getLogger(__name__)

FIRST_SECONDS = 5.0
"""Until the first look, so that somebody who has just started the service sees something; then ever more, up to"""

LOOK_SECONDS = 60.0


class FleetNotes:
    """Notes of one polling session. It looks at counters that the polls keep anyway, and adds up what is new."""

    def __init__(
        self,
        store: KeptTexts,
        *,
        figures: Callable[[], Mapping[str, PollFigures]],
        device: Callable[[str], DeviceFacts | None],
        condition: Callable[[], Mapping[str, Any]],
        histories: Callable[[], Mapping[str, HistoryProgress]] = dict,
        listed: Callable[[], Container[str]] = tuple,
        clock: Clock,
        offload: Offload = call_here,
    ) -> None:
        """``figures`` are those of polling by camera, ``device`` is what is known of one by now.

        ``condition`` is what the process says of itself, JSON-ready; nothing where another one does. ``histories``
        is how far reading the cameras' own history has come. ``listed`` are all cameras, also those that another one
        polls.
        """
        self._store = store
        self._figures = figures
        self._device = device
        self._condition = condition
        self._histories = histories
        self._listed = listed
        self._clock = clock
        self._offload = offload
        self._seen: dict[str, tuple[PollFigures, PollTally]] = {}
        """The counters of each camera, and how far they had come at the last look."""

        self._unkept: dict[int, dict[str, PollTally]] = {}
        """What could not be kept yet, by quarter of an hour."""

        self._untotalled: dict[str, PollTally] = {}
        """What is not in the totals yet."""

        self._devices: Mapping[str, DeviceFacts | None] = {}
        """As they were kept last."""

        self._kept_left: tuple[Mapping[str, int], Mapping[str, OwedDays]] | None = None

        self._tidied = 0
        self._is_away = False

    def run(self, stop: threading.Event) -> None:
        """Look once a minute until told to stop, and once more then."""
        seconds = FIRST_SECONDS
        while not stop.wait(max(1.0, seconds / self._clock.speed)):
            self.look()
            seconds = min(2 * seconds, LOOK_SECONDS)
        self.look()

    def look(self) -> None:
        """Note what happened since the last look; where the store is away, what there is to note waits."""
        quarter = quarter_of(self._clock.now())
        waiting = self._unkept.setdefault(quarter, {})
        for camera_id, tally in self._news().items():
            waiting[camera_id] = waiting.get(camera_id, PollTally()) + tally
            self._untotalled[camera_id] = self._untotalled.get(camera_id, PollTally()) + tally
        devices = {camera_id: self._device(camera_id) for camera_id in unhurried(list(self._seen))}
        said = self._condition()
        body = json.dumps({"at": utc_text(self._clock.now()), **said}, separators=(",", ":")) if said else ""
        try:
            self._offload(self._keep, devices, body)
        except LogError as error:
            if not self._is_away:
                logger.warning("how polling goes cannot be noted for now: %s", error)
            self._is_away = True
            self._forget_old(quarter)
        else:
            self._is_away = False

    def _news(self) -> dict[str, PollTally]:
        """What each camera's counters have gained; a poller made anew begins anew."""
        news, before, self._seen = {}, self._seen, {}
        for camera_id, figures in unhurried(list(self._figures().items())):
            known, counted = before.get(camera_id, (None, PollTally()))
            now = _counted(figures)
            since = counted if known is figures else PollTally()
            self._seen[camera_id] = figures, now
            if now.polls > since.polls:
                news[camera_id] = PollTally(
                    now.polls - since.polls, now.failures - since.failures, now.milliseconds - since.milliseconds
                )
        return news

    def _keep(self, devices: Mapping[str, DeviceFacts | None], condition: str) -> None:
        for quarter in sorted(self._unkept):
            waiting = self._unkept[quarter]
            self._store.change(f"{QUARTERS}{quarter}", partial(_added, news=waiting))
            del self._unkept[quarter]
        self._store.change(TOTALS, partial(_added, news=dict(self._untotalled)))
        self._untotalled = {}
        if devices != self._devices:  # of thousands of cameras the text is long, and it hardly ever changes
            self._store.change(DEVICES, lambda body: _renewed(body, devices, self._listed()))
            self._devices = devices
        self._keep_histories()
        if condition:
            self._store.put(CONDITION, condition)
        self._tidy()

    def _keep_histories(self) -> None:
        looked_at = {camera_id: one for camera_id, one in self._histories().items() if one.is_looked_at}
        left = {camera_id: one.left for camera_id, one in looked_at.items()}
        owed = {str(key): days for one in looked_at.values() for key, days in one.owed.items()}
        if (left, owed) != self._kept_left:
            self._store.change(DAYS_LEFT, lambda body: _with_days_left(body, left, self._listed()))
            self._store.change(OWED_DAYS, lambda body: _with_owed_days(body, owed, left, self._listed()))
            self._kept_left = left, owed

    def _tidy(self) -> None:
        """Forget what is older than a day, once in each quarter of an hour."""
        kept = quarters_of_day(self._clock.now())
        if self._tidied == kept.stop:
            return
        for key in self._store.under(QUARTERS):
            number = key.removeprefix(QUARTERS)
            if not number.isdigit() or int(number) not in kept:
                self._store.change(key, lambda _: None)
        self._tidied = kept.stop

    def _forget_old(self, quarter: int) -> None:
        for old in [number for number in self._unkept if number < quarter - 4]:
            del self._unkept[old]


def _counted(figures: PollFigures) -> PollTally:
    return PollTally(figures.polls, figures.failures, round(1000 * figures.seconds))


def _added(body: str | None, news: Mapping[str, PollTally]) -> str | None:
    """The text with what is new; another process may have led in the same quarter of an hour."""
    if not news:
        return body
    known = read_tallies(body)
    for camera_id, tally in news.items():
        known[camera_id] = known.get(camera_id, PollTally()) + tally
    return write_tallies(known)


def _renewed(body: str | None, devices: Mapping[str, DeviceFacts | None], listed: Container[str]) -> str:
    """The text with what is known of the cameras there are; one that has not answered yet is what it was.

    So is one that is ``listed`` and polled by another machine.
    """
    before = read_devices(body)
    now = {camera_id: one for camera_id, one in before.items() if camera_id in listed}
    for camera_id, device in devices.items():
        known = device if device is not None and (device.model or device.serial or device.firmware) else None
        kept = known or before.get(camera_id) or device
        if kept is not None:
            now[camera_id] = kept
    return write_devices(now)


def _with_days_left(body: str | None, days_left: Mapping[str, int], listed: Container[str]) -> str:
    """The text with what is known of the cameras that are polled here; what another machine told of others stays."""
    before = {camera_id: days for camera_id, days in read_days_left(body).items() if camera_id in listed}
    return write_days_left(before | dict(days_left))


def _with_owed_days(
    body: str | None, owed: Mapping[str, OwedDays], looked_at: Container[str], listed: Container[str]
) -> str:
    """The same by line."""
    before = {
        line_id: days
        for line_id, days in read_owed_days(body).items()
        if camera_of(line_id) in listed and camera_of(line_id) not in looked_at
    }
    return write_owed_days(before | dict(owed))
