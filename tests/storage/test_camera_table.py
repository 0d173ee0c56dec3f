from dataclasses import replace

import pytest
from sqlalchemy import select

from peoplecount.domain.camera import Camera, CameraProtocol
from peoplecount.domain.door import Door
from peoplecount.domain.line import Line, LineKey
from peoplecount.domain.site import Site
from peoplecount.storage.camera_table import CameraTable
from peoplecount.storage.errors import InvalidEntry
from peoplecount.storage.proxy import ProxyDB
from peoplecount.storage.schema import lines
from peoplecount.storage.site_table import SiteTable
from tests.support.toy_sealer import ToySealer

HALL = Camera("hall", "Hall", "http://192.0.2.7", "admin", "secret", protocol=CameraProtocol.CLASSIC)


@pytest.fixture
def table(connection):
    return CameraTable(ProxyDB(connection), ToySealer())


@pytest.fixture
def embedded_table(embedded):
    return CameraTable(ProxyDB(embedded), ToySealer())


def test_a_camera_is_entered_changed_and_removed(table):
    table.add(HALL)
    assert table.cameras() == [HALL]
    moved = replace(HALL, name="Foyer", address="https://192.0.2.8", password="", poll_interval=1.0, protocol=None)
    table.change(moved)
    assert table.cameras() == [moved]
    table.remove("hall")
    assert table.cameras() == []


def test_its_lines_come_and_go_with_it(table, connection):
    SiteTable(connection).put_site(Site("north", "North", "UTC"))
    SiteTable(connection).put_door(Door("main", "north", "Main"))
    lined = replace(
        HALL, lines=(Line(LineKey("hall", 0, 1, 1), "In", "main"), Line(LineKey("hall", 1, 2, 3), "Out", ""))
    )
    table.add(lined)
    assert table.cameras() == [lined]
    table.change(replace(lined, lines=lined.lines[:1]))
    assert [line.name for line in table.cameras()[0].lines] == ["In"]
    table.remove("hall")
    assert connection.execute(select(lines)) == []


def test_cameras_are_paused_and_go_on(table):
    table.add(HALL)
    table.pause("hall")
    assert table.paused() == {"hall"}
    table.pause("hall", paused=False)
    assert table.paused() == set()


def test_an_address_is_kept_as_one(embedded_table):
    embedded_table.add(replace(HALL, address="192.0.2.9:81"))
    assert embedded_table.cameras()[0].address == "http://192.0.2.9:81"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"camera_id": "a b"}, "not an id"),
        ({"camera_id": ""}, "not an id"),
        ({"camera_id": "x" * 65}, "not an id"),
        ({"name": " "}, "not a name"),
        ({"name": "a\nb"}, "not a name"),
        ({"address": "http://x:y@z"}, "not a camera's address"),
        ({"poll_interval": 0.0}, "not a poll interval"),
        ({"poll_interval": float("nan")}, "not a poll interval"),
        ({"site_id": "nowhere"}, "no site 'nowhere'; there are: default"),
        ({"lines": (Line(LineKey("hall"), "x", "nowhere"),)}, "no door 'nowhere'"),
        ({"lines": (Line(LineKey("other"), "x", ""),)}, "do not belong to camera 'hall'"),
    ],
)
def test_nonsense_is_refused_and_nothing_is_kept(embedded_table, change, says):
    with pytest.raises(InvalidEntry) as refused:
        embedded_table.add(replace(HALL, **change))
    assert says in str(refused.value)
    assert "secret" not in str(refused.value)
    assert embedded_table.cameras() == []


def test_the_same_id_twice_is_refused(embedded_table):
    embedded_table.add(HALL)
    with pytest.raises(InvalidEntry, match="already"):
        embedded_table.add(HALL)


@pytest.mark.parametrize("verb", ["change", "pause", "remove"])
def test_a_camera_that_is_not_there_is_named_with_those_that_are(embedded_table, verb):
    embedded_table.add(HALL)
    subject = replace(HALL, camera_id="attic") if verb == "change" else "attic"
    with pytest.raises(InvalidEntry, match="no camera 'attic'; there are: hall"):
        getattr(embedded_table, verb)(subject)
