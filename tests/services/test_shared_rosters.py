"""Rosters of which only a part is polled here."""

import pytest

from peoplecount.domain.camera import Camera
from peoplecount.domain.roster import Roster
from peoplecount.domain.shards import Share
from peoplecount.domain.site import DEFAULT_SITE_ID, Site
from peoplecount.services.shared_rosters import SharedRosters

SITES = {key: Site(key, key, "UTC") for key in (DEFAULT_SITE_ID, "bank", "store")}


def roster(**sites):
    cameras = {key: Camera(key, key, "http://192.0.2.1", site_id=site) for key, site in sites.items()}
    return Roster(cameras, SITES)


class Keeper:
    """What the database has, and what of it was kept for others."""

    def __init__(self):
        self.in_database = self.copy = self.at_hand = roster(till="store", vault="bank")
        self.came = 0

    def current(self):
        return self.at_hand

    def refresh(self):
        self.at_hand = self.in_database

    def load_copy(self):
        self.at_hand = self.copy

    def rosters(self, share):
        rosters = SharedRosters(self, share)
        rosters.call_before_more(self.note_came)
        return rosters

    def note_came(self):
        self.came += 1


@pytest.fixture
def keeper():
    return Keeper()


def test_only_cameras_of_the_share_are_there_and_all_sites(keeper):
    part = keeper.rosters(Share(["store"], coordinates=False)).current()
    assert list(part.cameras) == ["till"]
    assert part.sites == SITES


def test_who_coordinates_reads_the_database_and_others_what_it_keeps(keeper):
    keeper.in_database = roster(till="store", gate="store")
    assert list(keeper.rosters(Share(["store"], coordinates=False)).refresh().cameras) == ["till"]
    assert list(keeper.rosters(Share(["store"])).refresh().cameras) == ["till", "gate"]


def test_what_is_remembered_is_read_anew_once_further_cameras_are_polled_here(keeper):
    rosters = keeper.rosters(Share(["store"], coordinates=False))
    rosters.refresh()
    keeper.copy = roster(vault="bank", gate="bank")
    rosters.refresh()
    assert keeper.came == 0, "none came here"
    keeper.copy = roster(vault="store")
    rosters.refresh()
    rosters.refresh()
    assert keeper.came == 1


def test_one_alone_knows_it_all(keeper):
    rosters = keeper.rosters(Share())
    keeper.in_database = roster(till="store", gate="store")
    rosters.refresh()
    assert keeper.came == 0
