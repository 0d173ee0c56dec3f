"""The hours of a week as a table: figures of one sort look alike, and somebody is never shown as nobody."""

from hypothesis import given
from hypothesis import strategies as st

from peoplecount.services.history_sums import HOURS_A_WEEK, WeekHours
from peoplecount.web.app import create_app
from peoplecount.web.history_chart import heat_of
from tests.support.board_service import BoardService
from tests.support.shop import SHOP


def week_of(*entered: int, hours: float = 4.0) -> WeekHours:
    week = WeekHours()
    for place, people in enumerate(entered):
        week.entered[place], week.hours[place] = people, hours
    return week


def shown(week: WeekHours) -> list[str]:
    app = create_app(BoardService([SHOP]).context())
    with app.test_request_context():
        parts = app.jinja_env.get_template("history_parts.html").make_module({})
        table = str(parts.week(heat_of(week), ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]))
    return [cell.split("</td>")[0] for cell in table.replace("&thinsp;", "").split('">') if "</td>" in cell]


def test_where_there_are_tens_all_are_whole():
    assert shown(week_of(0, 1, 12, 176))[:5] == ["0", "&lt;1", "3", "44", "–"]


def test_where_there_are_few_all_have_a_decimal():
    assert shown(week_of(0, 1, 12, 36))[:5] == ["0.0", "0.2", "3.0", "9.0", "–"]


@given(st.lists(st.integers(0, 400), max_size=HOURS_A_WEEK), st.floats(0.25, 60))
def test_only_where_nobody_came_or_nothing_is_known_nothing_is_shown(entered, hours):
    for cell, people in zip(
        [one for day in heat_of(week_of(*entered, hours=hours)) for one in day], entered, strict=False
    ):
        assert cell.mean is not None
        is_nothing = round(cell.mean, cell.digits) == 0 and not cell.is_small
        assert is_nothing == (people == 0)
