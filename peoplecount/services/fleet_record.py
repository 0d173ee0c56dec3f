"""The fleet's record: what ``FleetNotes`` has kept, as any process reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from peoplecount.domain.clock import Clock
from peoplecount.domain.device_facts import DeviceFacts
from peoplecount.domain.offload import Offload, call_here
from peoplecount.domain.owed_history import OwedDays
from peoplecount.domain.poll_tally import PollTally, quarters_of_day
from peoplecount.domain.sign_in import NOTHING, SignInRecord, read_sign_ins
from peoplecount.services.fleet_body import (
    CONDITION,
    DAYS_LEFT,
    DEVICES,
    OWED_DAYS,
    QUARTERS,
    TOTALS,
    read_condition,
    read_days_left,
    read_devices,
    read_owed_days,
    read_tallies,
)
from peoplecount.services.kept_texts import KeptTexts
from peoplecount.sunapi.sign_ins import SIGN_INS, Account

NOBODY_ASKED = PollTally()


@dataclass(frozen=True, slots=True)
class FleetRecord:
    """What was kept at one moment."""

    quarters: range = range(0)
    """The last day's quarters of an hour, by number."""

    tallies: Mapping[int, Mapping[str, PollTally]] = field(default_factory=dict)
    """By quarter of an hour, and by camera."""

    devices: Mapping[str, DeviceFacts] = field(default_factory=dict)
    totals: Mapping[str, PollTally] = field(default_factory=dict)
    """Polls of each camera since they are noted: these only grow."""

    condition: Mapping[str, Any] = field(default_factory=dict)
    """What the process that polls has said of itself last."""

    days_left: Mapping[str, int] = field(default_factory=dict)
    """Days of its own history that are still to be read, by camera."""

    sign_ins: Mapping[str, SignInRecord] = field(default_factory=dict)
    """Failed sign-ins that still count, by the key of their account."""

    def day_of(self, camera_id: str) -> tuple[PollTally, ...]:
        """How polling a camera went in each quarter of an hour, the oldest first; nothing where nobody asked."""
        return tuple(self.tallies.get(number, {}).get(camera_id, NOBODY_ASKED) for number in self.quarters)

    def sign_ins_at(self, address: str, username: str) -> SignInRecord:
        """The failed sign-ins that count at an account of a device."""
        if not self.sign_ins:  # mostly, and it takes a while to bring thousands of addresses into one spelling
            return NOTHING
        return self.sign_ins.get(Account.at(address, username).key, NOTHING)


class FleetRecords:
    """Reads the record. From any thread or greenlet."""

    def __init__(self, store: KeptTexts, clock: Clock, real_time: Clock, offload: Offload = call_here) -> None:
        """``real_time`` is what devices count failed sign-ins by, also where a day is played."""
        self._store = store
        self._clock = clock
        self._real_time = real_time
        self._offload = offload
        self._read: dict[str, tuple[str, dict[str, PollTally]]] = {}
        """Texts that were read, by key, with what they say: those of hours ago do not change any more."""

    def now(self) -> FleetRecord:
        """The record as it stands. Raises ``LogError``."""
        return self._offload(self._now)

    def days_left(self) -> Mapping[str, int]:
        """Days of their own history that are still to be read, by camera. Raises ``LogError``."""
        told = self._offload(lambda: self._store.get(DAYS_LEFT))
        return read_days_left(told.body if told else None)

    def owed_days(self) -> Mapping[str, OwedDays]:
        """Which of these days nothing is known of yet, by line. Raises ``LogError``."""
        told = self._offload(lambda: self._store.get(OWED_DAYS))
        return read_owed_days(told.body if told else None)

    def _now(self) -> FleetRecord:
        now = self._real_time.now()
        condition, devices = self._store.get(CONDITION), self._store.get(DEVICES)
        totals, days_left = self._store.get(TOTALS), self._store.get(DAYS_LEFT)
        accounts = self._store.under(SIGN_INS)
        return FleetRecord(
            quarters_of_day(self._clock.now()),
            self._tallies(),
            read_devices(devices.body if devices else None),
            read_tallies(totals.body if totals else None),
            read_condition(condition.body if condition else None),
            read_days_left(days_left.body if days_left else None),
            {key: _counting(read_sign_ins(body), now) for key, body in accounts.items()},
        )

    def _tallies(self) -> dict[int, dict[str, PollTally]]:
        before, read = self._read, {}
        for key, body in self._store.under(QUARTERS).items():
            known = before.get(key)
            read[key] = known if known is not None and known[0] == body else (body, read_tallies(body))
        self._read = read
        numbers = {key: key.removeprefix(QUARTERS) for key in read}
        return {int(number): read[key][1] for key, number in numbers.items() if number.isdigit()}


def _counting(record: SignInRecord, now: datetime) -> SignInRecord:
    return record.seen_at(now)
