"""The assault: carries out the blows of a round, each track in its own thread."""

from __future__ import annotations

import signal
import threading
import time
from collections import Counter
from collections.abc import Callable

import requests

from tests.chaos.blow import Blow, BlowKind, Track
from tests.chaos.stage import COPY_EVERY, Stage

Say = Callable[[str], None]


class Assault:
    """Carries out a round's blows. ``run`` returns when all have fallen, and raises what went wrong with them."""

    def __init__(self, stage: Stage, say: Say) -> None:
        self._stage = stage
        self._say = say
        self._stop = threading.Event()
        self._errors: list[Exception] = []
        self.done: Counter[str] = Counter()
        """By name, how often each fell."""

        self.left_out: Counter[str] = Counter()
        """By name and reason, what could not be done here."""

    def run(self) -> None:
        """Strike."""
        blows = self._stage.planned.blows
        tracks = [[blow for blow in blows if blow.kind.track is track] for track in Track]
        threads = [threading.Thread(target=self._guarded, args=(self._strike_all, track)) for track in tracks]
        threads.append(threading.Thread(target=self._guarded, args=(self._keep_copies, None), daemon=True))
        for thread in threads:
            thread.start()
        try:
            for thread in threads[:-1]:
                while thread.is_alive():  # a join without a limit would keep Ctrl-C waiting
                    thread.join(0.2)
        finally:
            self._stop.set()
            for thread in threads:
                thread.join(60)
        if self._errors:
            raise self._errors[0]

    def _guarded(self, work: Callable, what) -> None:
        try:
            work(what)
        except Exception as error:  # noqa: BLE001 - raised again by ``run``
            self._errors.append(error)
            self._stop.set()

    def _strike_all(self, blows: list[Blow]) -> None:
        for blow in blows:
            if self._stop.wait(max(0.0, blow.at - self._stage.elapsed)):
                return
            self._say(f"{self._stage.elapsed:6.1f} s  {str(blow)[10:]}")
            reason = self._strike(blow)
            if reason:
                self._say(f"{self._stage.elapsed:6.1f} s  left out: {blow.name}: {reason}")
                self.left_out[f"{blow.name}: {reason}"] += 1
            else:
                self.done[blow.name] += 1

    def _keep_copies(self, _: object) -> None:
        """Copies of the log and of the database as they were, for the blows that put them back."""
        dumps = sorted(
            blow.at - blow.details["seconds ago"]
            for blow in self._stage.planned.blows
            if blow.kind is BlowKind.DATABASE_RESTORED
        )
        while not self._stop.wait(COPY_EVERY):
            self._stage.copy_log()
            if dumps and self._stage.elapsed >= dumps[0]:
                dumps.pop(0)
                self._stage.back_up_database()

    def _strike(self, blow: Blow) -> str:
        """Carry out one; why it was left out, or nothing."""
        strikes: dict[BlowKind, Callable[[Blow], str | None]] = {
            BlowKind.SERVICE_KILLED: self._kill_service,
            BlowKind.LEADER_KILLED: lambda _: self._kill_leader(),
            BlowKind.LEADER_STOPPED: self._stop_leader,
            BlowKind.SECOND_SERVICE: self._start_second_service,
            BlowKind.LOCK_DELETED: lambda _: self._delete_lock(),
            BlowKind.LOG_RESTORED: self._restore_log,
            BlowKind.DISK_FULL: self._fill_disk,
            BlowKind.CLOCK_STEPPED: self._step_clock,
            BlowKind.DATABASE_STOPPED: self._stop_database,
            BlowKind.DATABASE_RESTORED: self._restore_database,
            BlowKind.COMMIT_ANSWER_CUT: lambda one: self._stage.proxy.lose_answers_to_commits(one.details["times"]),
            BlowKind.COMMIT_CUT: lambda one: self._stage.proxy.lose_commits(one.details["times"]),
            BlowKind.DATABASE_HANGS: self._hang_database,
            BlowKind.CAMERA_FAULT: lambda one: self._stage.town.inject(dict(one.details)),
        }
        return strikes[blow.kind](blow) or ""

    def _kill_service(self, blow: Blow) -> None:
        self._stage.kill()
        time.sleep(blow.lasts)
        self._stage.launch()
        self._stage.serves()

    def _kill_leader(self) -> str | None:
        return None if self._stage.signal_leader(signal.SIGKILL) else "nobody leads at the moment"

    def _stop_leader(self, blow: Blow) -> str | None:
        pid = self._stage.signal_leader(signal.SIGSTOP)
        if pid is None:
            return "nobody leads at the moment"
        if blow.details["lock deleted"]:
            (self._stage.disk.folder / "leader.lock").unlink(missing_ok=True)
        self._stop.wait(blow.lasts)
        self._stage.wake(pid)
        return None

    def _start_second_service(self, blow: Blow) -> str | None:
        second = self._stage.second_service()
        assert second.process is not None
        self._stop.wait(blow.lasts)
        second.process.terminate(20)
        return None

    def _delete_lock(self) -> None:
        (self._stage.disk.folder / "leader.lock").unlink(missing_ok=True)

    def _restore_log(self, blow: Blow) -> None:
        self._stage.kill()
        self._stage.put_log_back(self._stage.elapsed - blow.details["seconds ago"])
        time.sleep(blow.lasts)
        self._stage.launch()
        self._stage.serves()

    def _fill_disk(self, blow: Blow) -> str | None:
        if not self._stage.disk.is_small:
            return "this user may not mount a small disk"
        self._stage.disk.fill()
        self._stop.wait(blow.lasts)
        self._stage.disk.empty()
        return None

    def _step_clock(self, blow: Blow) -> str | None:
        try:
            self._stage.town.step_clock(blow.details["seconds"])
        except requests.HTTPError:
            return "the virtual cameras' clock cannot be stepped"
        self._stop.wait(blow.lasts)
        self._stage.town.step_clock(-blow.details["seconds"])
        return None

    def _stop_database(self, blow: Blow) -> None:
        self._stage.stop_database(at_once=blow.details["at once"])
        try:
            self._stop.wait(blow.lasts)
        finally:
            self._stage.start_database()

    def _restore_database(self, blow: Blow) -> str | None:
        return self._stage.restore_database(self._stage.elapsed - blow.details["seconds ago"])

    def _hang_database(self, blow: Blow) -> None:
        self._stage.proxy.hang()
        self._stop.wait(blow.lasts)
        self._stage.proxy.forgive()
