"""The witness: a client of the stream that believes nothing it can check."""

from __future__ import annotations

import json
import threading
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.chaos.accounts import Pair, add
from tests.support.stream_reader import events, lines_of

SILENCE = 20.0
"""Seconds; longer than a heartbeat, so the connection is dead then."""


@dataclass(frozen=True, slots=True)
class Today:
    """What a line's camera-local day stands at."""

    day: str
    people: Pair


class Witness:
    """Reads the stream as a program would: comes back with its last id, and after a gap believes the snapshot.

    In between it adds up by itself, and notes every figure that does not follow from the one before.
    """

    def __init__(self, url: str, record: Path) -> None:
        """``record`` is where all that it hears is written, one line of JSON an event."""
        self._url = url
        self._record = record.open("w", encoding="utf-8")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="witness", daemon=True)
        self._today: dict[str, Today] = {}
        self._stated: set[str] = set()
        self._last_id = ""
        self._newest: dict[str, int] = {}
        self.kinds: Counter[str] = Counter()
        self.connections = 0
        self.doubts: list[str] = []
        """What cannot be right, in words."""

        self.sums: dict[str, Pair] = {}
        """By line id, all that was told to come or to go since the stream was last without a gap."""

        self.most: dict[tuple[str, str], Pair] = {}
        """By line id and day, the most people that were ever said to have come and gone."""

        self.gaps = 0
        self.breaks: list[dict[str, Any]] = []
        """Every ``CounterBreak``."""

        self.hours: dict[tuple[str, str], str] = {}
        """By line id and the hour's local beginning, how good its figure was last said to be."""

    @property
    def last_id(self) -> str:
        """Where it is."""
        return self._last_id

    def today(self) -> dict[str, Today]:
        """By line id, where its day stands."""
        return dict(self._today)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """Hang up."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(SILENCE + 5)
        self._record.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._read()
            except requests.RequestException:
                pass  # the service was killed, or is being started
            except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
                self.doubts.append(f"what the stream sent after {self._last_id} is not understood: {error!r}")
            self._stop.wait(0.2)

    def _read(self) -> None:
        headers = {"Last-Event-ID": self._last_id} if self._last_id else {}
        with requests.get(self._url, headers=headers, stream=True, timeout=(5, SILENCE)) as answer:
            answer.raise_for_status()
            self.connections += 1
            self._record.write(f'["connected", "{self._last_id}", {{}}]\n')
            for name, data, event_id in events(lines_of(answer)):
                if self._stop.is_set():
                    return
                self._last_id = event_id or self._last_id
                if data and name != "readings":
                    self._record.write(f'["{name}", "{event_id}", {data}]\n')
                    self.take(name, json.loads(data))

    def take(self, name: str, fields: dict[str, Any]) -> None:
        """Believe an event, or doubt it."""
        self.kinds[name] += 1
        if name == "gap":
            self.gaps += 1
            for believed in (self.sums, self._today, self._stated):
                believed.clear()
        elif name == "snapshot":
            self._take_snapshot(fields)
        elif name in {"PeopleCountingUpdate", "CountCorrection"}:
            self._check_number(fields["id"])
            self._take_people(name, fields)
        elif name == "CounterBreak":
            self.breaks.append(fields)
        elif name == "IntervalClosed" and (fields["scope"], fields["minutes"]) == ("line", 60):
            self.hours[fields["subject"], fields["localStart"]] = fields["quality"]

    def _check_number(self, event_id: str) -> None:
        epoch, _, number = event_id.rpartition("-")
        if int(number) <= self._newest.get(epoch, 0):
            self.doubts.append(f"event {event_id} came after event {epoch}-{self._newest[epoch]}")
        self._newest[epoch] = max(int(number), self._newest.get(epoch, 0))

    def _take_snapshot(self, fields: dict[str, Any]) -> None:
        dates = {site["siteId"]: site["date"] for site in fields["sites"]}
        for line in fields["lines"]:
            key, said = line["lineId"], (line["inToday"], line["outToday"])
            if None in said:  # not known today, whatever was told before
                self._today.pop(key, None)
                continue
            known = self._today.get(key)
            if key in self._stated and known and said not in {known.people, (0, 0)}:  # 0: a new day
                self.doubts.append(f"line {key}: a snapshot says {said} where {known.people} was told")
            self._stated.add(key)
            self._believe(key, Today(dates[line["siteId"]], said))

    def _take_people(self, name: str, fields: dict[str, Any]) -> None:
        key, more = fields["lineId"], (fields["in"], fields["out"])
        self.sums[key] = add(self.sums.get(key, (0, 0)), more)
        if name == "CountCorrection":
            self.hours[key, fields["localStart"]] = fields["quality"]
        if fields.get("inToday") is None:
            return
        local = fields["localTime"] if name == "PeopleCountingUpdate" else fields["localStart"]
        said = Today(local[:10], (fields["inToday"], fields["outToday"]))
        known = self._today.get(key)
        if known and known.day == said.day and add(known.people, more) != said.people:
            step = f"{name} {fields['id']} of {more}"
            self.doubts.append(f"line {key}: {step} leads from {known.people} to {said.people}")
        self._believe(key, said)

    def _believe(self, key: str, said: Today) -> None:
        self._today[key] = said
        most = self.most.get((key, said.day), (0, 0))
        self.most[key, said.day] = (max(most[0], said.people[0]), max(most[1], said.people[1]))
