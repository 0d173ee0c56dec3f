"""Fleets that are entered at once, and again when their cameras start anew."""

from dataclasses import replace

import pytest

from peoplecount.domain.site import Site
from peoplecount.services.fleet import Fleet
from peoplecount.storage.camera_table import CameraTable
from peoplecount.storage.site_table import SiteTable
from tests.support.databases import *  # noqa: F403 - fixtures
from tests.support.toy_sealer import ToySealer


def listed(camera_id, port=9100, **more):
    """A camera as a simulator lists it."""
    return {
        "cameraId": camera_id,
        "name": f"Camera {camera_id}",
        "address": f"http://127.0.0.1:{port}/cam/{camera_id}",
        "username": "admin",
        "password": "visitor-1",
        "site": "Old Town store",
        "timeZone": "Europe/Zurich",
        "capacity": 1000,
        "openingHours": "Mo-Sa 08:00-20:00",
        "lines": [{"channel": 0, "rule": 1, "index": 1, "name": "EastDoor", "door": "East door"}],
        **more,
    }


@pytest.fixture
def cameras(embedded):
    return CameraTable(embedded, ToySealer())


@pytest.fixture
def sites(embedded):
    return SiteTable(embedded)


@pytest.fixture
def fleet(cameras, sites):
    return Fleet(cameras, sites, poll_interval=2.0)


def test_a_fleet_is_entered_with_its_sites_doors_and_lines(fleet, cameras, sites):
    fleet.enter([listed("1"), listed("2")])
    assert [(one.camera_id, one.name, one.poll_interval) for one in cameras.cameras()] == [
        ("1", "Camera 1", 2.0),
        ("2", "Camera 2", 2.0),
    ]
    (site,) = sites.sites()
    assert site == Site("old-town-store", "Old Town store", "Europe/Zurich", 1000, opening_hours="Mo-Sa 08:00-20:00")
    assert {line.door_id for one in cameras.cameras() for line in one.lines} == {"old-town-store.east-door"}


def test_entered_again_a_camera_is_followed_to_where_it_answers_now(fleet, cameras):
    fleet.enter([listed("1"), listed("2")])
    fleet.enter([listed("1", port=9200), listed("2", port=9200)])
    assert [one.address for one in cameras.cameras()] == [f"http://127.0.0.1:9200/cam/{one}" for one in "12"]
    assert cameras.password("1") == "visitor-1"


def test_what_somebody_did_in_between_stays(fleet, cameras, sites):
    fleet.enter([listed("1"), listed("2")])
    by_hand = replace(cameras.cameras()[0], camera_id="13", name="By hand", address="http://127.0.0.1:9100/cam/13")
    cameras.add(replace(by_hand, lines=()))
    cameras.change(replace(cameras.cameras()[0], name="Renamed"))
    cameras.remove("2")
    sites.put_site(replace(sites.sites()[0], capacity=80))
    fleet.enter([listed("1"), listed("2")])
    assert {one.camera_id: one.name for one in cameras.cameras()} == {"1": "Renamed", "13": "By hand"}
    assert sites.sites()[0].capacity == 80
