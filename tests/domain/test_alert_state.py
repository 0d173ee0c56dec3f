from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from peoplecount.domain.alert_body import AlertFacts, AlertItem, KeptAlert, read_kept, write_kept
from peoplecount.domain.alert_rule import AlertKind, QuietHours
from peoplecount.domain.alert_state import AlertState, Happening, Notice, Pace, Turn, Verdict, advance
from peoplecount.services.alert_sights import verdict_on

hypothesis = pytest.importorskip("hypothesis", reason="hypothesis is in requirements-dev.txt")
st = hypothesis.strategies

BEGIN = datetime(2026, 5, 4, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
BAD, BETWEEN, GOOD, UNKNOWN = Verdict.BAD, Verdict.BETWEEN, Verdict.GOOD, Verdict.UNKNOWN


class Told:
    """One alert, looked at minute by minute, and what came of it."""

    def __init__(self, lasts=0, gap=0, *, tells_recovery=True):
        self.pace = Pace(lasts * MINUTE, gap * MINUTE, tells_recovery=tells_recovery)
        self.state = AlertState()
        self.now = BEGIN
        self.happened: list[tuple[int, Happening]] = []
        self.looks = 0

    def sees(self, *, minutes=1, is_quiet=False, **verdicts):
        """The same, look after look."""
        for _ in range(minutes):
            pace = Pace(self.pace.lasts, self.pace.gap, is_quiet, self.pace.tells_recovery)
            kept = KeptAlert(self.state, AlertFacts("shop", "Shop", {"a": AlertItem("a", "A")}))
            state = read_kept(write_kept({"x": kept}))["x"].state  # as after a restart
            assert state == self.state
            self.state, happened = advance(state, verdicts, self.now, pace, f"alert-{self.looks}")
            self.happened += [(self.looks, one) for one in happened]
            self.looks += 1
            self.now += MINUTE

    @property
    def notices(self):
        return [(at, one.notice, set(one.bad)) for at, one in self.happened if one.notice is not Notice.NONE]

    @property
    def turns(self):
        return [one.turn for _, one in self.happened]


def test_what_lasts_is_told_once_and_so_is_that_it_is_over():
    alert = Told(lasts=5)
    alert.sees(a=GOOD)
    alert.sees(a=BAD, minutes=30)
    alert.sees(a=GOOD, minutes=30)
    assert alert.notices == [(6, Notice.BAD, {"a"}), (36, Notice.RECOVERED, {"a"})]
    assert alert.turns == [Turn.OPENED, Turn.CLOSED]


def test_what_does_not_last_is_not_believed():
    alert = Told(lasts=5)
    for _ in range(10):
        alert.sees(a=BAD, minutes=4)
        alert.sees(a=GOOD, minutes=2)
    assert alert.happened == []


def test_a_figure_to_and_fro_between_the_two_thresholds_is_one_alert():
    alert = Told()
    for _ in range(5):
        alert.sees(a=BAD)
        alert.sees(a=BETWEEN)
    alert.sees(a=GOOD)
    alert.sees(a=BETWEEN)
    assert alert.turns == [Turn.OPENED, Turn.CLOSED]


def test_cameras_that_fail_together_are_one_alert_and_a_later_one_joins_it():
    alert = Told(lasts=2, gap=10)
    alert.sees(a=BAD, b=BAD, c=GOOD, minutes=20)
    alert.sees(a=BAD, b=BAD, c=BAD, minutes=20)
    alert.sees(a=GOOD, b=BAD, c=BAD, minutes=20)
    alert.sees(a=GOOD, b=GOOD, c=GOOD, minutes=20)
    assert [(notice, bad) for _, notice, bad in alert.notices] == [
        (Notice.BAD, {"a", "b"}),
        (Notice.BAD, {"a", "b", "c"}),
        (Notice.RECOVERED, {"b", "c"}),
    ]
    assert alert.turns == [Turn.OPENED, Turn.OPEN, Turn.OPEN, Turn.CLOSED]
    assert len({one.alert_id for _, one in alert.happened}) == 1


def test_what_goes_bad_again_in_the_quiet_time_is_told_at_its_end_if_it_is_still_so():
    alert = Told(gap=30)
    alert.sees(a=BAD)
    alert.sees(a=GOOD, minutes=4)
    alert.sees(a=BAD, minutes=60)
    assert [(at, notice) for at, notice, _ in alert.notices] == [
        (0, Notice.BAD),
        (1, Notice.RECOVERED),
        (30, Notice.BAD),
    ]
    assert alert.turns == [Turn.OPENED, Turn.CLOSED, Turn.OPENED, Turn.OPEN]


def test_whoever_was_told_that_something_is_wrong_is_told_that_nothing_is_any_more():
    alert = Told(gap=30)
    alert.sees(a=BAD, b=GOOD)
    alert.sees(a=GOOD, b=BAD, minutes=5)
    alert.sees(a=GOOD, b=GOOD, minutes=60)
    assert [(at, notice) for at, notice, _ in alert.notices] == [(0, Notice.BAD), (6, Notice.RECOVERED)]
    assert alert.turns == [Turn.OPENED, Turn.OPEN, Turn.CLOSED]


def test_what_goes_bad_instead_of_what_was_told_is_told_at_the_end_of_the_quiet_time():
    alert = Told(gap=30)
    alert.sees(a=BAD, b=GOOD)
    alert.sees(a=GOOD, b=BAD, minutes=60)
    assert alert.notices == [(0, Notice.BAD, {"a"}), (30, Notice.BAD, {"b"})]


def test_quiet_hours_hold_everything_back_and_lose_nothing():
    alert = Told()
    alert.sees(a=BAD, minutes=60, is_quiet=True)
    assert alert.turns == [Turn.OPENED]
    assert alert.notices == []
    alert.sees(a=BAD)
    assert alert.notices == [(60, Notice.BAD, {"a"})]
    alert.sees(a=GOOD, minutes=60, is_quiet=True)
    alert.sees(a=GOOD)
    assert alert.notices[1:] == [(121, Notice.RECOVERED, {"a"})]


def test_what_came_and_went_in_quiet_hours_is_not_told():
    alert = Told()
    alert.sees(a=BAD, minutes=60, is_quiet=True)
    alert.sees(a=GOOD, minutes=60, is_quiet=True)
    alert.sees(a=GOOD, minutes=60)
    assert alert.notices == []
    assert alert.turns == [Turn.OPENED, Turn.CLOSED]


def test_what_is_not_known_changes_nothing():
    alert = Told(lasts=5)
    alert.sees(a=BAD, minutes=10)
    alert.sees(a=UNKNOWN, minutes=100)
    alert.sees(a=BAD, minutes=10)
    assert alert.turns == [Turn.OPENED]


def test_what_is_no_longer_there_is_over_at_once():
    alert = Told(lasts=5)
    alert.sees(a=BAD, minutes=10)
    alert.sees()
    assert alert.turns == [Turn.OPENED, Turn.CLOSED]


def test_who_wants_no_recoveries_gets_none():
    alert = Told(tells_recovery=False)
    alert.sees(a=BAD, minutes=3)
    alert.sees(a=GOOD, minutes=3)
    alert.sees(a=BAD, minutes=3)
    assert [notice for _, notice, _ in alert.notices] == [Notice.BAD, Notice.BAD]


def test_a_clock_that_is_set_back_makes_nothing_wait_for_long():
    alert = Told(lasts=5, gap=5)
    alert.sees(a=BAD, minutes=3)
    alert.now -= timedelta(days=300)
    alert.sees(a=BAD, minutes=7)
    assert [notice for _, notice, _ in alert.notices] == [Notice.BAD]
    alert.now -= timedelta(days=300)
    alert.sees(a=GOOD, minutes=7)
    alert.sees(a=BAD, minutes=7)
    assert [notice for _, notice, _ in alert.notices] == [Notice.BAD, Notice.RECOVERED, Notice.BAD]


looks = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from("abc"), st.sampled_from(list(Verdict)), max_size=3),
        st.booleans(),
        st.integers(1, 4),
    ),
    max_size=20,
)


@hypothesis.settings(max_examples=60, deadline=None)
@hypothesis.given(looks, st.integers(0, 5), st.integers(0, 12))
def test_no_flood_nothing_lost_and_every_recovery_follows_a_notice(story, lasts, gap):
    alert = Told(lasts=lasts, gap=gap)
    for verdicts, is_quiet, minutes in story:
        alert.sees(minutes=minutes, is_quiet=is_quiet, **verdicts)
    notices = alert.notices
    bad = [at for at, notice, _ in notices if notice is Notice.BAD]
    assert all(later - earlier >= gap for earlier, later in pairwise(bad))
    kinds = [notice for _, notice, _ in notices]
    assert kinds[:1] != [Notice.RECOVERED]
    assert (Notice.RECOVERED, Notice.RECOVERED) not in set(pairwise(kinds))
    # Once all holds still for long enough, people believe what is the case.
    alert.sees(minutes=lasts + gap + 2, a=BAD, b=GOOD)
    assert alert.state.told == {"a"}
    alert.sees(minutes=lasts + gap + 2, a=GOOD, b=GOOD)
    assert alert.state == AlertState()
    assert alert.notices[-1][1] is Notice.RECOVERED
    turns = [one.turn for _, one in alert.happened if one.turn is not Turn.OPEN]
    opened = [turn for turn in turns if turn is Turn.OPENED]
    ids = [one.alert_id for _, one in alert.happened if one.turn is Turn.OPENED]
    assert len(ids) == len(set(ids)) == len(opened)


@hypothesis.settings(max_examples=60, deadline=None)
@hypothesis.given(looks, st.integers(0, 5))
def test_every_alert_opens_once_before_anything_else_and_is_over_at_most_once(story, lasts):
    alert = Told(lasts=lasts, gap=3)
    for verdicts, is_quiet, minutes in story:
        alert.sees(minutes=minutes, is_quiet=is_quiet, **verdicts)
    by_alert = {}
    for _, one in alert.happened:
        by_alert.setdefault(one.alert_id, []).append(one)
    for happened in by_alert.values():
        assert happened[0].turn is Turn.OPENED
        closings = [one for one in happened if one.turn is Turn.CLOSED and one.notice is not Notice.RECOVERED]
        assert len(closings) <= 1
        assert all(one.bad for one in happened)


@pytest.mark.parametrize(
    ("kind", "inside", "verdict"),
    [
        (AlertKind.OVER, 100, BAD),
        (AlertKind.OVER, 99, BETWEEN),
        (AlertKind.OVER, 96, BETWEEN),
        (AlertKind.OVER, 95, GOOD),
        (AlertKind.UNDER, 99, BAD),
        (AlertKind.UNDER, 100, BETWEEN),
        (AlertKind.UNDER, 103, BETWEEN),
        (AlertKind.UNDER, 104, GOOD),
    ],
)
def test_a_threshold_has_a_band_of_its_own(kind, inside, verdict):
    assert verdict_on(kind, inside, 100, 5) is verdict


def test_nobody_inside_is_always_back_below_a_threshold():
    assert verdict_on(AlertKind.OVER, 0, 3, 50) is GOOD


@pytest.mark.parametrize(("text", "hour", "quiet"), [
    ("22:00-07:00", 23, True), ("22:00-07:00", 6, True), ("22:00-07:00", 7, False),
    ("12:00-13:00", 12, True), ("12:00 – 13:00", 13, False),
])  # fmt: skip
def test_quiet_hours_may_reach_over_midnight(text, hour, quiet):
    assert QuietHours.parse(text).has(datetime(2026, 5, 4, hour)) is quiet


@pytest.mark.parametrize("text", ["", "22", "22:00", "24:00-07:00", "07:00-07:00", "7:00-8:00"])
def test_what_are_no_hours_is_refused(text):
    with pytest.raises(ValueError, match="no hours of the day"):
        QuietHours.parse(text)
