import argparse

import pytest

from peoplecount.commands import db
from peoplecount.launch import CannotStart
from peoplecount.settings import DatabaseSettings, Settings
from peoplecount.settings.database import DatabaseKind
from peoplecount.storage import schema_version
from tests.support.processes import free_port


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs ``db …`` against an embedded database in a folder of its own."""
    for name in ("DATABASE_URL", "DB_SERVER", "DB_PORT", "DB_NAME", "DB_USER", "DB_PASSWORD", "DB_SCHEMA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)  # where no .env is
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))

    def run(*words):
        parser = argparse.ArgumentParser()
        db.add_arguments(parser)
        return db.run(parser.parse_args(words))

    return run


def test_check_says_what_to_do_then_upgrade_does_it_then_check_is_content(run, capsys):
    assert run("check") == 1
    assert "db upgrade" in capsys.readouterr().out
    assert run("upgrade") == 0
    assert f"version {schema_version.expected()} now (it was empty)" in capsys.readouterr().out
    assert run("check") == 0
    said = capsys.readouterr().out
    assert "SQLite 3" in said
    assert "as it should be" in said
    assert said.endswith("All is as it should be.\n")
    assert run("upgrade") == 0
    assert "already" in capsys.readouterr().out


def test_check_of_a_file_without_our_tables(run, capsys, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "peoplecount.db").touch()
    assert run("check") == 1
    assert "version none" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "says"), [((), "API_camaras"), (("--dialect", "mssql"), "CREATE VIEW peoplecount.[API_camaras]")]
)
def test_sql_writes_a_script_and_touches_nothing(run, capsys, tmp_path, words, says):
    assert run("sql", *words) == 0
    assert says in capsys.readouterr().out
    assert not (tmp_path / "data").exists()


def test_a_database_that_cannot_be_used_is_one_line_and_not_a_traceback(run, capsys, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "peoplecount.db").write_bytes(b"this is no database at all, " * 100)
    assert run("check") == 1
    assert capsys.readouterr().out.splitlines()[-1].startswith("The file cannot be used: file is not a database")


def test_a_server_that_is_away_is_said_to_be_so_in_the_last_line(monkeypatch, capsys):
    away = DatabaseSettings(
        DatabaseKind.POSTGRESQL, host="127.0.0.1", port=free_port(), name="x", user="u", password="geheim"
    )
    monkeypatch.setattr(db, "read_settings", lambda: Settings(database=away))
    parser = argparse.ArgumentParser()
    db.add_arguments(parser)
    assert db.run(parser.parse_args(["check"])) == 1
    said = capsys.readouterr()
    assert "nothing listens on port" in said.out.splitlines()[-1]
    assert "geheim" not in said.out + said.err


def test_where_our_tables_are_embedded_the_server_of_the_attached_installation_is_looked_at_too(
    run, capsys, monkeypatch
):
    port = free_port()
    monkeypatch.setenv("DATABASE_URL", f"postgresql://u:geheim@127.0.0.1:{port}/x")
    monkeypatch.setenv("OWN_TABLES", "embedded")
    assert run("upgrade") == 0
    capsys.readouterr()
    assert run("check") == 1
    ours, _, theirs = capsys.readouterr().out.partition("All is as it should be.")
    assert "SQLite 3" in ours
    assert "nothing listens on port" in theirs.splitlines()[-1]
    assert "geheim" not in ours + theirs


def test_what_is_odd_about_the_settings_is_said_first(run, capsys, monkeypatch):
    monkeypatch.setenv("DB_HOST", "srv")
    run("check")
    assert capsys.readouterr().err.count("did you mean DB_SERVER?") == 1


def test_a_folder_that_cannot_be_made_is_one_line(run, tmp_path):
    (tmp_path / "data").touch()
    with pytest.raises(CannotStart, match="data cannot be made: File exists; see DATA_DIR"):
        run("upgrade")


def test_nothing_asked_is_an_error(run):
    with pytest.raises(SystemExit):
        run()
