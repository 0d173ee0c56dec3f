"""Lines and doors in files of cameras, there and back."""

from datetime import UTC, datetime
from string import ascii_letters

import pytest

from peoplecount.domain.door import Door
from peoplecount.domain.line import Line, LineKey
from peoplecount.services.camera_import import ImportOptions, Outcome
from peoplecount.services.camera_sheet import SheetRefused, read_sheet, write_sheet
from peoplecount.services.line_desk import LineWish
from peoplecount.services.sheet_lines import LineCells, canonical, in_order, read_lines, write_lines
from tests.support.camera_office import ANNA, PASSWORD, Office

hypothesis = pytest.importorskip("hypothesis")
st = hypothesis.strategies

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
DOORS = {
    door.door_id: door
    for door in (
        Door("shop.main", "shop", "Main"),
        Door("shop.side", "shop", "Side"),
        Door("mall.main", "mall", "Main"),
        Door("mall.north", "mall", "North"),
    )
}


@pytest.fixture
def office(tmp_path):
    office = Office(tmp_path)
    office.has_sites("Shop", "Mall")
    yield office
    office.close()


def line(index, name="", door_id="", *swaps, channel=0, rule=1):
    return Line(LineKey("hall", channel, rule, index), name, door_id, swaps)


def imported(office, text, **options):
    verdicts = office.imports.run(ANNA, read_sheet(text.encode()), ImportOptions(**options))
    return [(one.outcome, " ".join(one.sentences)) for one in sorted(verdicts, key=lambda one: one.row)]


def outcomes(office, text, **options):
    return [outcome for outcome, _ in imported(office, text, **options)]


def exported(office):
    entered = office.desk.entered(ANNA)
    passwords = {one.camera.camera_id: office.desk.with_password(one).password for one in entered}
    return write_sheet(entered, office.lines.doors(ANNA), passwords)


def lines_of(office, camera_id):
    return office.desk.find(ANNA, camera_id).camera.lines


FILE = f"""name;address;user;password;site;line_1;door_1;line_2;door_2
Hall;hall.example;admin;{PASSWORD};Shop;In from the street;Main entrance;To the yard;Yard
"""


def test_lines_are_named_and_doors_made_by_a_file(office):
    office.network.stands("http://hall.example", "Z1")
    ((outcome, said),) = imported(office, FILE)
    assert outcome is Outcome.ADDED
    one, two = lines_of(office, "hall")
    assert (one.name, one.door_id) == ("In from the street", "shop.main-entrance")
    assert (two.name, two.door_id) == ("To the yard", "shop.yard")
    assert "The file names line 0-1-2, which the camera does not have" in said
    assert outcomes(office, FILE) == [Outcome.THERE]


def test_lines_of_a_camera_that_is_in_are_changed_only_where_that_is_asked_for(office):
    office.network.stands("http://hall.example", "Z1")
    imported(office, FILE)
    changed = FILE.replace("To the yard", "To the garden")
    ((outcome, said),) = imported(office, changed)
    assert (outcome, "another line 2" in said) == (Outcome.DIFFERENT, True)
    assert outcomes(office, changed, update=True) == [Outcome.UPDATED]
    assert [one.name for one in lines_of(office, "hall")] == ["In from the street", "To the garden"]


def test_a_line_that_the_camera_does_not_have_is_said_also_where_it_was_not_asked_again(office):
    office.network.stands("http://hall.example", "Z1")
    imported(office, FILE)
    office.read_names["hall-0-2-1"] = "Street"
    ((outcome, said),) = imported(office, FILE.replace("In from the street", "Street"), update=True)
    assert outcome is Outcome.UPDATED
    assert "The file names line 0-1-1, which the camera does not have; it has 0-2-1" in said


def test_an_empty_cell_takes_nothing_away(office):
    office.network.stands("http://hall.example", "Z1")
    imported(office, FILE)
    before = lines_of(office, "hall")
    assert outcomes(office, FILE.replace("Main entrance", ""), update=True) == [Outcome.THERE]
    assert lines_of(office, "hall") == before


def test_an_export_gives_the_same_in_an_empty_installation(office, tmp_path):
    office.network.stands("http://hall.example", "Z1")
    office.network.stands("http://back.example", "Z2")
    imported(office, FILE.replace("Hall;hall", "Back;back"))
    imported(office, FILE)
    one = office.desk.find(ANNA, "hall")
    office.places.put_door(Door("mall.north", "mall", "North"))  # of another site
    office.lines.put(ANNA, "hall", one.version, [LineWish(LineKey("hall", 3, 2, 1), "=Far", "mall.north")])
    office.table.swap(LineKey("hall"), NOON)
    text = exported(office)
    assert outcomes(office, text) == [Outcome.THERE] * 2

    (tmp_path / "new").mkdir()
    new = Office(tmp_path / "new", network=office.network)
    new.has_sites("Shop", "Mall")
    new.places.put_door(Door("mall.north", "mall", "North"))
    assert outcomes(new, text) == [Outcome.ADDED] * 2
    assert [lines_of(new, key) for key in ("hall", "back")] == [lines_of(office, key) for key in ("hall", "back")]
    assert exported(new) == text
    new.close()


def test_columns_stand_line_by_line_and_in_one_spelling():
    names = ["swapped_1", "door_2", "line_10", "line_3-1-2", "line_2", "door_1", "line_1"]
    assert in_order(names) == ["line_1", "door_1", "swapped_1", "line_2", "door_2", "line_10", "line_3-1-2"]
    assert [canonical(name) for name in ("line_0-1-2", "door_02", "line_0-2-1", "name")] == [
        "line_2", "door_2", "line_0-2-1", "name",
    ]  # fmt: skip


@pytest.mark.parametrize("header", ["line_0-1-1,line_1", "line_x", "line_-1", "lines"])
def test_columns_that_are_none_or_twice_are_refused(header):
    with pytest.raises(SheetRefused):
        read_sheet(f"name,address,{header}\nHall,hall.example,,\n".encode())


BEFORE_ALL = "0001-01-01T00:00+14:00"
"""In UTC it would be a day of the year 0, which no calendar here has."""


@pytest.mark.parametrize(
    "text", ["noon", "2026-05-04T12:07Z", "yes", "2026-05-04T12:00Z x", "2026-05-04T12:00", BEFORE_ALL]
)
def test_swaps_that_are_no_full_hours_are_refused(text):
    with pytest.raises(ValueError, match="exchanged"):
        read_lines({"swapped_1": text})


def test_a_door_stands_by_its_name_unless_that_would_lead_elsewhere():
    lines = [line(1, "A", "shop.main"), line(2, "B", "mall.main"), line(3, "C", "mall.north"), line(4, "D", "gone")]
    cells = write_lines(lines, "shop", DOORS)
    assert [cells.get(f"door_{index}") for index in (1, 2, 3, 4)] == ["Main", "mall.main", "mall.north", None]


words = st.text(ascii_letters + "äß入 ,;'=\"@", min_size=1, max_size=12).filter(lambda text: text == text.strip() != "")


@hypothesis.given(
    st.dictionaries(
        st.tuples(st.integers(0, 9), st.integers(1, 3), st.integers(1, 9)),
        st.tuples(words, st.sampled_from(["", *DOORS]), st.booleans()),
        max_size=5,
    )
)
@hypothesis.settings(max_examples=50, deadline=None)
def test_what_is_written_is_read_again(cells):
    lines = [
        line(index, name, door, *([NOON] if turned else []), channel=channel, rule=rule)
        for (channel, rule, index), (name, door, turned) in cells.items()
    ]
    read = read_lines(write_lines(lines, "shop", DOORS))
    assert {place: (said.name, said.swaps) for place, said in read.items()} == {
        (one.key.channel, one.key.rule, one.key.index): (one.name, one.swaps) for one in lines
    }


def test_what_is_not_said_is_nothing():
    assert read_lines({"name": "Hall", "line_1": "", "door_2": "Main"}) == {(0, 1, 2): LineCells(door="Main")}
