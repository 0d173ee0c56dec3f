"""People inside a site on the live board."""

import json
from dataclasses import replace

import pytest

from peoplecount.domain.figures import Figures
from peoplecount.domain.occupancy import Occupancy
from peoplecount.domain.occupancy_body import OccupancyNow, OccupancyReason, occupancy_event
from peoplecount.domain.occupancy_estimate import Estimate
from peoplecount.services.site_day import SiteDay
from tests.support.board_service import BoardService
from tests.support.shop import FRONT, SHOP, at, only, until


@pytest.fixture
def service() -> BoardService:
    return BoardService([SHOP], now=at(14))


def tell(service, occupancy, estimate, reason=OccupancyReason.CROSSINGS, **more):
    now = service.clock.now()
    service.append(occupancy_event(SHOP, OccupancyNow(occupancy, estimate), now, reason, **more))


def today(service, **crossed):
    return Occupancy(SiteDay(SHOP, service.clock.now()).occupancy_date, crossed=Figures(**crossed))


def site(service):
    service.catch_up()
    return only(service.board.snapshot(service.clock.now())["sites"])


def test_the_estimate_and_its_band_stand_beside_what_the_doors_say(service):
    service.count(FRONT, 40, 2)
    tell(service, today(service, entered=40, left=2), Estimate(36, 31, 44))
    shown = site(service)
    assert shown["occupancy"] == 38
    assert (shown["occupancyEstimate"], shown["occupancyLow"], shown["occupancyHigh"]) == (36, 31, 44)
    assert (shown["clamped"], shown["clampedToday"], shown["countedByHandAt"]) == (0, 0, None)


def test_before_anything_is_told_there_is_no_estimate(service):
    service.count(FRONT, 40, 2)
    shown = site(service)
    assert (shown["occupancy"], shown["occupancyEstimate"], shown["clamped"]) == (38, None, None)


def test_a_count_by_hand_shows_at_once(service):
    service.count(FRONT, 40, 2)
    counted = Occupancy(today(service).day, 12, counted_at=service.clock.now())
    tell(service, counted, Estimate(12, 12, 12), OccupancyReason.HAND_COUNT, left_over=26)
    shown = site(service)
    assert (shown["occupancy"], shown["countedByHandAt"]) == (12, "2026-05-04T12:00:00.000Z")


def test_an_estimate_of_yesterday_is_not_one_of_today(service):
    service.count(FRONT, 40, 2)
    tell(service, today(service, entered=40, left=2), Estimate(36, 31, 44))
    until(service, at(9, day=5))
    service.count(FRONT, 3, 0)
    shown = site(service)
    assert shown["occupancy"] is not None
    assert (shown["occupancyEstimate"], shown["occupancyLow"], shown["clamped"]) == (None, None, None)


def test_after_a_reset_nobody_is_inside_only_once_a_camera_has_been_read(service):
    service.count(FRONT, 40, 2)
    until(service, at(0, 1, day=5))
    tell(service, today(service), Estimate(0, 0, 0), OccupancyReason.RESET, left_over=38)
    assert site(service)["occupancy"] is None
    service.clock.passes(10)
    service.seen(FRONT)
    assert (site(service)["occupancy"], site(service)["occupancyEstimate"]) == (0, 0)


def test_a_board_that_begins_anew_knows_the_same(service):
    service.count(FRONT, 40, 2)
    tell(service, today(service, entered=40, left=44), Estimate(2, 0, 9))
    before = site(service)
    service.board.load(service.log.latest())
    assert site(service) == before


@pytest.mark.parametrize(("hours", "opened"), [("", None), ("Mo-Su 08:00-20:00", True), ("Su 08:00-20:00", False)])
def test_whether_a_site_is_open_is_told_where_its_hours_are_known(service, hours, opened):
    service.sites[0] = replace(SHOP, opening_hours=hours)
    service.count(FRONT, 1, 0)
    assert (site(service)["open"], site(service)["openingHours"]) == (opened, hours or None)


def test_hours_that_another_program_wrote_wrongly_are_no_reason_to_fail(service):
    service.sites[0] = replace(SHOP, opening_hours="by appointment")
    service.count(FRONT, 1, 0)
    assert site(service)["open"] is None


def test_opening_turns_the_board(service):
    service.sites[0] = replace(SHOP, opening_hours="Mo-Su 08:00-20:00")
    service.count(FRONT, 1, 0)
    service.catch_up()
    assert service.board.turning(at(19, 59)) != service.board.turning(at(20))
    assert service.board.turning(at(19, 58)) == service.board.turning(at(19, 59))


def test_the_event_reads_as_documented(service):
    occupancy = today(service, entered=40, left=44)
    body = json.loads(
        occupancy_event(SHOP, OccupancyNow(occupancy, None), service.clock.now(), OccupancyReason.CAMERA_REMOVED).body
    )
    assert body == {
        "kind": "OccupancyChanged",
        "time": "2026-05-04T12:00:00.000Z",
        "siteId": "shop",
        "siteName": "Shop",
        "cameraId": "",
        "cameraName": "",
        "occupancy": 0,
        "clamped": 4,
        "clampedToday": 0,
        "occupancyEstimate": None,
        "occupancyLow": None,
        "occupancyHigh": None,
        "countedByHandAt": None,
        "capacity": 50,
        "band": "calm",
        "occupancyDay": "2026-05-04",
        "leftOver": None,
        "reason": "a camera was removed",
    }
