"""Months of real door counts through counting, reconciliation and history in a minute: virtual cameras without HTTP.

Time is moved by hand: nothing waits. What a camera says comes from the simulator; what becomes of it is the service's
own: count keeper, reconciler's rules, record writer and an embedded database.
"""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from random import Random

from peoplecount.domain.camera import Camera, CameraProtocol
from peoplecount.domain.correction_body import read_correction
from peoplecount.domain.day_history import DayHistory, DayHours
from peoplecount.domain.event import EventKind
from peoplecount.domain.event_body import read_increment
from peoplecount.domain.line import LineKey
from peoplecount.domain.offload import call_here
from peoplecount.domain.reading import LineReading, Reading, Totals
from peoplecount.domain.roster import Roster
from peoplecount.domain.site import Site
from peoplecount.eventlog.log import State
from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.services.camera_history import CameraHistory, Pace
from peoplecount.services.count_keeper import CountKeeper
from peoplecount.services.history_notes_keeper import HistoryNotesKeeper
from peoplecount.services.record_writer import RecordWriter
from peoplecount.simulator.clock import PlayedClock
from peoplecount.simulator.virtual_camera import VirtualCamera
from tests.support.appending import DirectAppender

LONGEST_OUTAGE = timedelta(hours=30)
SERVICE_AWAY = timedelta(days=3)


class HandMovedClock:
    """The service's clock and the simulator's, both moved by hand."""

    speed = 1.0

    def __init__(self, begin):
        self.moment = begin
        self.played = PlayedClock(played_from=begin, real_now=lambda: self.moment)

    def now(self):
        return self.moment

    def monotonic(self):
        return self.moment.timestamp()


class Texts:
    """The local store, in memory."""

    def __init__(self):
        self._texts = {}

    def get(self, key):
        return self._texts.get(key)

    def put(self, key, body):
        self._texts[key] = State(1, body)
        return 1


class ReplayedCamera:
    """One virtual camera as the service sees it: a reading, and a history by day."""

    protocol = CameraProtocol.CLASSIC
    closed = False

    def __init__(self, plan, fleet, clock, every):
        self.virtual = VirtualCamera(plan, fleet.traffic, clock.played)
        self.camera = Camera(plan.camera_id, plan.name, "http://192.0.2.1", site_id="s1", poll_interval=every)
        self.keys = {counter.key: self._key(counter.plan) for counter in self.virtual.counters}
        self.reading = None
        self._clock = clock

    def _key(self, line):
        return LineKey(self.camera.camera_id, line.channel, line.rule, line.index)

    def read(self):
        """Ask it for its totals."""
        now = self._clock.now()
        lines = tuple(
            LineReading(self._key(shown.plan), shown.plan.name, Totals(shown.in_total, shown.out_total))
            for shown in self.virtual.poll(range(self.virtual.plan.channels))
        )
        local = self.virtual.wall.local(now.timestamp()).replace(tzinfo=None)
        self.reading = Reading(self.camera.camera_id, now, local, self.virtual.plan.serial, lines)
        return self.reading

    def search(self, day):
        """What it remembers of a day."""
        hours = {
            self._key(counter.plan): DayHours(day, *map(tuple, self.virtual.hourly(counter, day)))
            for counter in self.virtual.counters
        }
        return DayHistory(day, hours, {})

    def truth(self, day):
        """By line, people in and out by the hour."""
        return {self._key(counter.plan): self.virtual.seen_by_hour(counter, day) for counter in self.virtual.counters}


class ReplayedFleet:
    """Plays a fleet from one moment to another, with outages, and holds every day against the truth once it is over."""

    def __init__(self, fleet, begin, *, every, database, seed=1):
        self._every = every
        self._clock = HandMovedClock(begin)
        self.cameras = [ReplayedCamera(plan, fleet, self._clock, every.total_seconds()) for plan in fleet.cameras]
        site = fleet.cameras[0].site
        self.zone = site.zone
        self._roster = Roster(
            {one.camera.camera_id: one.camera for one in self.cameras}, {"s1": Site("s1", site.name, site.time_zone)}
        )
        self._log = MemoryEventLog()
        self._texts = Texts()
        self._database = database
        self._writer = RecordWriter(self._log, database)
        self._chance = Random(seed)
        self._away_until = {}
        self._read_after = 0
        self.away = {one.camera.camera_id: [(begin - every, begin + every)] for one in self.cameras}
        self.corrections = defaultdict(list)
        self.people = defaultdict(lambda: [0, 0])
        self.faults = []
        self.compared = set()
        self._starts()

    def _starts(self):
        """The service starts, or starts again with what its log and store hold."""
        appender = DirectAppender(self._log, self._clock.now)
        self.keeper = CountKeeper(self._log, appender, term=self._log.raise_term(), roster=lambda: self._roster)
        notes = HistoryNotesKeeper(self._texts, call_here)
        self._histories = [
            CameraHistory(one, self.keeper, notes, clock=self._clock, zone=self.zone, back_fill_days=0)
            for one in self.cameras
        ]

    def plays(self, end):
        """Play until ``end`` (UTC)."""
        day = None
        while self._clock.moment < end:
            self._clock.moment += self._every
            self._cut_outages()
            for camera in self.cameras:
                if not self._is_away(camera):
                    self.keeper.observe(camera.camera, camera.read(), expected_every=self._every)
            if self._clock.moment.minute < self._every.total_seconds() / 60:
                self._reconciles()
            today = self._clock.moment.astimezone(self.zone).date()
            if today != day:
                self._day_is_over(today)
                day = today
        self._day_is_over(today + timedelta(days=1))

    def _cut_outages(self):
        """A camera goes away twice a week, and the service, all cameras with it, twice a year for days."""
        steps_a_week = timedelta(days=7) / self._every
        for camera in self.cameras:
            if not self._is_away(camera) and self._chance.random() < 2 / steps_a_week:
                self._goes_away(camera, self._chance.random() * LONGEST_OUTAGE)
        if self._chance.random() < 2 / 52 / steps_a_week:
            self._starts()
            for camera in self.cameras:
                self._goes_away(camera, SERVICE_AWAY)

    def _goes_away(self, camera, length):
        self._away_until[camera.camera.camera_id] = self._clock.moment + length
        self.away[camera.camera.camera_id].append(
            (self._clock.moment - self._every, self._clock.moment + length + self._every)
        )

    def _is_away(self, camera):
        return self._away_until.get(camera.camera.camera_id, datetime.min.replace(tzinfo=UTC)) > self._clock.moment

    def _reconciles(self):
        for camera, history in zip(self.cameras, self._histories, strict=True):
            while not self._is_away(camera) and history.step() is Pace.AT_ONCE:
                pass

    def _day_is_over(self, today):
        self._takes_up_events()
        while self._writer.run_once():
            pass
        self._log.trim(self._log.head().number, self._clock.now() + timedelta(days=1))
        for camera in self.cameras:
            for day in [today - timedelta(days=back) for back in (1, 2, 3, 4, 5, 6)]:
                self._compares(camera, day)

    def _takes_up_events(self):
        for entry in self._log.read(self._read_after, 10**7):
            self._read_after = entry.event_id.number
            if entry.event.kind is EventKind.COUNT_CORRECTION:
                correction = read_correction(entry.event)
                self.corrections[str(correction.key)].append(correction)
                people = correction.change
            elif entry.event.kind is EventKind.COUNT:
                people = read_increment(entry.event).people
            else:
                continue
            total = self.people[entry.event.camera_id]
            total[0] += people.entered
            total[1] += people.left

    def _compares(self, camera, day):
        """A day is compared once, when it is settled."""
        ledger = self.keeper.days(camera.camera.camera_id).get(day)
        if ledger is None or not ledger.is_settled or (camera.camera.camera_id, day) in self.compared:
            return
        self.compared.add((camera.camera.camera_id, day))
        for key, (entered, left) in camera.truth(day).items():
            cells = ledger.lines[key].cells.values() if key in ledger.lines else ()
            told = (sum(cell.told.entered for cell in cells), sum(cell.told.left for cell in cells))
            if told != (sum(entered), sum(left)):
                self.faults.append(f"{key} on {day}: told {told}, true ({sum(entered)}, {sum(left)})")

    def people_who_crossed(self):
        """By camera, everybody whom it saw."""
        truth = {}
        now = self._clock.now().timestamp()
        for camera in self.cameras:
            days = camera.virtual.wall.days(self._clock.played.start, now)
            hours = [pair for day in days for pair in camera.truth(day).values()]
            truth[camera.camera.camera_id] = tuple(sum(sum(pair[way]) for pair in hours) for way in (0, 1))
        return truth

    def false_corrections(self):
        """Corrections of hours through which the camera was read, other than the last one before midnight."""
        return [
            correction
            for corrections in self.corrections.values()
            for correction in corrections
            if correction.change and correction.local_start.hour != 23 and not self._was_away(correction)
        ]

    def _was_away(self, correction):
        outages = self.away[correction.key.camera_id]
        return any(begin < correction.ended_at and correction.started_at < end for begin, end in outages)
