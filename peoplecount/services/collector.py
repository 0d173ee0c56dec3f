"""The collector: one scheduled job per camera."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from peoplecount.domain.camera import Camera
from peoplecount.domain.clock import Clock
from peoplecount.domain.poll_times import LocalClock, spread
from peoplecount.domain.roster import Roster
from peoplecount.eventlog.log import LogError
from peoplecount.services.first_polls import MOST_AT_ONCE, FirstPolls
from peoplecount.services.poll_plan import PollPlan
from peoplecount.services.poller import Poller, PollFigures
from peoplecount.services.unhurried import Breath, unhurried

logger = logging.getLogger(__name__)

ADDED_AT_ONCE = 10
"""Cameras taken up before others have their turn; some 5 ms on a slow machine."""

LONGEST_LAST_POLL = 1.5
"""Seconds a running poll is waited for at the end. A lost one costs nothing: the next carries what it brought."""

SET_SECONDS = 1.0
"""How far the machine's clock must depart from the monotonic one to have been set; time servers slew by far less."""

NEARLY = timedelta(seconds=0.2)
"""Polls that are placed by a clock that was known this much worse stay where they are."""

LEAST_EVENT_GAP = 1.0
"""Real seconds between the beginnings of two polls of a camera, where the second one is for an event. Cameras tell of
people once a second (WiseAI App API 1.5.0); the next poll counts together who comes meanwhile."""

NextTime = Callable[["datetime | None", datetime], datetime]
"""When a job runs next, from when it was last due (``None`` at first) and the time it is now; both UTC."""


class Scheduler(Protocol):
    """What is needed of APScheduler."""

    def add_job(self, func: Callable[..., None], trigger: Any, **options: Any) -> object:  # noqa: ANN401 - APScheduler's own
        """Run ``func`` whenever the trigger says."""
        ...

    def modify_job(self, job_id: str, *, next_run_time: datetime) -> object:
        """Run it next at this moment."""
        ...

    def remove_job(self, job_id: str) -> None:
        """Stop running it."""
        ...

    def start(self) -> None:
        """Begin."""
        ...

    def shutdown(self, wait: bool = True) -> None:  # noqa: FBT001, FBT002 - APScheduler's signature
        """Stop; with ``wait``, after the running jobs."""
        ...


def _machine_time() -> datetime:
    return datetime.now(UTC)


class Collector:
    """Polls every camera of the roster in its own slots and where its figures turn; one that fails delays no other."""

    def __init__(
        self,
        scheduler: Scheduler,
        make_poller: Callable[[Camera, Roster, float], Poller],
        *,
        make_trigger: Callable[[NextTime], object],
        clock: Clock,
        clock_of: Callable[[str], LocalClock | None] = lambda _: None,
        machine_time: Callable[[], datetime] = _machine_time,
        most_first_polls: int = MOST_AT_ONCE,
    ) -> None:
        """``make_trigger`` makes the scheduler's trigger; ``clock_of`` tells a camera's own clock, once it is known.

        ``machine_time`` is what the scheduler goes by (UTC). ``most_first_polls`` are under way at once.
        """
        self._scheduler = scheduler
        self._make_poller = make_poller
        self._make_trigger = make_trigger
        self._clock = clock
        self._clock_of = clock_of
        self._machine_time = machine_time
        self._machine_ahead = self._ahead()
        self._plans: dict[str, PollPlan] = {}
        self._asked: dict[str, float] = {}
        """When each camera was last asked to be polled soon, by the monotonic clock."""

        self._on_log_error: Callable[[LogError], None] = _ignore
        self._pollers: dict[str, Poller] = {}
        self._roster = Roster()
        self._longest_interval = 0.0
        self._stopped = threading.Event()
        self._running: set[Poller] = set()
        self._first_polls = FirstPolls(self._poll_now, most_first_polls)
        self._idle = threading.Condition()
        self.last_progress = clock.monotonic()
        """When any poll last began or ended, by the monotonic clock."""

    def start(self, on_log_error: Callable[[LogError], None]) -> None:
        """Begin to poll; ``on_log_error`` hears of every append that failed."""
        self._on_log_error = on_log_error
        self._scheduler.start()

    def sync(self, roster: Roster) -> None:
        """Poll the cameras of this roster from now on; those that did not change are left undisturbed."""
        changes = self._roster.changes_to(roster)
        moved = _moved(self._roster, roster)
        for camera_id in (*changes.removed, *changes.changed, *moved):
            self._drop(camera_id)
        self._roster = roster
        self.last_progress = self._clock.monotonic()
        begun = {*changes.added, *changes.changed, *moved}
        added = [camera for camera_id, camera in roster.cameras.items() if camera_id in begun]
        for camera in unhurried(added, Breath(ADDED_AT_ONCE)):
            if self._stopped.is_set():
                return
            self._add(camera)
        self._longest_interval = max((plan.period for plan in self._plans.values()), default=0.0)

    def figures(self) -> Mapping[str, PollFigures]:
        """How each camera's polling goes."""
        return {camera_id: poller.figures for camera_id, poller in self._pollers.items()}

    def longest_interval(self) -> float:
        """Real seconds between two polls of the slowest camera; 0 without cameras."""
        return self._longest_interval

    def stop(self) -> None:
        """Stop polling. Waits a moment for the polls that run; what comes later of them is dropped."""
        if self._stopped.is_set():
            return
        self._stopped.set()
        # APScheduler's gevent executor does not wait for what runs.
        self._scheduler.shutdown(wait=False)
        with self._idle:
            self._idle.wait_for(lambda: not self._running, LONGEST_LAST_POLL)
        for poller in self._pollers.values():
            poller.close()

    def keep_time(self) -> None:
        """Place all polls anew where the machine's clock was set; to be called every second or so.

        The scheduler goes by that clock: set back by ten minutes, it would let ten minutes pass without a poll.
        """
        ahead = self._ahead()
        if abs(ahead - self._machine_ahead) < SET_SECONDS:
            return
        logger.warning("the clock of this machine was set by %+.0f s", ahead - self._machine_ahead)
        self._machine_ahead = ahead
        now = self._machine_time()
        for camera_id, plan in list(self._plans.items()):
            plan.begin_anew()
            self._scheduler.modify_job(camera_id, next_run_time=plan.next(None, now))

    def poll_soon(self, camera_id: str) -> None:
        """Poll a camera now instead of at its next turn, or as soon as its last poll is long enough ago."""
        poller, plan = self._pollers.get(camera_id), self._plans.get(camera_id)
        if poller is None or plan is None or self._stopped.is_set():
            return
        self._asked[camera_id] = self._clock.monotonic()
        gap = min(LEAST_EVENT_GAP, plan.period)
        wait = max(0.0, poller.began_at + gap - self._clock.monotonic())
        moment = self._machine_time() + timedelta(seconds=wait)
        if plan.due is not None and moment < plan.due:
            plan.due = moment
            with suppress(KeyError):  # it was removed just now
                self._scheduler.modify_job(camera_id, next_run_time=moment)

    def _ahead(self) -> float:
        return self._machine_time().timestamp() - self._clock.monotonic()

    def _add(self, camera: Camera) -> None:
        plan = PollPlan(camera, self._clock, clock_of=self._clock_of, apart=self._apart)
        self._plans[camera.camera_id] = plan
        poller = self._pollers[camera.camera_id] = self._make_poller(camera, self._roster, plan.period)
        self._scheduler.add_job(
            self._run,
            self._make_trigger(plan.next),
            args=[poller, plan],
            id=camera.camera_id,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,  # late rather than never: the reading is of now in any case
        )

    def _apart(self, camera_id: str) -> timedelta:
        return spread(camera_id, len(self._pollers))

    def _drop(self, camera_id: str) -> None:
        poller = self._pollers.pop(camera_id, None)
        self._plans.pop(camera_id, None)
        self._first_polls.forget(camera_id)
        if poller is not None:
            self._scheduler.remove_job(camera_id)
            poller.close()

    def _run(self, poller: Poller, plan: PollPlan) -> None:
        camera_id = poller.camera.camera_id
        if poller.figures.polls:
            self._run_now(poller, plan)
        elif self._first_polls.enter(camera_id):
            try:
                self._run_now(poller, plan)
            finally:
                self._first_polls.leave(camera_id)

    def _poll_now(self, camera_id: str) -> None:
        with suppress(KeyError):  # it was removed just now
            self._scheduler.modify_job(camera_id, next_run_time=self._machine_time())

    def _run_now(self, poller: Poller, plan: PollPlan) -> None:
        camera = poller.camera
        known = self._clock_of(camera.camera_id)
        self._poll(poller)
        if _is_other(known, self._clock_of(camera.camera_id)) and self._pollers.get(camera.camera_id) is poller:
            now = self._machine_time()
            with suppress(KeyError):  # it was removed just now
                self._scheduler.modify_job(camera.camera_id, next_run_time=plan.next(now, now))
        asked = self._asked.pop(camera.camera_id, None)
        if asked is not None and asked > poller.began_at:  # meanwhile: this poll may have come too soon for it
            self.poll_soon(camera.camera_id)

    def _poll(self, poller: Poller) -> None:
        self.last_progress = self._clock.monotonic()
        self._running.add(poller)
        try:
            poller.poll()
        except LogError as error:
            self._on_log_error(error)
        except Exception:
            logger.exception("polling camera %s failed for an unforeseen reason", poller.camera.camera_id)
        finally:
            self.last_progress = self._clock.monotonic()
            self._running.discard(poller)
            if self._stopped.is_set():
                with self._idle:
                    self._idle.notify_all()


def _moved(before: Roster, after: Roster) -> list[str]:
    """Cameras whose own events carry other names from now on. Doors are in the events of lines: those ask each time."""
    if before.sites == after.sites:
        return []
    both = [key for key in after.cameras if key in before.cameras]
    return [key for key in both if before.place(before.cameras[key]) != after.place(after.cameras[key])]


def _is_other(known: LocalClock | None, found: LocalClock | None) -> bool:
    """Whether polls that were placed by the one clock are misplaced by the other."""
    if known is found:
        return False
    if known is None or found is None:
        return True
    return abs(found.ahead - known.ahead) > NEARLY or known.reset != found.reset


def _ignore(error: LogError) -> None:
    """Before the start nobody appends."""
