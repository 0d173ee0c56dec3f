"""The evacuation page: what is known of the people inside, and what is not."""

import re

import pytest

from peoplecount.domain.camera import CameraState
from peoplecount.domain.figures import Figures
from peoplecount.domain.occupancy import Occupancy
from peoplecount.domain.occupancy_body import OccupancyNow, OccupancyReason, occupancy_event
from peoplecount.domain.occupancy_estimate import Estimate
from peoplecount.services.site_day import SiteDay
from peoplecount.storage.errors import DatabaseUnavailable
from tests.support.shop import BACK, FRONT, SHOP, at, until


def words_of(client, path="/sites/shop/evacuation") -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def test_it_says_who_is_inside_and_how_old_each_figure_is(client, service):
    service.clock.passes(45)
    service.seen(FRONT)
    service.catch_up()
    words = words_of(client)
    assert "Evacuation of Shop" in words
    assert "as far as the doors have seen 21" in words
    assert "4 May 2026, 14:00" in words
    assert "Front 1,200 1,190 10 14:00:45 0 s ago" in words
    assert "Back 2 0 2 14:00:00 45 s ago" in words


def test_it_names_what_is_not_known(client, service):
    service.status(BACK, CameraState.DOWN, "no route to host", minutes_ago=10)
    service.catch_up()
    words = words_of(client)
    assert "Back: not answering. Whoever has crossed there since 14:00:00 is not counted yet." in words
    assert "Counting began at 00:00 with nobody inside; nobody has counted by hand since." in words
    assert "No door sees everybody." in words


def test_a_camera_that_fell_silent_on_another_day_is_told_with_that_day(client, service):
    service.status(BACK, CameraState.CREDENTIALS_REJECTED, "401", minutes_ago=10)
    until(service, at(8, day=6))
    service.catch_up()
    said = "Back: password refused. Whoever has crossed there since 4 May 2026, 14:00:00 is not counted yet."
    assert said in words_of(client)


def test_before_the_first_reading_of_a_day_nothing_is_known_and_nothing_is_zero(client, service):
    until(service, at(8, day=5))
    service.catch_up()
    words = words_of(client)
    assert "as far as the doors have seen \N{EN DASH} not known" in words
    assert "How many people are inside is not known at all." in words
    assert "Front not read yet today \N{EN DASH} \N{EN DASH} \N{EN DASH}" in words


@pytest.mark.parametrize(("more", "said"), [(1, "1 more person was seen to leave"), (12, "12 more people were seen")])
def test_people_nobody_saw_come_are_told(client, service, more, said):
    day = SiteDay(SHOP, service.clock.now()).occupancy_date
    occupancy = Occupancy(day, 5, Figures(3, 8 + more), counted_at=service.clock.now())
    estimate = Estimate(2, 0, 9)
    service.append(
        occupancy_event(SHOP, OccupancyNow(occupancy, estimate), service.clock.now(), OccupancyReason.HAND_COUNT)
    )
    service.catch_up()
    words = words_of(client)
    assert said in words
    assert "Somebody counted the people inside at 14:00" in words
    assert "there may be from 0 to 9 people" in words


def test_it_needs_no_database(client, service):
    service.history.error = DatabaseUnavailable("gone")
    assert "21" in words_of(client)


def test_there_is_none_of_a_site_that_is_not_there(client):
    assert client.get("/sites/never/evacuation").status_code == 404


def test_in_spanish_it_says_the_same(client):
    answer = client.get("/sites/shop/evacuation", headers={"Accept-Language": "es"})
    assert "Lo que no se sabe" in answer.text
    assert "Evacuación de Shop" in answer.text
