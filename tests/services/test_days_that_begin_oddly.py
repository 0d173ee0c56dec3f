"""Days that begin while nobody looks: before an upgrade, in an outage, across a restart, beside a clock gone astray."""

from dataclasses import replace
from datetime import datetime, timedelta

from peoplecount.domain.event import EventKind
from peoplecount.domain.figures import Figures
from peoplecount.domain.roster import Roster
from peoplecount.services.count_keeper import CountKeeper
from peoplecount.services.count_memory import HOURS_STATE
from peoplecount.services.day_settlement import CLOCK_MOVED
from tests.support.appending import DirectAppender
from tests.support.keeping import Keeping, at
from tests.support.modelled_camera import DAY, ModelledCamera, moments

FIRST = at("2026-06-01T00:00:00")
SECOND = FIRST + DAY
TEN = timedelta(hours=10)
POLL = timedelta(seconds=10)


def crossings(begin, people, every):
    return list(moments(begin, begin + (people - 1) * every, every))


def polls(keeping, camera, begin, end, *, every=timedelta(minutes=3)):
    for moment in moments(begin, end, every):
        keeping.polls(camera, moment, every=every)


def today(keeping):
    """The line's figures of today, as events tell them, and the people inside."""
    line = only(keeping.keeper._memory().counts["7"].lines.values())
    return Figures(line.in_today, line.out_today), keeping.keeper.occupancies()["s1"].inside


def only(found):
    (one,) = found
    return one


def test_of_whom_an_outage_across_midnight_brought_only_those_of_today_are_todays() -> None:
    quiet = crossings(FIRST + timedelta(hours=9), 20, timedelta(minutes=1))
    busy = crossings(SECOND + timedelta(hours=7), 120, timedelta(minutes=1))
    camera, keeping = ModelledCamera(quiet + busy, []), Keeping()
    polls(keeping, camera, FIRST + timedelta(hours=8), FIRST + 2 * TEN)
    polls(keeping, camera, SECOND + TEN, SECOND + TEN + timedelta(minutes=90))  # the total never fell
    assert today(keeping) == (Figures(70), 70)
    for day in (FIRST, SECOND):
        keeping.settles(camera, day.date(), SECOND + TEN + timedelta(minutes=91))
    assert keeping.told()[SECOND.date(), "in"] == 120
    assert today(keeping) == (Figures(120), 120)


def test_a_restart_while_a_fall_is_held_loses_nobody() -> None:
    busy = crossings(FIRST + timedelta(hours=7), 1000, timedelta(seconds=30))
    later = crossings(SECOND + timedelta(hours=7), 400, timedelta(seconds=25))
    camera, keeping = ModelledCamera(busy + later, []), Keeping()
    polls(keeping, camera, FIRST + timedelta(hours=15), FIRST + timedelta(hours=15, minutes=30), every=POLL)
    keeping.polls(camera, SECOND + TEN, every=POLL)  # the first reading after the night: from 961 to 400
    keeping.keeper.flush_seen()
    keeping.restarts()
    polls(keeping, camera, SECOND + TEN + POLL, SECOND + TEN + timedelta(minutes=15), every=POLL)
    assert today(keeping)[0] == Figures(400)
    assert '"midnight reset"' in only(keeping.entries(EventKind.COUNTER_BREAK)).body


def test_what_was_counted_before_hours_were_kept_is_not_told_again() -> None:
    camera, keeping = ModelledCamera(crossings(FIRST + timedelta(hours=7), 200, timedelta(minutes=5)), []), Keeping()
    polls(keeping, camera, FIRST, FIRST + TEN)
    forgets_hours(keeping)
    polls(keeping, camera, FIRST + TEN + timedelta(minutes=10), FIRST + 2 * TEN)
    before = today(keeping)
    days = keeping.keeper.days("7")
    assert not days[FIRST.date() - DAY].asked
    assert days[FIRST.date() - DAY].is_settled  # and so it is not due
    for day in (FIRST.date(), FIRST.date() - DAY):
        keeping.settles(camera, day, FIRST + 2 * TEN)
    assert not keeping.corrections()
    assert today(keeping) == before


def forgets_hours(keeping):
    """As a version before 0.2 left its states."""
    memory = keeping.keeper._memory()
    hours = [key for key in keeping.log.load_states().states if key.startswith(HOURS_STATE)]
    keeping.keeper.report([], [memory.change(key, "") for key in hours])
    keeping.restarts()


def test_a_day_that_was_asked_about_is_open_again_once_a_line_is_back_that_was_away() -> None:
    camera, keeping = ModelledCamera(crossings(FIRST + timedelta(hours=7), 30, timedelta(hours=1)), []), Keeping()
    polls(keeping, camera, FIRST, FIRST + TEN)
    keeping.settles(camera, FIRST.date(), SECOND + TEN)
    assert keeping.keeper.days("7")[FIRST.date()].asked
    assert not keeping.keeper.days("7")[FIRST.date()].is_settled  # the line was not read up to its end
    polls(keeping, camera, SECOND + TEN, SECOND + TEN + timedelta(minutes=9))
    assert keeping.keeper.days("7")[FIRST.date()].asked is None


def test_hours_that_were_cleared_while_nobody_looked_are_not_called_quiet() -> None:
    early = crossings(FIRST + timedelta(hours=6), 150, timedelta(minutes=1))
    later = crossings(FIRST + timedelta(hours=8, minutes=3), 90, timedelta(minutes=4))
    camera, keeping = ModelledCamera(early + later, []), Keeping()
    polls(keeping, camera, FIRST, FIRST + timedelta(hours=8, minutes=30))
    camera.is_reset(FIRST + TEN + timedelta(minutes=1), wipes=True)
    polls(keeping, camera, FIRST + timedelta(hours=12, minutes=1), FIRST + timedelta(hours=14, minutes=1))
    told = keeping.told()
    keeping.settles(camera, FIRST.date(), FIRST + timedelta(hours=14, minutes=6))
    line = only(keeping.keeper.days("7")[FIRST.date()].lines.values())
    assert keeping.told() == told  # nothing can have been added to what the totals showed
    assert [slot for slot, cell in line.cells.items() if cell.settled] == [13]
    assert str(line.cell(9).quality) == "estimated"


class AstrayCamera(ModelledCamera):
    """Its clock falls back to 2000 for a while, as after a power cut, and it counts on."""

    astray = (FIRST, FIRST)

    def reads(self, moment):
        reading = super().reads(moment)
        begin, end = self.astray
        if begin <= moment < end:
            reading = replace(reading, local_time=datetime(2000, 1, 1) + (moment - begin))
        return reading


def test_today_goes_on_once_a_clock_that_went_astray_is_back() -> None:
    camera, keeping = AstrayCamera(crossings(FIRST + timedelta(hours=6), 1200, timedelta(seconds=30)), []), Keeping()
    begin, end = FIRST + TEN, FIRST + TEN + timedelta(minutes=5)
    camera.astray = (begin, end)
    polls(keeping, camera, FIRST + timedelta(hours=1), begin + timedelta(hours=1), every=POLL)
    assert today(keeping)[0].entered == camera.truth(FIRST.date())[0] - len(
        [one for one in camera._moments["in"] if begin <= one < end or one > begin + timedelta(hours=1)]
    )
    for day in keeping.keeper.days("7"):
        assert CLOCK_MOVED in keeping.settles(camera, day, SECOND + TEN).refused.values()
    assert not keeping.corrections()


class CorrectedCamera(ModelledCamera):
    """Somebody finds that its zone is wrong, and sets it."""

    set_at = FIRST + timedelta(hours=12, minutes=20)

    def local(self, moment):
        return moment.replace(tzinfo=None) + timedelta(hours=-8 if moment < self.set_at else 2)


def test_a_day_on_which_a_zone_is_set_right_is_not_corrected_by_hours_of_either() -> None:
    crossed = [FIRST + timedelta(minutes=minute) for minute in range(0, 24 * 60, 7)]
    camera, keeping = CorrectedCamera(crossed, []), Keeping(zone="Europe/Zurich")
    minute = timedelta(minutes=1)
    polls(keeping, camera, FIRST + timedelta(hours=9), FIRST + timedelta(hours=14, minutes=30), every=minute)
    polls(keeping, camera, FIRST + timedelta(hours=15, minutes=20), FIRST + timedelta(hours=30), every=minute)
    refused = keeping.settles(camera, FIRST.date(), FIRST + timedelta(hours=30)).refused
    assert list(refused.values()) == [CLOCK_MOVED]
    assert not keeping.corrections()
    assert not keeping.keeper.reassert(keeping.camera, FIRST.date(), {camera.key: (16, 17)}, SECOND).confirmed
    assert not keeping.settles(camera, SECOND.date(), FIRST + timedelta(hours=30)).refused


def test_a_camera_that_is_entered_again_under_another_id_brings_nobody_twice() -> None:
    crossed = crossings(FIRST + timedelta(hours=6), 400, timedelta(minutes=1))
    keeping = Keeping()
    polls(keeping, ModelledCamera(crossed, []), FIRST + timedelta(hours=1), FIRST + TEN)
    keeping.camera = replace(keeping.camera, camera_id="8")
    roster = Roster({"8": keeping.camera}, {"s1": keeping.site})
    keeping.keeper = CountKeeper(
        keeping.log,
        DirectAppender(keeping.log, keeping.clock.now),
        term=keeping.log.raise_term(),
        roster=lambda: roster,
    )
    camera, before, moment = ModelledCamera(crossed, [], camera_id="8"), keeping.summed(), FIRST + TEN + POLL
    history = camera.history(FIRST.date(), moment)
    keeping.keeper.observe(keeping.camera, camera.reads(moment), expected_every=POLL, earlier=history.hours)
    assert keeping.summed() == before
    polls(keeping, camera, moment + POLL, FIRST + TEN + timedelta(hours=2, minutes=1), every=POLL)
    for day in (FIRST - DAY, FIRST):
        keeping.settles(camera, day.date(), FIRST + TEN + timedelta(hours=3))
    assert not keeping.corrections()
    assert keeping.summed()[0] == before[0] + 120 + 1
