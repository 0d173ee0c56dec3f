"""Today as rows of a table."""

from datetime import timedelta

from peoplecount.domain.event import Quality
from peoplecount.web.formats import people_range
from peoplecount.web.live.day_table import day_rows
from tests.support.board_service import Figures
from tests.support.shop import FRONT, at
from tests.support.waiting import wait_until

USUAL = {"in": [8, 10, 20], "out": [4, 4, 4]}


def curve(**changes):
    known = {"in": [4, None, 0, None], "out": [2, None, 0, None], "quality": ["measured", None, "estimated", None]}
    when = {"start": "2026-05-04T10:00:00Z", "occupancySince": "2026-05-04T02:00:00Z", "countedByHandAt": None}
    return {**known, **when, "timeZone": "Europe/Zurich", "partial": [2], "occupancy": 7, **changes}


def test_rows_end_with_the_quarter_that_runs_and_say_what_is_not_known():
    rows = day_rows(curve(), at(12, 40), at(12, 40))
    assert [(row.entered, row.left, row.inside) for row in rows] == [(4, 2, None), (None, None, 7), (0, 0, 7)]
    assert [[quality for quality, _ in row.notes] for row in rows] == [[], ["missing"], ["estimated", "part"]]
    assert day_rows(curve(), at(11), at(11)) == ()


def test_people_inside_are_not_told_of_quarters_that_began_since_it_was_read():
    rows = day_rows(curve(), at(12, 50), at(12, 40))
    assert [row.inside for row in rows] == [None, 7, 7, None]


def test_a_quarter_is_told_beside_its_share_of_the_usual_hour_of_the_wall_clock():
    hours = [None] * 12 + [USUAL] + [None] * 11
    row = day_rows(curve(), at(12, 40), at(12, 40), hours)[0]
    assert (row.usual_in, row.usual_out) == ((2, 5), (1, 1))
    assert day_rows(curve(), at(12, 40), at(12, 40), [None] * 24)[0].usual_in is None
    assert day_rows(curve(), at(12, 40), at(12, 40))[0].usual_in is None


def test_ranges_are_of_whole_people(client):
    with client.application.test_request_context():
        told = [people_range(ends) for ends in ((2.5, 1234.4), (0.2, 0.4), (3, 3), None)]
    assert told == ["3\N{EN DASH}1,234", "0", "3", "\N{EN DASH}"]


def test_without_scripts_the_table_tells_people_inside_what_is_usual_and_every_doubt(client, service):
    start = service.clock.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    key = str(FRONT.key)
    for weeks in range(4):
        begins = [start - timedelta(weeks=weeks) + timedelta(minutes=15) * number for number in range(4)]
        service.history.rows += [Figures(key, "shop", begin, 40, 20, Quality.ESTIMATED) for begin in begins]
    usual = '<td class="number">40</td><td class="number">40</td><td class="number">20</td><td class="number">20</td>'
    wait_until(lambda: usual in client.get("/").text)
    assert '<span class="doubt" data-quality="estimated">partly estimated</span>' in client.get("/").text
