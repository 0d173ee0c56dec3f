"""History searches in both dialects."""

from datetime import datetime
from urllib.parse import quote

import pytest

from peoplecount.simulator.firmware import AI, MANUAL_JSON, NGINX_JSON, OLD_TEXT
from peoplecount.simulator.plan import LinePlan
from tests.support.virtual_cameras import TWO_LINES, CameraUnderTest, plan

SEARCH = "/stw-cgi/recording.cgi?msubmenu=peoplecountsearch"
WISEAI_SEARCH = "/opensdk/WiseAI/search/objectcounting"
DAY = "FromDate=2026-03-03T00:00:00Z&ToDate=2026-03-03T23:59:59Z"


def a_day_with_people(**camera):
    """3 in at 08:30, 2 out at 09:30, 1 in at 23:59:30; then it is the next noon."""
    under_test = CameraUnderTest(plan(**camera), start="2026-03-03T08:30:00")
    under_test.walk(entered=3)
    under_test.time.reaches("2026-03-03T09:30:00")
    under_test.walk(left=2)
    under_test.time.reaches("2026-03-03T23:59:30")
    under_test.walk(entered=1)
    under_test.time.reaches("2026-03-04T12:00:00")
    return under_test


def start(camera, more=""):
    return camera.caller.json(f"{SEARCH}&action=control&Mode=Start&Channel=0&{DAY}{more}")["SearchToken"].strip()


def results(camera, token):
    found = camera.caller.json(f"{SEARCH}&action=view&Type=Results&SearchToken={quote(token)}")
    return found["ResultInterval"], {
        (line["Line"], direction["Direction"]): [int(people) for people in direction["Result"].split(",")]
        for line in found["PeopleCountSearchResults"][0]["LineResults"]
        for direction in line["DirectionResults"]
    }


def hours(**people):
    return [people.get(f"h{hour}", 0) for hour in range(24)]


def test_a_search_of_a_day_gives_24_hours_after_it_has_completed():
    camera = a_day_with_people(firmware=NGINX_JSON)
    token = start(camera)
    status = f"{SEARCH}&action=view&Type=Status&SearchToken={quote(token)}"
    assert camera.caller.json(status) == {"Status": "NotCompleted"}
    assert camera.caller.json(status) == {"Status": "Completed"}
    assert results(camera, token) == (
        "Hourly",
        {("EastDoor", "In"): hours(h8=3, h23=1), ("EastDoor", "Out"): hours(h9=2)},
    )


def test_some_firmware_puts_a_blank_before_the_token():
    camera = a_day_with_people(firmware=MANUAL_JSON)
    assert camera.caller.json(f"{SEARCH}&action=control&Mode=Start&{DAY}")["SearchToken"].startswith(" PeopleCount-")


def test_the_text_form_has_blanks_around_the_sign():
    camera = a_day_with_people(firmware=OLD_TEXT)
    token = camera.caller.text(f"{SEARCH}&action=control&Mode=Start&{DAY}").removeprefix("SearchToken=").strip()
    text = camera.caller.text(f"{SEARCH}&action=view&Type=Results&SearchToken={quote(token)}")
    figures = ",".join(map(str, hours(h8=3, h23=1)))
    assert text.startswith("ResultInterval = Hourly\r\n")
    assert f"Camera.PeopleCount-Master.Line.EastDoor.Direction.In.Result = {figures}\r\n" in text


def test_lines_are_asked_for_by_name():
    camera = a_day_with_people(firmware=NGINX_JSON, lines=TWO_LINES)
    _, all_lines = results(camera, start(camera))
    _, one_line = results(camera, start(camera, "&Camera.PeopleCount-Master.Line.WestDoor.Direction=In,Out"))
    assert {line for line, _ in all_lines} == {"EastDoor", "WestDoor"}
    assert {line for line, _ in one_line} == {"WestDoor"}


def test_names_with_umlauts_and_blanks_can_be_asked_for_percent_encoded():
    camera = a_day_with_people(firmware=NGINX_JSON, lines=(LinePlan(1, "West-Süd total", "West-Süd"),))
    wanted = quote("Camera.PeopleCount-Master.Line.West-Süd total.Direction")
    assert results(camera, start(camera, f"&{wanted}=In,Out"))[1]["West-Süd total", "In"][8] == 3


@pytest.mark.parametrize(
    ("query", "code"),
    [
        (f"action=control&Mode=Start&{DAY}&Camera.PeopleCount-Master.Line.Nowhere.Direction=In", 604),
        (f"action=control&Mode=Start&{DAY}&Camera.Other.Line.EastDoor.Direction=In", 604),
        (f"action=control&Mode=Start&{DAY}&Camera.Nonsense=1", 602),
        ("action=control&Mode=Start&FromDate=2026-03-03T00:00:00Z", 603),
        ("action=control&Mode=Start&FromDate=x&ToDate=y", 604),
        ("action=control&Mode=Start&FromDate=2026-03-04T00:00:00Z&ToDate=2026-03-03T00:00:00Z", 604),
        ("action=control&Mode=Dance", 604),
        ("action=control", 603),
        ("action=control&Mode=Cancel&SearchToken=unknown", 604),
        ("action=view&Type=Status&SearchToken=unknown", 604),
        ("action=view&Type=Results&SearchToken=unknown", 604),
        ("action=view&SearchToken=unknown", 603),
    ],
)
def test_what_cannot_be_searched_is_refused(query, code):
    assert a_day_with_people().caller.json(f"{SEARCH}&{query}")["Error"]["Code"] == code


def test_a_cancelled_search_is_forgotten_and_nothing_was_written():
    camera = a_day_with_people(firmware=NGINX_JSON)
    token = quote(start(camera))
    assert camera.caller.json(f"{SEARCH}&action=control&Mode=Cancel&SearchToken={token}") == {"Response": "Success"}
    assert camera.caller.json(f"{SEARCH}&action=view&Type=Status&SearchToken={token}")["Error"]["Code"] == 604
    assert camera.front.count.forbidden == []


def test_only_the_latest_searches_are_kept():
    camera = a_day_with_people(firmware=NGINX_JSON)
    tokens = [start(camera) for _ in range(9)]
    assert len(set(tokens)) == 9
    states = [
        "Status" in camera.caller.json(f"{SEARCH}&action=view&Type=Status&SearchToken={quote(token)}")
        for token in tokens
    ]
    assert states == [False] + [True] * 8


def test_dates_are_local_whatever_their_z_says_and_hours_outside_the_range_are_zero():
    camera = a_day_with_people(firmware=NGINX_JSON)
    query = "FromDate=2026-03-03T09:00:00Z&ToDate=2026-03-03T23:59:59Z"
    token = camera.caller.json(f"{SEARCH}&action=control&Mode=Start&{query}")["SearchToken"]
    assert results(camera, token)[1]["EastDoor", "In"] == hours(h23=1)


@pytest.mark.parametrize(
    ("until", "interval", "values", "place"),
    [("2026-03-05T23:59:59Z", "Daily", 31, 2), ("2026-04-05T23:59:59Z", "Monthly", 12, 2)],
)
def test_longer_ranges_make_the_camera_choose_longer_intervals(until, interval, values, place):
    camera = a_day_with_people(firmware=NGINX_JSON)
    query = f"FromDate=2026-03-01T00:00:00Z&ToDate={until}"
    token = camera.caller.json(f"{SEARCH}&action=control&Mode=Start&{query}")["SearchToken"]
    found, figures = results(camera, token)
    entered = figures["EastDoor", "In"]
    assert (found, len(entered), entered[place], sum(entered)) == (interval, values, 4, 4)


def test_the_sum_of_a_finished_day_is_the_last_total_before_midnight():
    camera = CameraUnderTest(plan(firmware=NGINX_JSON), start="2026-03-03T23:59:59")
    camera.walk(entered=7, left=5)
    last = camera.totals()
    camera.time.passes(2)
    _, figures = results(camera, start(camera))
    assert [(sum(figures["EastDoor", "In"]), sum(figures["EastDoor", "Out"]))] == last


def test_a_restart_leaves_the_history_and_a_manual_reset_wipes_it():
    camera = a_day_with_people(firmware=NGINX_JSON)
    camera.inject("restart", seconds=1)
    camera.time.passes(2)
    assert sum(results(camera, start(camera))[1]["EastDoor", "In"]) == 4
    camera.inject("manual-reset")
    assert sum(results(camera, start(camera))[1]["EastDoor", "In"]) == 0


class TestWiseAI:
    def search(self, camera, start, end):
        target = f"{WISEAI_SEARCH}?channel=0&index=1&fromDate={start}&toDate={end}"
        token = quote(camera.caller.json(target)["searchToken"], safe="")
        statuses = [camera.caller.json(f"{WISEAI_SEARCH}/{token}")["status"] for _ in range(2)]
        assert statuses == ["NotCompleted", "Completed"]
        return token, camera.caller.json(f"{WISEAI_SEARCH}/{token}/results")

    def test_results_are_arrays_of_numbers(self):
        camera = a_day_with_people(firmware=AI)
        token, found = self.search(camera, "2026-03-03T00:00:00", "2026-03-03T23:59:59")
        assert found == {
            "resultInterval": "Hourly",
            "countingRules": [
                {
                    "index": 1,
                    "lineBasedResults": [
                        {
                            "index": 1,
                            "directionBasedResult": [
                                {"direction": "IN", "result": hours(h8=3, h23=1)},
                                {"direction": "OUT", "result": hours(h9=2)},
                            ],
                        }
                    ],
                }
            ],
        }
        camera.caller.json(f"{WISEAI_SEARCH}/{token}/cancel", method="PUT")
        assert camera.caller.get(f"{WISEAI_SEARCH}/{token}/results").status == 400
        assert camera.front.count.forbidden == []

    def test_a_date_with_z_is_utc(self):
        camera = a_day_with_people(firmware=AI)
        _, found = self.search(camera, "2026-03-03T08:00:00Z", "2026-03-03T22:59:59Z")
        entered = found["countingRules"][0]["lineBasedResults"][0]["directionBasedResult"][0]["result"]
        assert entered == hours(h23=1)  # 09:00 to 23:59 in Zürich


def test_tokens_carry_the_local_time_of_the_camera():
    camera = a_day_with_people(firmware=NGINX_JSON)
    assert datetime.fromisoformat(start(camera)[12:31]) == datetime(2026, 3, 4, 12, 0)
