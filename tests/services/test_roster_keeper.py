import json
from dataclasses import replace
from datetime import UTC, datetime, time

import pytest

from peoplecount.domain.camera import Camera, CameraProtocol
from peoplecount.domain.door import Door
from peoplecount.domain.line import Line, LineKey
from peoplecount.domain.reading import Totals
from peoplecount.domain.roster import Roster
from peoplecount.domain.site import Site
from peoplecount.domain.threshold import Threshold
from peoplecount.services.roster_keeper import RosterKeeper

DEFAULT = Site("default", "Main site", "Europe/Zurich")


class Copy:
    def __init__(self):
        self.bodies = []

    def save_roster(self, body):
        self.bodies.append(body)

    def load_roster(self):
        return self.bodies[-1] if self.bodies else None


class Sealer:
    def seal(self, text):
        return "sealed:" + text[::-1]

    def unseal(self, text):
        return text.removeprefix("sealed:")[::-1]


class LostKey(Sealer):
    """Opens nothing but what was never secret."""

    def unseal(self, text):
        if text != "sealed:":
            raise ValueError("the key does not open it")
        return ""


class Database:
    def __init__(self):
        camera = Camera(
            "7",
            "Entrance",
            "http://192.0.2.7",
            "admin",
            "p@ss;word",
            "s1",
            5.0,
            CameraProtocol.WISEAI,
            (Line(LineKey("7"), "East", "d1", (datetime(2026, 5, 4, 7, tzinfo=UTC),)),),
            {1: Totals(4, 5)},
            certificate="ab" * 32,
            nvr_channel=3,
            inner_address="http://10.0.0.7",
        )
        store = Site("s1", "Store", "Europe/Madrid", 400, time(4, 30), "Mo-Fr 09:00-18:00")
        sites = {"s1": replace(store, busy_from=Threshold(60, is_share=True))}
        self.roster = Roster({"7": camera}, sites, {"d1": Door("d1", "s1", "East door")})
        self.error = None

    def read(self):
        if self.error:
            raise self.error
        return self.roster


@pytest.fixture
def database():
    return Database()


@pytest.fixture
def copy():
    return Copy()


def keeper(database, copy):
    return RosterKeeper(database.read, copy, Sealer(), DEFAULT)


def test_before_anything_is_known_there_is_the_default_site_and_no_camera(database, copy):
    assert keeper(database, copy).current() == Roster(sites={"default": DEFAULT})


def test_the_copy_serves_as_it_was_while_the_database_is_away(database, copy):
    read = keeper(database, copy).refresh()
    database.error = OSError("away")
    restarted = keeper(database, copy)
    assert restarted.load_copy() == read
    with pytest.raises(OSError, match="away"):
        restarted.refresh()
    assert restarted.current() == read


def test_the_copy_knows_which_cameras_are_paused(database, copy):
    database.roster = replace(database.roster, cameras={}, paused=database.roster.cameras)
    read = keeper(database, copy).refresh()
    assert list(read.paused) == ["7"]
    assert keeper(database, copy).load_copy() == read


def test_a_copy_of_before_paused_cameras_were_in_it_is_taken_up(database, copy):
    read = keeper(database, copy).refresh()
    old = json.loads(copy.bodies[0])
    del old["paused"]
    copy.save_roster(json.dumps(old))
    assert keeper(database, copy).load_copy() == read


def test_a_copy_of_before_sites_had_thresholds_is_taken_up(database, copy):
    read = keeper(database, copy).refresh()
    old = json.loads(copy.bodies[0])
    for site in old["sites"]:
        del site["busy_from"], site["full_from"]
    copy.save_roster(json.dumps(old))
    sites = keeper(database, copy).load_copy().sites
    assert sites == {key: replace(site, busy_from=None) for key, site in read.sites.items()}


def test_the_copy_holds_no_password_that_can_be_read(database, copy):
    keeper(database, copy).refresh()
    assert "p@ss;word" not in copy.bodies[0]


def test_the_copy_is_written_only_where_there_is_news(database, copy):
    rosters = keeper(database, copy)
    rosters.refresh()
    counted = replace(database.roster.cameras["7"], last_counts={1: Totals(5, 5)})
    database.roster = replace(database.roster, cameras={"7": counted})
    rosters.refresh()
    assert len(copy.bodies) == 1
    database.roster = replace(database.roster, cameras={})
    assert rosters.refresh().cameras == {}
    assert len(copy.bodies) == 2


def test_another_process_takes_up_what_the_leader_wrote(database, copy):
    leader, follower = keeper(database, copy), keeper(database, copy)
    leader.refresh()
    assert follower.load_copy() == leader.current()
    assert follower.load_copy() is follower.current()


def test_a_copy_that_could_not_be_kept_is_tried_again(database, copy):
    rosters = keeper(database, copy)
    saving, copy.save_roster = copy.save_roster, lambda body: 1 / 0
    with pytest.raises(ZeroDivisionError):
        rosters.refresh()
    copy.save_roster = saving
    rosters.refresh()
    assert len(copy.bodies) == 1


def test_cameras_whose_passwords_cannot_be_opened_are_named_and_cost_nobody_else(caplog):
    database, copy = Database(), Copy()
    open_one = replace(database.roster.cameras["7"], camera_id="8", username="", password="", lines=())
    database.roster = replace(database.roster, cameras=database.roster.cameras | {"8": open_one})
    one, other = (RosterKeeper(database.read, copy, sealer, DEFAULT) for sealer in (Sealer(), LostKey()))
    one.refresh()
    assert list(other.load_copy().cameras) == ["8"]
    assert other.lacks_cameras
    assert not one.lacks_cameras
    (record,) = caplog.records
    assert "camera 7 is left out: the key does not open it" in record.getMessage()


def test_a_list_whose_cameras_are_all_paused_is_not_one_that_was_emptied():
    camera = Camera("7", "Hall", "http://192.0.2.7", last_counts={1: Totals(4, 5)})
    rosters = [Roster({"7": camera}), Roster(paused={"7": camera}), Roster()]
    keeper = RosterKeeper(lambda: rosters[0], Copy(), Sealer(), DEFAULT, holds_on=True)
    assert list(keeper.refresh().cameras) == ["7"]
    rosters.pop(0)
    assert (dict(keeper.refresh().cameras), keeper.emptied) == ({}, False)
    assert keeper.refresh().paused == {"7": replace(camera, last_counts={})}
