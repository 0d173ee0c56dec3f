"""The owner's two ways to name a database."""

from __future__ import annotations

from pathlib import Path

import pytest

from peoplecount.settings import DatabaseKind, DatabaseSettings, Settings, SettingsError, load_settings

AWKWARD = ["p@/;}#$%x", "a b", "100%", "%41", "p;w}d", "$HOME", "${HOME}", "x:y", "##", "a@b@c", "/?#@"]


def loaded(**environ: str) -> Settings:
    return load_settings(environ, env_file=None)


def database(**environ: str) -> DatabaseSettings:
    return loaded(**environ).database


def faults(**environ: str) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        loaded(**environ)
    return caught.value.faults


def from_file(tmp_path: Path, text: str) -> Settings:
    file = tmp_path / ".env"
    file.write_text(text, encoding="utf-8")
    return load_settings({}, file)


def test_the_owners_file_is_accepted_letter_for_letter(tmp_path: Path) -> None:
    settings = from_file(
        tmp_path,
        "DATABASE_URL = mssql+pyodbc://sa:p@ss/w;o}r#d$%x y@192.0.2.5:1433/Contador\n"
        "DB_SERVER = 192.0.2.5\nDB_PORT = 1433\nDB_NAME = Contador\nDB_USER = sa\nDB_PASSWORD = p@ss/w;o}r#d$%x y\n"
        "CAMERA_USER = admin\nCAMERA_PASSWORD = 4$ecret\n",
    )
    found = settings.database
    assert (found.kind, found.host, found.port, found.name) == (DatabaseKind.MSSQL, "192.0.2.5", 1433, "Contador")
    assert (found.user, found.password) == ("sa", "p@ss/w;o}r#d$%x y")
    assert settings.camera_password == "4$ecret"
    assert settings.warnings == ()


@pytest.mark.parametrize("password", AWKWARD)
def test_an_awkward_password_stands_in_its_own_setting_as_it_is(tmp_path: Path, password: str) -> None:
    settings = from_file(tmp_path, f"DB_SERVER=srv\nDB_NAME=db\nDB_USER=sa\nDB_PASSWORD = {password}\n")
    expected = "" if password.startswith("#") else password
    assert settings.database.password == expected
    assert bool(settings.warnings) == password.startswith("#")


@pytest.mark.parametrize("password", [password for password in AWKWARD if password != "%41"])
def test_an_awkward_password_stands_in_the_address_as_it_is(tmp_path: Path, password: str) -> None:
    settings = from_file(tmp_path, f"DATABASE_URL=mssql://sa:{password}@srv:1433/db\n")
    assert settings.database.password == password
    assert (settings.database.host, settings.database.name, settings.warnings) == ("srv", "db", ())


@pytest.mark.parametrize("scheme", ["mssql", "sqlserver", "mssql+pyodbc", "MSSQL"])
def test_an_address_needs_no_driver(scheme: str) -> None:
    found = database(DATABASE_URL=f"{scheme}://sa:x@srv/db")
    assert (found.kind, found.driver, found.port) == (DatabaseKind.MSSQL, "", None)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg", "postgresql+psycopg2"])
def test_postgresql_is_known_by_all_its_names(scheme: str) -> None:
    found = database(DATABASE_URL=f"{scheme}://u:x@[::1]:5433/db?sslmode=require")
    assert (found.kind, found.host, found.port, found.options) == (
        DatabaseKind.POSTGRESQL,
        "::1",
        5433,
        {"sslmode": "require"},
    )


def test_a_socket_folder_takes_the_servers_place() -> None:
    assert database(DATABASE_URL="postgresql:///db?host=/run/x").options == {"host": "/run/x"}


def test_the_driver_and_its_options_come_out_of_the_address() -> None:
    found = database(
        DATABASE_URL="mssql+pyodbc://sa:x@srv/db?driver=ODBC+Driver+18+for+SQL+Server&TrustServerCertificate=yes"
    )
    assert found.driver == "ODBC Driver 18 for SQL Server"
    assert found.options == {"TrustServerCertificate": "yes"}


@pytest.mark.parametrize(
    "query",
    ["odbc_connect=DRIVER%3D%7BFreeTDS%7D%3BPWD%3Dp%2Bx%3B", "odbc_connect=DRIVER={FreeTDS};PWD=p+x;"],
)
def test_a_whole_odbc_string_is_handed_on(query: str) -> None:
    found = database(DATABASE_URL=f"mssql+pyodbc:///?{query}")
    assert found.options == {"odbc_connect": "DRIVER={FreeTDS};PWD=p+x;"}


def test_the_single_settings_fill_what_the_address_lacks() -> None:
    found = database(
        DATABASE_URL="mssql://srv",
        DB_PORT="1444",
        DB_NAME="db",
        DB_USER="sa",
        DB_PASSWORD="x",
        DB_DRIVER="FreeTDS",
        DB_OPTIONS="Encrypt=no",
    )
    assert (found.host, found.port, found.name, found.user, found.password) == ("srv", 1444, "db", "sa", "x")
    assert (found.driver, found.options) == ("FreeTDS", {"Encrypt": "no"})


def test_the_address_wins_and_contradictions_are_named_without_their_values() -> None:
    settings = loaded(
        DATABASE_URL="mssql://sa:hush1@srv:1433/db",
        DB_SERVER="other",
        DB_PORT="1434",
        DB_NAME="DB",
        DB_USER="bob",
        DB_PASSWORD="hush2",
    )
    assert (settings.database.host, settings.database.port, settings.database.password) == ("srv", 1433, "hush1")
    named = [warning.partition(" ")[0] for warning in settings.warnings]
    assert sorted(named) == ["DB_PASSWORD", "DB_PORT", "DB_SERVER", "DB_USER"]
    assert "hush" not in str(settings.warnings)


@pytest.mark.parametrize(
    ("server", "host", "port"),
    [
        (r"SRV01\SQLEXPRESS", r"SRV01\SQLEXPRESS", None),
        ("tcp:srv,1444", "srv", 1444),
        ("[fe80::1]", "fe80::1", None),
    ],
)
def test_a_server_is_named_as_its_own_tools_name_it(server: str, host: str, port: int | None) -> None:
    found = database(DB_SERVER=server, DB_NAME="db")
    assert (found.kind, found.host, found.port) == (DatabaseKind.MSSQL, host, port)


def test_no_login_means_a_trusted_connection() -> None:
    assert database(DB_SERVER="srv", DB_NAME="db").user == ""


def test_options_beside_may_hold_semicolons_in_braces() -> None:
    assert database(DB_SERVER="s", DB_NAME="d", DB_OPTIONS="Encrypt=yes;APP={a;b}").options == {
        "Encrypt": "yes",
        "APP": "{a;b}",
    }


def test_a_file_of_its_own_holds_the_embedded_database_elsewhere() -> None:
    assert database(DATABASE_URL="sqlite:////data/people.db").path == Path("/data/people.db")
    settings = loaded(DATABASE_URL="sqlite:///people.db", DB_SERVER="srv")
    assert settings.database.path == Path("people.db")
    assert "DB_SERVER is ignored" in settings.warnings[0]


@pytest.mark.parametrize(
    ("environ", "fault"),
    [
        ({"DB_USER": "sa", "DB_PASSWORD": "x"}, "DB_SERVER is missing, although DB_USER and DB_PASSWORD are set"),
        ({"DB_SERVER": "srv"}, "DB_SERVER names no database"),
        ({"DATABASE_URL": "mssql://sa:x@srv"}, "DATABASE_URL names no database"),
        ({"DATABASE_URL": "mssql:///db"}, "DATABASE_URL names no server"),
        ({"DATABASE_URL": "mysql://u:p@h/d"}, "allowed are mssql://"),
        ({"DATABASE_URL": "mssql+pymssql://u:p@h/d"}, "allowed are mssql://"),
        ({"DATABASE_URL": "sqlite://"}, "sqlite needs a file"),
        ({"DATABASE_URL": "mssql://sa:x@srv:0/db"}, "1 to 65535"),
        ({"DATABASE_URL": "Server=srv;Database=db"}, "mssql://USER:PASSWORD@SERVER"),
        ({"DB_SERVER": "mssql://srv/db", "DB_NAME": "db"}, "goes into DATABASE_URL"),
        ({"DB_SERVER": "srv,x", "DB_NAME": "db"}, "after the comma"),
        ({"DB_SERVER": "srv,1433", "DB_PORT": "1434", "DB_NAME": "db"}, "keep one of them"),
        ({"DB_SERVER": "srv", "DB_NAME": "db", "DB_OPTIONS": "Encrypt"}, "Encrypt=yes"),
    ],
)
def test_a_database_that_cannot_be_meant_is_refused_in_words(environ: dict[str, str], fault: str) -> None:
    assert any(fault in told for told in faults(**environ))


def test_a_port_alone_asks_for_no_server() -> None:
    assert database(DB_PORT="1433").kind is DatabaseKind.SQLITE


def test_an_address_with_two_readings_is_pointed_out() -> None:
    settings = loaded(DATABASE_URL="mssql://sa:p@w/x?y=@srv/db")
    assert "more than one way" in settings.warnings[0]


def test_a_database_is_told_without_its_login() -> None:
    told = str(database(DATABASE_URL="mssql://sa:hush@srv:1433/db"))
    assert told == "SQL Server, db on srv:1433"
