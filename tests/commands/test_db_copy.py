import argparse
import io

import pytest

from peoplecount.commands import _db_copy, db
from peoplecount.domain.site import Site
from peoplecount.settings import SettingsError
from peoplecount.storage.migrate import upgrade
from peoplecount.storage.site_table import SiteTable
from peoplecount.storage.sqlite import SQLiteConnection


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs ``db copy …`` from an embedded database with one site."""
    for name in ("DATABASE_URL", "DB_SERVER", "DB_PASSWORD", "DB_SCHEMA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)  # where no .env is
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    enter(tmp_path / "data" / "peoplecount.db", "shop")

    def run(*words):
        parser = argparse.ArgumentParser()
        db.add_arguments(parser)
        return db.run(parser.parse_args(["copy", *map(str, words)]))

    return run


def enter(file, site):
    connection = SQLiteConnection(file)
    upgrade(connection)
    SiteTable(connection).put_site(Site(site, site.title(), "UTC"))
    connection.disconnect()


def sites_in(file):
    connection = SQLiteConnection(file)
    found = [site.site_id for site in SiteTable(connection).sites()]
    connection.disconnect()
    return found


def test_it_makes_the_tables_copies_and_says_what_to_do_next(run, capsys, tmp_path):
    other = tmp_path / "folder" / "other.db"
    assert run("--to", f"sqlite:///{other}") == 0
    said = capsys.readouterr().out
    assert sites_in(other) == ["shop"]
    assert "Both databases hold the same" in said
    assert "Now set DATABASE_URL" in said
    assert "sealed with the key in DATA_DIR" in said
    assert f"SQLite, {other}" in said


def test_the_address_may_come_from_standard_input_and_its_password_is_never_shown(run, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("postgresql://u:geheim@127.0.0.1:1/x\n"))
    pytest.importorskip("psycopg")
    assert run("--to", "-") == 1
    said = capsys.readouterr()
    assert "PostgreSQL, x on 127.0.0.1:1" in said.out
    assert len(said.err.strip().splitlines()) == 1
    assert "geheim" not in said.out + said.err


def test_the_password_may_come_from_standard_input(monkeypatch, run):
    targets = []
    monkeypatch.setattr(_db_copy, "_prepare", lambda settings: targets.append(settings.database))
    monkeypatch.setattr(_db_copy, "connection_for", lambda place: pytest.fail("far enough"))
    monkeypatch.setattr("sys.stdin", io.StringIO("p@ss; wörd\n"))
    with pytest.raises(pytest.fail.Exception):
        run("--to", "mssql://u@sql.example/Counts", "--schema", "other", "--password-stdin")
    (target,) = targets
    assert (target.password, target.schema, target.user, target.name) == ("p@ss; wörd", "other", "u", "Counts")


def test_an_address_that_is_none_is_told_as_such(run):
    with pytest.raises(SettingsError, match="--to: it begins with no database we know"):
        run("--to", "mysql://u@h/x")


def test_the_database_that_is_set_is_not_copied_onto_itself(run, capsys, tmp_path):
    assert run("--to", f"sqlite:///{tmp_path}/data/../data/peoplecount.db") == 1
    assert "--to names another one" in capsys.readouterr().err


def test_a_database_with_other_data_is_one_line_and_left_alone(run, capsys, tmp_path):
    other = tmp_path / "other.db"
    enter(other, "theirs")
    assert run("--to", f"sqlite:///{other}") == 1
    assert capsys.readouterr().err.strip().endswith("did not come from here; give an empty one")
    assert sites_in(other) == ["theirs"]


def test_a_service_that_keeps_writing_is_told_to_be_stopped(run, capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("peoplecount.services.database_copy.MOST_ROUNDS", 0)
    assert run("--to", f"sqlite:///{tmp_path}/other.db") == _db_copy.UNFINISHED
    assert "Stop the service and run this again" in capsys.readouterr().err
