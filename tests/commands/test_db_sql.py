import argparse

import pytest

from peoplecount.commands import db
from peoplecount.storage import schema_version


@pytest.fixture
def run(tmp_path, monkeypatch):
    for name in ("DATABASE_URL", "DB_SERVER", "DB_SCHEMA", "CAMERAS_VIEW", "RECORDS_TABLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)  # where no .env is

    def run(*words):
        parser = argparse.ArgumentParser()
        db.add_arguments(parser)
        return db.run(parser.parse_args(["sql", *words]))

    return run


def test_it_is_for_the_database_that_is_set_unless_another_is_named(run, monkeypatch, capsys):
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:geheim@127.0.0.1:1/x")
    monkeypatch.setenv("DB_SCHEMA", "counts")
    assert run() == 0
    said = capsys.readouterr().out
    assert 'CREATE ROLE "counts_service" NOLOGIN' in said
    assert "geheim" not in said
    assert run("--dialect", "mssql") == 0
    assert "CREATE ROLE [counts_service]" in capsys.readouterr().out


def test_only_what_comes_after_a_version_and_the_rights(run, capsys):
    assert run("--dialect", "mssql", "--from", "0002") == 0
    said = capsys.readouterr().out
    assert "-- 0003:" in said
    assert "CREATE TABLE peoplecount.records" not in said
    assert run("--dialect", "mssql", "--from", schema_version.expected()) == 0
    said = capsys.readouterr().out
    assert "BEGIN TRANSACTION" not in said
    assert "GRANT SELECT ON [peoplecount].[report_hourly]" in said


def test_a_version_that_never_was_is_one_line(run, capsys):
    assert run("--from", "17") == 1
    assert capsys.readouterr().err.startswith("there is no schema version '17'; there are: 0001,")


def test_what_an_older_installation_has_is_opened_to_the_service(run, monkeypatch, capsys):
    monkeypatch.setenv("CAMERAS_VIEW", "dbo.API_camaras")
    monkeypatch.setenv("RECORDS_TABLE", "dbo.registros")
    assert run("--dialect", "mssql") == 0
    granted = [line for line in capsys.readouterr().out.splitlines() if "[dbo]" in line]
    assert granted == [
        "GRANT SELECT ON [dbo].[API_camaras] TO [peoplecount_service];",
        "GRANT SELECT, INSERT ON [dbo].[registros] TO [peoplecount_service];",
    ]
