"""Files of cameras, as spreadsheets write them."""

import re

import pytest

from peoplecount.domain.camera import Camera, CameraProtocol
from peoplecount.domain.site import Site
from peoplecount.services.camera_desk import EnteredCamera
from peoplecount.services.camera_entry import read_entry
from peoplecount.services.camera_sheet import MOST_BYTES, SheetRefused, read_sheet, wants_pause, write_sheet

SHOP = Site("shop", "Shop; old town", "Europe/Zurich")
HALL = Camera(
    "hall",
    'Hall, "upper"',
    "https://192.0.2.7",
    "admin",
    " s,e;c ",
    "shop",
    2.5,
    CameraProtocol.WISEAI,
    certificate="ab" * 32,
)


@pytest.mark.parametrize(
    "body",
    [
        b"name,address\nHall,192.0.2.7\n",
        b"\xef\xbb\xbfname;address\r\nHall;192.0.2.7\r\n",
        "name\taddress\nHall\t192.0.2.7".encode("utf-16"),
        b"\n\nName , ADDRESS,,\n,,\n Hall , 192.0.2.7 ,,\n",
    ],
)
def test_it_is_read_however_it_was_saved(body):
    (row,) = read_sheet(body)
    assert row.texts == {"name": "Hall", "address": "192.0.2.7"}


def test_letters_of_an_older_excel_are_read_and_rows_counted_as_it_counts():
    rows = read_sheet("name;address\nCafé;a.example\n\nFoyer;b.example\n".encode("cp1252"))
    assert [(row.number, row.texts["name"]) for row in rows] == [(2, "Café"), (4, "Foyer")]


def test_a_password_keeps_its_blanks_and_is_in_no_repr():
    (row,) = read_sheet(b'name,address,password\nHall,192.0.2.7," s,e;c "\n')
    assert row.texts["password"] == " s,e;c "
    assert "s,e;c" not in repr(row)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "is empty"),
        (b"name,address\n", "no row but"),
        (b"name,ip\nHall,192.0.2.7\n", "unknown column 'ip'; .* address"),
        (b"name,site\nHall,Shop\n", "the column address is missing"),
        (b"name,address,name\nHall,192.0.2.7,x\n", "twice"),
        (b"PK\x03\x04\x00\x00\x00", "not as a workbook"),
        (b'name,address\n"Hall,192.0.2.7\n', "cannot be read"),
        (b"name,address\n" + b"Hall,192.0.2.7\n" * 5001, "more than 5000 rows"),
        (b" " * (MOST_BYTES + 1), "larger than 4 MB"),
    ],
)
def test_a_file_that_is_none_is_refused_in_words(body, said):
    with pytest.raises(SheetRefused, match=said):
        read_sheet(body)


def test_a_row_with_too_many_cells_is_at_fault_by_itself():
    bad, good = read_sheet(b"name,address\nHall, big,192.0.2.7\nFoyer,192.0.2.8\n")
    assert "3 cells" in bad.fault
    assert good.fault == ""
    (long,) = read_sheet(b"name,address\n" + b"x" * 1001 + b",192.0.2.8\n")
    assert "longer than 1000" in long.fault


def test_what_is_written_reads_as_the_same_cameras():
    text = write_sheet([EnteredCamera(HALL, SHOP, paused=True)], {}, {"hall": HALL.password})
    (row,) = read_sheet(b"\xef\xbb\xbf" + text.encode())
    assert read_entry(row.texts, default_interval=9.0, site_id="shop") == HALL
    assert (row.texts["site"], wants_pause(row.texts)) == (SHOP.name, True)


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        '=HYPERLINK("http://evil.example")',
        "+41",
        "-1",
        "@x",
        " =1",
        "\uff1d1",
        "'=1",
        "''+",
        "Lobby;=1+1",
        "a;'=b; -c",
    ],
)
def test_what_a_spreadsheet_would_take_for_a_formula_is_marked_as_text_and_read_as_it_was(text):
    camera = Camera("a", text.strip(), "http://192.0.2.7", username="admin", password=text)
    one = EnteredCamera(camera, Site("shop", "Shop", "Europe/Zurich"))
    written = write_sheet([one], {}, {"a": text})
    assert not re.search(r"(^|[,;\r\n\"])\s*[=+\-@\uff1d]", written)
    (row,) = read_sheet(written.encode())
    assert (row.texts["name"], row.texts["password"]) == (text.strip(), text)


def test_of_a_file_that_is_far_too_long_no_more_is_read_than_shows_that():
    with pytest.raises(SheetRefused, match="more than 5000 rows"):
        read_sheet(b"name,address\n" + b"a,b\n" * 900_000)
    with pytest.raises(SheetRefused) as refused:
        read_sheet(b",".join(b"column-%d" % number for number in range(100_000)) + b"\na,b\n")
    assert len(str(refused.value)) < 1000


def test_without_secrets_there_is_no_column_for_them():
    text = write_sheet([EnteredCamera(HALL, SHOP)], {})
    assert "password" not in text
    assert "s,e;c" not in text


def test_a_pause_is_yes_or_no_or_nothing():
    assert [wants_pause({"paused": text}) for text in ("", "yes", "No", "sí")] == [None, True, False, True]
    with pytest.raises(ValueError, match="yes or no"):
        wants_pause({"paused": "perhaps"})
