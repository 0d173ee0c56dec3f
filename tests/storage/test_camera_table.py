from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from peoplecount.domain.camera import Camera, CameraProtocol
from peoplecount.domain.door import Door
from peoplecount.domain.line import Line, LineKey
from peoplecount.domain.site import Site
from peoplecount.storage.api_camaras import CameraView
from peoplecount.storage.camera_table import CameraTable
from peoplecount.storage.errors import ChangedMeanwhile, InvalidEntry, RowsLost
from peoplecount.storage.proxy import ProxyDB
from peoplecount.storage.schema import cameras, lines
from peoplecount.storage.site_table import SiteTable
from tests.services.test_record_writer import LosesRows
from tests.support.toy_sealer import ToySealer

HALL = Camera("hall", "Hall", "http://192.0.2.7", "admin", "secret", protocol=CameraProtocol.CLASSIC)


@pytest.fixture
def table(connection):
    return CameraTable(ProxyDB(connection), ToySealer())


@pytest.fixture
def embedded_table(embedded):
    return CameraTable(ProxyDB(embedded), ToySealer())


def test_lines_that_a_server_loses_without_a_word_are_noticed_and_nothing_is_kept(embedded):
    named = tuple(Line(LineKey("hall", index=index), f"Line {index}", "") for index in (1, 2))
    with pytest.raises(RowsLost, match="lines: sent 2 rows, the server has 1"):
        CameraTable(LosesRows(embedded, lines), ToySealer()).add(replace(HALL, lines=named))
    assert CameraTable(embedded, ToySealer()).cameras() == []


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


BEHIND_A_RECORDER = replace(
    HALL, address="https://192.0.2.9", certificate="ab" * 32, nvr_channel=3, inner_address="http://10.0.0.7"
)


def test_what_a_camera_behind_a_recorder_needs_is_kept(table, connection):
    table.add(BEHIND_A_RECORDER)
    assert table.cameras() == [BEHIND_A_RECORDER]
    assert list(CameraView(ToySealer()).read(connection).roster.cameras.values()) == [BEHIND_A_RECORDER]
    table.change(HALL)
    assert table.cameras() == [HALL]


def test_a_certificate_is_pinned_and_let_go(table):
    table.add(HALL)
    table.pin("hall", ":".join(["AB"] * 32))  # as openssl writes it
    assert table.cameras()[0].certificate == "ab" * 32
    table.pin("hall", "")
    assert table.cameras() == [HALL]
    with pytest.raises(InvalidEntry, match="64 hexadecimal digits"):
        table.pin("hall", "ab")


def test_a_line_is_swapped_from_a_moment_on_and_back_from_another(table, connection):
    named = replace(HALL, lines=(Line(LineKey("hall"), "In", ""),))
    table.add(named)
    for hour in (9, 7):
        table.swap(LineKey("hall"), datetime(2026, 5, 4, hour, tzinfo=UTC))
        table.swap(LineKey("hall", index=2), datetime(2026, 5, 4, hour, tzinfo=UTC))
    table.swap(LineKey("hall"), datetime(2026, 5, 4, 9, tzinfo=UTC))  # said twice
    swaps = tuple(datetime(2026, 5, 4, hour, tzinfo=UTC) for hour in (7, 9))
    lines_now = (Line(LineKey("hall"), "In", "", swaps), Line(LineKey("hall", index=2), "", "", swaps))
    assert table.cameras() == [replace(named, lines=lines_now)]
    roster = CameraView(ToySealer()).read(connection).roster
    assert roster.cameras["hall"].lines == lines_now
    assert [roster.is_swapped(LineKey("hall", index=2), one) for one in (swaps[0], swaps[1])] == [True, False]
    table.take_back_swap(LineKey("hall"), swaps[1])
    assert table.cameras()[0].lines[0].swaps == swaps[:1]


def test_swaps_stay_while_their_camera_is_changed_and_removed(table):
    """Back-fill of earlier days needs them, also if the camera is entered again."""
    table.add(HALL)
    seven = datetime(2026, 5, 4, 7, tzinfo=UTC)
    table.swap(LineKey("hall"), seven)
    table.change(table.cameras()[0])
    table.remove("hall")
    table.add(HALL)
    assert table.cameras()[0].lines == (Line(LineKey("hall"), "", "", (seven,)),)


@pytest.mark.parametrize("moment", [datetime(2026, 5, 4, 7), datetime(2026, 5, 4, 7, 20, tzinfo=UTC)])
def test_a_line_is_swapped_at_a_full_hour(embedded_table, moment):
    embedded_table.add(HALL)
    with pytest.raises(InvalidEntry, match="full hour"):
        embedded_table.swap(LineKey("hall"), moment)


def test_a_swap_that_was_never_made_cannot_be_taken_back(embedded_table):
    with pytest.raises(InvalidEntry, match="was not swapped"):
        embedded_table.take_back_swap(LineKey("hall"), datetime(2026, 5, 4, 7, tzinfo=UTC))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"address": "ftp://nowhere"}, "not a camera's address"),
        ({"protocol": "telnet"}, "telnet"),
        ({"poll_interval": -1.0}, "poll interval"),
        ({"nvr_channel": -4}, "no channel of a recorder"),
        ({"certificate": "trust me"}, "fingerprint"),
        ({"inner_address": "a b"}, "not a camera's address"),
        ({"camera_id": "no id"}, "not an id"),
    ],
)
def test_a_row_somebody_else_wrote_costs_no_other_camera(embedded, embedded_table, caplog, fields, words):
    embedded_table.add(HALL)
    embedded_table.add(replace(HALL, camera_id="stairs"))
    embedded.execute(update(cameras).where(cameras.c.camera_id == "stairs").values(fields))
    assert embedded_table.cameras() == [HALL]
    (said,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert words in said
    assert "left out" in said


def test_a_change_to_what_is_no_longer_as_it_was_seen_changes_nothing(table):
    table.add(HALL)
    seen = table.cameras(opened=False)[0]
    assert seen == replace(HALL, password="")
    table.change(replace(seen, name="Foyer", certificate="ab" * 32), known=seen, keeps_password=True)
    with pytest.raises(ChangedMeanwhile):
        table.change(replace(seen, name="Lobby", poll_interval=2.0), known=seen, keeps_password=True)
    (now,) = table.cameras()
    assert (now.name, now.poll_interval, now.password) == ("Foyer", HALL.poll_interval, HALL.password)
    table.change(replace(now, protocol=None, certificate=""), known=now)
    assert table.cameras() == [replace(HALL, name="Foyer", protocol=None)]


def test_one_password_is_opened_by_itself(table):
    table.add(HALL)
    assert table.password("hall") == HALL.password
    with pytest.raises(InvalidEntry, match="no camera 'nobody'"):
        table.password("nobody")
