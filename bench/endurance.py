"""The whole service for hours, in stretches of half an hour, with faults: memory, descriptors, log and database.

A busy town is polled once a second into PostgreSQL, clients of the stream come and go, and now and then the database is
killed or frozen, the cameras are away or talk rubbish, or the service is stopped or killed. The table is a file that
grows by a row each half minute; the next call plays the next stretch, until there are as many as were asked for. A
stretch ends with asking cameras, streams and database who has crossed. Exit status 1 where they do not agree, or where
memory or descriptors grew.
"""

from __future__ import annotations

import argparse
import json
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import psutil

from bench.support.crowd import Crowd
from bench.support.polling_service import own_memory
from peoplecount.simulator.fault import FaultName
from tests.support.busy_town import BusyTown
from tests.support.postgres import binaries, running_postgres
from tests.support.running import wait_until

STRETCH = 30.0
"""Minutes, at most: the clients end by themselves ten minutes later."""

EVERY = 30.0
AWAY, FROZEN = 45.0, 20.0
"""Seconds."""

CAMERA_FAULTS = (FaultName.TIMEOUT, FaultName.GARBAGE, FaultName.REFUSED, FaultName.TRUNCATED, FaultName.SERVER_ERROR)
"""What all cameras do in turn; they count on meanwhile, so that nobody is lost."""

EARLY = 1 / 3
"""The share of a stretch in which the service is restarted, and its memory settles."""

MOST_GROWTH = 0.08
SPARE_DESCRIPTORS = 12
MOST_RATE, LEAST_RATE = 2.0, 0.05
"""How much faster, and from how many MB a minute on, log and database may grow at the end than in the middle."""

VISITORS, SEED = 40, 7
FILTERED = [f"/events?kind={kind}" for kind in ("PeopleCountingUpdate", "IntervalClosed", "CameraStatus")]
SETTLES_WITHIN = 300.0


@dataclass(frozen=True, slots=True)
class Sample:
    """One look, while all was well or something was not."""

    stretch: int
    minute: float
    fault: str
    megabytes: float
    descriptors: int
    log_megabytes: float
    database_megabytes: float | None
    """``None`` while it is away."""

    behind: int | None
    """Entries of the log that are not in the database; ``None``: nobody says."""

    events_heard: int
    out_of_order: int

    def row(self) -> str:
        size = "away" if self.database_megabytes is None else f"{self.database_megabytes:.1f}"
        behind = "?" if self.behind is None else str(self.behind)
        return (
            f"{self.stretch:7} {self.minute:6.1f} {self.megabytes:9.1f} {self.descriptors:11} "
            f"{self.log_megabytes:6.2f} {size:>8} {behind:>6} {self.events_heard:9,} {self.out_of_order:12}  "
            f"{self.fault}"
        )


HEAD = "stretch minute megabytes descriptors log MB database behind    events out of order  fault"


class Stretch:
    """Half an hour of one town."""

    def __init__(self, number: int, town: BusyTown, crowd: Crowd, tell: Callable[[Sample], None]) -> None:
        self._number = number
        self._town = town
        self._crowd = crowd
        self._tell = tell
        self._begun = time.monotonic()
        self.samples: list[Sample] = []

    def play(self, minutes: float) -> None:
        """Look every half minute, with a fault every third time; the service is restarted early on only."""
        ends = self._begun + minutes * 60
        faults = _faults(self._town)
        while time.monotonic() < ends - AWAY - EVERY:
            self._wait()
            self._look("")
            self._wait()
            self._look("")
            name, fault, mend = next(faults)
            if name.startswith("service") and time.monotonic() > self._begun + minutes * 60 * EARLY:
                continue
            fault()
            time.sleep(FROZEN if "frozen" in name else AWAY)
            self._look(name)
            mend()

    def _wait(self) -> None:
        time.sleep(EVERY)

    def _look(self, fault: str) -> None:
        service, seen = self._town.service, self._crowd.seen()
        assert service.process is not None
        workers = psutil.Process(service.process.pid).children()
        data = Path(service.settings["DATA_DIR"])
        self.samples.append(
            Sample(
                stretch=self._number,
                minute=(time.monotonic() - self._begun) / 60,
                fault=fault,
                megabytes=sum(map(own_memory, workers)) / 2**20,
                descriptors=sum(worker.num_fds() for worker in workers),
                log_megabytes=sum(path.stat().st_size for path in data.glob("events.sqlite*")) / 2**20,
                database_megabytes=None if "database" in fault else self._town.database_bytes() / 2**20,
                behind=self._town.health().get("database", {}).get("lag"),
                events_heard=seen.events,
                out_of_order=seen.out_of_order,
            )
        )
        self._tell(self.samples[-1])

    def troubles(self) -> list[str]:
        """What grew, held against the middle of the stretch, and what a client missed."""
        calm = [one for one in self.samples if not one.fault]
        third = max(len(calm) // 3, 1)
        middle, last = calm[third : 2 * third], calm[-third:]
        if not middle:
            return ["too short to tell"]
        found = []
        before, after = (statistics.median(one.megabytes for one in part) for part in (middle, last))
        if after > before * (1 + MOST_GROWTH):
            found.append(f"memory grew from {before:.1f} to {after:.1f} MB")
        opened, open_now = (statistics.median(one.descriptors for one in part) for part in (middle, last))
        if open_now > opened + SPARE_DESCRIPTORS:
            found.append(f"descriptors grew from {opened:.0f} to {open_now:.0f}")
        for name, sizes in self._sizes(middle, last).items():
            grown, grows = sizes
            if grows > max(grown, LEAST_RATE) * MOST_RATE:
                found.append(f"the {name} grew by {grown:.2f} MB a minute and then by {grows:.2f}")
        if self.samples[-1].out_of_order:
            found.append(f"{self.samples[-1].out_of_order} entries were missed or heard twice")
        return found

    @staticmethod
    def _sizes(*parts: Sequence[Sample]) -> dict[str, list[float]]:
        """Megabytes a minute in each part: both keep what is told, so they grow, but always as fast."""
        return {
            "log": [_rate(part, lambda one: one.log_megabytes) for part in parts],
            "database": [_rate(part, lambda one: one.database_megabytes or 0.0) for part in parts],
        }


def _rate(part: Sequence[Sample], size: Callable[[Sample], float]) -> float:
    return (size(part[-1]) - size(part[0])) / max(part[-1].minute - part[0].minute, EVERY / 60)


def _faults(town: BusyTown) -> Iterator[tuple[str, Callable[[], object], Callable[[], object]]]:
    """Each with what begins and what ends it, over and over."""

    def nothing() -> None:
        pass

    def cameras(fault: FaultName) -> Callable[[], object]:
        return lambda: town.simulator.inject(camera="all", fault=fault, seconds=AWAY)

    ill = (cameras(fault) for fault in cycle(CAMERA_FAULTS))
    while True:
        yield "database killed", town.server.kill, town.server.start
        yield "service killed", lambda: town.restart_service(killed=True), nothing
        yield "cameras ill", next(ill), nothing
        yield "database frozen", town.server.freeze, town.server.thaw
        yield "service stopped", lambda: town.restart_service(killed=False), nothing
        yield "cameras ill", next(ill), nothing


def play(number: int, minutes: float, cameras: int, table: Path) -> list[str]:
    """One stretch; its troubles."""
    found = binaries()
    if found is None:
        sys.exit("PostgreSQL is not installed (Debian and Ubuntu: apt install postgresql)")

    def keep(row: Mapping[str, Any]) -> None:
        with table.open("a") as file:
            file.write(json.dumps(row) + "\n")

    def tell(sample: Sample) -> None:
        keep(asdict(sample))
        print(sample.row(), flush=True)

    with (
        tempfile.TemporaryDirectory(prefix="pc-bench-") as name,
        running_postgres(found) as server,
        BusyTown(Path(name), server, cameras=cameras, streams=1) as town,
    ):
        with Crowd(town.service.port, "/events", FILTERED, VISITORS, SEED + number) as crowd:
            stretch = Stretch(number, town, crowd, tell)
            stretch.play(minutes)
        wait_until(lambda: town.health()["status"] == "ok", SETTLES_WITHIN, "all well again", town.service.process)
        troubles = stretch.troubles()
        try:
            town.ends(SETTLES_WITHIN)
            print(f"{sum(map(sum, town.people().values())):,} people: cameras, streams and database agree")
        except AssertionError as error:
            troubles.append(str(error))
        keep({"stretch": number, "troubles": troubles})
        return troubles


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=Path, default=Path("endurance.jsonl"), help="where the rows are kept")
    parser.add_argument("--minutes", type=float, default=STRETCH, help="of a stretch (30, at most)")
    parser.add_argument("--stretches", type=int, default=5, help="in all; those in the table are not played again")
    parser.add_argument("--cameras", type=int, default=20)
    asked = parser.parse_args()
    if asked.minutes > STRETCH:
        parser.error(f"--minutes may be up to {STRETCH:g}: play another stretch after it")
    done = _stretches_in(asked.table)
    if done >= asked.stretches:
        print(f"The table holds {done} stretches; nothing is left to play.")
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was started ends with us
    print(HEAD, flush=True)
    troubles = play(_next_number(asked.table), asked.minutes, asked.cameras, asked.table)
    print("\n".join(troubles or ["memory and descriptors stayed as they were; nobody missed anything"]))
    sys.exit(1 if troubles else 0)


def _stretches_in(table: Path) -> int:
    """Those that were played to their end; one that was interrupted is played anew."""
    return sum("troubles" in row for row in _rows(table))


def _next_number(table: Path) -> int:
    return max((row["stretch"] for row in _rows(table)), default=0) + 1


def _rows(table: Path) -> list[dict[str, Any]]:
    return [json.loads(row) for row in table.read_text().splitlines()] if table.exists() else []


if __name__ == "__main__":
    main()
