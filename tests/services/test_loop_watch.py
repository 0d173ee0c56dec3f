"""By how much this process is late."""

from peoplecount.services.loop_watch import LOOK_SECONDS, LoopWatch


class Nap:
    """Sleeps that take as long as a test says; the last ends the watch."""

    def __init__(self, *seconds):
        self.now = 100.0
        self._seconds = list(seconds)

    def wait(self, _):
        if not self._seconds:
            return True
        self.now += self._seconds.pop(0)
        return False


def test_it_notes_by_how_much_it_is_woken_too_late():
    nap = Nap(LOOK_SECONDS, LOOK_SECONDS + 0.3, LOOK_SECONDS)
    watch = LoopWatch(lambda: nap.now)
    watch.run(nap)
    assert sum(watch.stalls.counts) == 3
    assert dict(watch.stalls.up_to())[0.25] == 2
    assert round(watch.stalls.seconds, 6) == 0.3
