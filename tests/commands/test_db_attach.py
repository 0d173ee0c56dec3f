import argparse
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from peoplecount.commands import db
from peoplecount.configuration import configuration
from peoplecount.domain.camera import Camera
from peoplecount.domain.line import LineKey
from peoplecount.launch import CannotStart
from peoplecount.settings import load_settings
from peoplecount.storage.errors import InvalidEntry
from peoplecount.storage.sqlite import SQLiteConnection
from tests.support.installation import Installation

EIGHT = datetime(2026, 5, 4, 8)


@pytest.fixture
def place(tmp_path, monkeypatch):
    for name in (
        "DB_SERVER",
        "DB_PORT",
        "DB_NAME",
        "DB_USER",
        "DB_PASSWORD",
        "DB_SCHEMA",
        "RECORDS_TABLE",
        "CAMERAS_VIEW",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)  # where no .env is
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'theirs.db'}")
    return tmp_path


@pytest.fixture
def connection(place):
    connection = SQLiteConnection(place / "theirs.db")
    yield connection
    connection.disconnect()


@pytest.fixture
def installation(connection):
    """With one camera, and nobody counted yet."""
    made = Installation(connection).make()
    made.has_camera("1", ip="192.0.2.9")
    return made


@pytest.fixture
def attach(place, capsys):
    """Runs ``db attach …``; exit code and what it said."""

    def attach(*words):
        parser = argparse.ArgumentParser()
        db.add_arguments(parser)
        code = db.run(parser.parse_args(["attach", *words]))
        said = capsys.readouterr()
        return code, said.out + said.err

    return attach


def busy_morning(installation, camera_id="1", *, step=1):
    """Two hours of running totals, a row a minute."""
    for minute in range(120):
        at = EIGHT + timedelta(minutes=minute)
        installation.writes(camera_id, step * minute, minute // 2, 3 * minute, 2, at=at if installation.dated else None)


def test_what_was_found_is_said_and_what_to_set(attach, installation):
    installation.has_camera("2", user="")
    busy_morning(installation)
    code, said = attach()
    assert code == 0
    assert "numbered by id, dated by fecha (UTC)" in said
    assert "running totals, line 1 in in1 and out1" in said
    assert "2 can be polled: 1, 2" in said
    assert "set CAMERA_USER" in said
    assert "no newer row of 2" in said
    assert "OWN_TABLES=embedded" in said
    assert "RECORDS_TABLE=registros" in said
    assert "clear text" not in said


def test_cameras_where_none_may_be_are_named_and_are_not_among_those_that_can_be_polled(
    attach, installation, monkeypatch
):
    monkeypatch.setenv("CAMERA_NETWORKS", "192.0.2.0/24")
    installation.has_camera("2", ip="198.51.100.7")
    busy_morning(installation)
    code, said = attach()
    assert code == 0
    assert "1 can be polled: 1\n" in said
    assert "2 is not asked: no camera may be at 198.51.100.7: CAMERA_NETWORKS allows 192.0.2.0/24" in said


def test_with_our_tables_beside_it_it_is_exactly_once(attach, installation, place):
    parser = argparse.ArgumentParser()
    db.add_arguments(parser)
    assert db.run(parser.parse_args(["upgrade"])) == 0
    code, said = attach("--yes")
    assert code == 0
    assert "in one transaction, exactly once" in said
    assert "RECORDS_TABLE=registros" in (place / ".env").read_text()
    code, said = attach("--yes")
    assert "It is set up so" in said
    assert (place / ".env").read_text().count("RECORDS_TABLE") == 1


def test_apart_it_says_that_it_is_exact_while_nobody_else_writes(attach, installation, monkeypatch):
    monkeypatch.setenv("OWN_TABLES", "embedded")
    code, said = attach()
    assert (code, "exact as long as nobody else writes" in said) == (0, True)


def test_people_between_two_readings_are_refused(attach, installation):
    for minute in range(60):
        installation.writes("1", minute * 7 % 5, minute * 3 % 4, 0, 0, at=EIGHT + timedelta(minutes=minute))
    code, said = attach()
    assert code == 1
    assert "no running totals" in said
    assert "Nothing was changed" in said


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("DROP VIEW API_camaras", "No view API_camaras was found"),
        ("DROP TABLE registros", "No table registros was found"),
        ("ALTER TABLE registros DROP COLUMN out2", "lacks out2"),
        ("ALTER TABLE registros ADD COLUMN puerta TEXT NOT NULL", "wants a value for puerta"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(attach, installation, connection, statement, says):
    if "puerta" in statement:  # SQLite takes such a column at the beginning only
        connection.execute(text("DROP TABLE registros"))
        columns = ", ".join(f"{name} INTEGER" for name in ("in1", "out1", "in2", "out2"))
        statement = f"CREATE TABLE registros (camara_id TEXT, {columns}, puerta TEXT NOT NULL)"
    connection.execute(text(statement))
    code, said = attach()
    assert (code, says in said) == (1, True), said


def test_a_row_that_cannot_be_a_camera_is_named_and_the_others_are_taken(attach, installation):
    installation.has_camera("2", ip="ftp://nonsense")
    code, said = attach()
    assert code == 0
    assert "1 can be polled: 1" in said
    assert "camera '2'" in said


def test_another_table_that_is_set_already_is_not_overwritten(attach, installation, place):
    (place / ".env").write_text("RECORDS_TABLE=elsewhere\n")
    with pytest.raises(CannotStart, match="RECORDS_TABLE"):
        attach("--yes", "--table", "registros")
    assert (place / ".env").read_text() == "RECORDS_TABLE=elsewhere\n"


def test_cameras_of_the_view_are_listed_and_changed_there_only(installation, monkeypatch):
    monkeypatch.setenv("RECORDS_TABLE", "registros")
    with configuration(load_settings()) as tables:
        assert [(one.camera_id, one.address) for one in tables.cameras.cameras()] == [("1", "http://192.0.2.9")]
        for change in (
            lambda: tables.cameras.add(Camera("2", "Hall", "http://192.0.2.7")),
            lambda: tables.cameras.remove("1"),
        ):
            with pytest.raises(InvalidEntry, match="come from the view API_camaras"):
                change()
        tables.cameras.pin("1", "ab" * 32)
        tables.cameras.pause("1")
        assert [one.certificate for one in tables.cameras.cameras()] == ["ab" * 32]
        assert tables.cameras.paused() == {"1"}
        moment = datetime(2026, 5, 4, 8, tzinfo=UTC)
        tables.cameras.swap(LineKey("1"), moment)
        assert [line.swaps for line in tables.cameras.cameras()[0].lines] == [(moment,)]
        with pytest.raises(InvalidEntry, match="no camera '9'"):
            tables.cameras.swap(LineKey("9"), moment)
