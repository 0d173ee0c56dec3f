"""Today as the service draws it: bars, gaps, and a table."""

from datetime import timedelta

from peoplecount.domain.event import Quality
from peoplecount.domain.figures import Figures as People
from peoplecount.domain.usual_day import Span, usual_hours
from peoplecount.services.at_hand import AtHand
from peoplecount.web.live.beside_usual import beside_usual, expected_by
from peoplecount.web.live.drawn_day import HEIGHT, drawn_day
from tests.support.board_service import Figures
from tests.support.fake_clock import FakeClock
from tests.support.shop import FRONT, at
from tests.support.waiting import wait_until


def curve(**changes):
    known = {
        "in": [4, None, 0, None],
        "out": [2, None, 0, None],
        "quality": ["measured", None, "estimated", None],
        "partial": [],
    }
    return {"start": "2026-05-04T10:00:00Z", **known, **changes}


def test_what_is_not_known_is_a_gap_and_what_lies_ahead_is_not_drawn():
    day = drawn_day(curve(), at(12, 40))
    assert [quarter.kind for quarter in day.quarters] == ["measured", "missing", "doubtful"]
    assert (day.quarters[0].up, day.quarters[0].down) == (HEIGHT, HEIGHT / 2)
    assert drawn_day(curve(), at(11)).quarters == ()


def test_what_is_known_of_some_lines_only_is_told_from_what_is_known_of_all():
    day = drawn_day(curve(partial=[0, 1]), at(12, 40))
    assert [quarter.is_part for quarter in day.quarters] == [True, False, False]


def test_the_quarter_that_runs_is_no_gap_yet():
    assert drawn_day(curve(), at(12, 20)).quarters[1].kind == "measured"


def test_without_scripts_the_day_is_drawn_once_it_is_at_hand(client, service):
    start = service.clock.now() - timedelta(minutes=30)
    service.history.rows.append(Figures(str(FRONT.key), "shop", start, 5, 3, Quality.ESTIMATED))
    client.get("/")
    wait_until(lambda: 'class="drawn"' in client.get("/").text)
    page = client.get("/").text
    assert "drawn-in doubtful" in page
    assert 'class="drawn-part"' not in page
    assert "partly estimated" in page


def test_what_is_at_hand_is_read_aside_and_only_so_often():
    clock, answers, later = FakeClock(), iter([1, 2, LookupError(), LookupError()]), []

    def read():
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    at_hand = AtHand(read, LookupError, clock, fresh=10, kept=60, aside=later.append)
    assert at_hand() is None
    later.pop()()
    assert (at_hand(), later) == (1, [])
    clock.passes(10)
    assert at_hand() == 1, "the one so far, meanwhile"
    later.pop()()
    clock.passes(10)
    assert at_hand() == 2
    later.pop()()
    assert at_hand() == 2, "kept while it cannot be read"
    clock.passes(51)
    assert at_hand() is None


def test_usual_hours_want_three_weeks_of_which_something_is_known():
    days = [{9: People(10, 4)}, {9: People(20, 4)}, {}, {9: People(40, 8)}]
    hours = usual_hours(days)
    assert hours[9].entered == Span(15, 20, 30)
    assert usual_hours(days[:3]) == {}
    assert 9 not in usual_hours([*days[:3], {9: None, 10: People(1, 1)}])


def test_an_hour_without_an_entry_is_unknown_and_not_nobody():
    """A camera that was entered on a Monday at three in the afternoon."""
    first, other = {hour: People(100, 90) for hour in range(15, 24)}, {hour: People(100, 90) for hour in range(24)}
    nights = other | {3: People(0, 0)}
    assert usual_hours([first, nights, nights]).keys() == set(range(15, 24))
    hours = usual_hours([first, nights, nights, nights])
    assert hours[10].entered == Span(100, 100, 100)
    assert hours[3].entered == Span(0, 0, 0)


def test_today_is_held_against_as_much_of_the_usual_day_as_is_over():
    hours = [{"in": [0, 100, 0], "out": [0, 50, 0]}] * 24
    assert expected_by(hours, "in", 2.5) == 250
    assert expected_by([None, *hours[1:]], "in", 2.5) is None
    site = {"date": "2026-05-04", "timeZone": "UTC", "complete": True, "inToday": 300, "outToday": 125}
    site |= {"qualityToday": "measured", "cameras": [{"state": "up"}, {"state": "up"}]}
    usual = {"date": "2026-05-04", "hours": hours}
    words = beside_usual(site, usual, at(4, 30))
    assert words == {"in": "20% above the usual 250 by now", "out": "as usual, 125 by now"}
    for doubt in ({"complete": False}, {"qualityToday": "missing"}, {"cameras": [{"state": "up"}, {"state": "down"}]}):
        assert beside_usual(site | doubt, usual, at(4, 30))["in"] == "usually 250 by now", doubt
    assert beside_usual(site | {"date": "2026-05-05"}, usual, at(4, 30)) == {"in": "", "out": ""}
    assert beside_usual(site, None, at(4, 30))["in"] == ""
