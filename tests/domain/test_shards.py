from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peoplecount.domain.camera import Camera
from peoplecount.domain.door import Door
from peoplecount.domain.line import Line, LineKey
from peoplecount.domain.roster import Roster
from peoplecount.domain.shards import INSTALLATION, Share, shards_of, share_out, weights_of
from peoplecount.domain.site import DEFAULT_SITE_ID, Site

SITES = {key: Site(key, key, "UTC") for key in (DEFAULT_SITE_ID, "bank", "museum", "store")}


def camera(name, site, *doors):
    lines = tuple(Line(LineKey(name, index=number), "", door) for number, door in enumerate(doors, 1))
    return Camera(name, name, "http://192.0.2.1", site_id=site, lines=lines)


def roster(*cameras, doors=()):
    return Roster({one.camera_id: one for one in cameras}, SITES, {door.door_id: door for door in doors})


def test_each_site_is_a_shard():
    assert shards_of(roster(camera("a", "bank"), camera("b", "store"))) == {key: key for key in SITES}


def test_sites_that_share_a_camera_are_of_one_shard():
    gate = Door("gate", "bank", "Gate")
    shards = shards_of(roster(camera("a", "store", "gate"), camera("b", "museum"), doors=[gate]))
    assert shards["store"] == shards["bank"] == "bank"
    assert shards["museum"] == "museum"


def test_so_are_those_that_share_one_by_way_of_a_third():
    doors = [Door("gate", "museum", "Gate"), Door("hall", "bank", "Hall")]
    shards = shards_of(roster(camera("a", "store", "gate"), camera("b", "museum", "hall"), doors=doors))
    assert {shards[key] for key in ("store", "museum", "bank")} == {"bank"}


def test_a_camera_of_an_unknown_site_is_of_the_default_one():
    assert weights_of(roster(camera("a", "nowhere")))[DEFAULT_SITE_ID] == 1


def test_there_is_a_shard_without_sites():
    assert weights_of(roster(camera("a", "bank"), camera("b", "bank"))) == {
        INSTALLATION: 0,
        DEFAULT_SITE_ID: 0,
        "bank": 2,
        "museum": 0,
        "store": 0,
    }


weights = st.dictionaries(st.text(min_size=1, max_size=4), st.integers(0, 40), max_size=30)
machines = st.lists(st.text(min_size=1, max_size=4), min_size=1, max_size=6, unique=True)


@given(weights, machines)
def test_every_shard_falls_to_one_machine_whoever_asks(weights, machines):
    found = share_out(weights, machines)
    assert found.keys() == weights.keys()
    assert set(found.values()) <= set(machines)
    assert share_out(dict(reversed(weights.items())), machines[::-1]) == found


@given(weights, machines)
def test_no_machine_has_much_more_than_its_part_unless_one_shard_is_so_large(weights, machines):
    found = share_out(weights, machines)
    loads = [sum(weights[shard] for shard, owner in found.items() if owner == machine) for machine in machines]
    assert max(loads) <= 1.25 * sum(weights.values()) / len(machines) + max(weights.values(), default=0) + 1


def test_three_sites_alike_fall_to_three_machines():
    found = share_out({"bank": 2, "museum": 2, "store": 2}, ["a", "b", "c"])
    assert set(found.values()) == {"a", "b", "c"}


def test_of_many_shards_few_move_when_a_machine_comes():
    weights = {f"site {number}": 3 for number in range(200)}
    before, after = share_out(weights, ["a", "b", "c"]), share_out(weights, ["a", "b", "c", "d"])
    moved = [shard for shard in weights if before[shard] != after[shard]]
    assert 25 < len(moved) < 90  # a quarter must


def test_a_machine_that_is_back_has_what_it_had_before():
    weights = {f"site {number}": 3 for number in range(200)}
    before, after = share_out(weights, ["a 1.0 1", "b 1.0 2"]), share_out(weights, ["a 1.0 1", "b 1.0 3"])
    assert {shard for shard in weights if before[shard] != after[shard]} == {
        shard for shard, member in before.items() if member == "b 1.0 2"
    }


def test_two_machines_of_one_name_have_a_part_each():
    found = share_out({"bank": 2, "museum": 2, "store": 2, "kiosk": 2}, ["a 1.0 1", "a 1.0 2"])
    assert set(found.values()) == {"a 1.0 1", "a 1.0 2"}


def test_nobody_has_anything_where_nobody_is():
    assert share_out({"bank": 1}, []) == {}


def test_a_share_has_the_cameras_of_its_sites_and_all_places():
    whole = roster(camera("a", "bank"), camera("b", "store"))
    share = Share.of_shards(["bank"], whole)
    part = share.of(whole)
    assert part.cameras.keys() == {"a"}
    assert part.sites == whole.sites
    assert share.sites_of(whole).keys() == {"bank"}
    assert share.of(whole) is part
    assert share.of(replace(whole, cameras={})).cameras == {}


def test_a_share_stays_what_it_was_when_shards_change():
    gate = Door("gate", "bank", "Gate")
    share = Share.of_shards(["bank"], roster(camera("a", "store")))
    later = roster(camera("a", "store", "gate"), camera("b", "bank"), doors=[gate])
    assert share.of(later).cameras.keys() == {"b"}
    assert Share.of_shards(["bank"], later).site_ids == {"bank", "store"}


def test_everything_is_a_share_too():
    whole = roster(camera("a", "bank"), camera("b", "store"))
    assert Share().of(whole) is whole
    assert Share().sites_of(whole) == whole.sites
    assert Share().is_all
    assert Share().coordinates
    assert Share().has_all(whole)


@pytest.mark.parametrize(("shards", "coordinates"), [([INSTALLATION], True), (["bank"], False), ([], False)])
def test_one_share_coordinates(shards, coordinates):
    share = Share.of_shards(shards, roster())
    assert share.coordinates is coordinates
    assert not share.is_all


def test_a_share_may_have_all_cameras():
    whole = roster(camera("a", "bank"), camera("b", "store"))
    assert Share(["bank", "store"]).has_all(whole)
    assert not Share(["bank"]).has_all(whole)
