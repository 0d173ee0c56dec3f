from __future__ import annotations

from pathlib import Path

import pytest

from peoplecount.settings import DatabaseKind, Settings, SettingsError, load_settings
from peoplecount.settings.table import SETTINGS


def loaded(**environ: str) -> Settings:
    return load_settings(environ, env_file=None)


def faults(**environ: str) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        loaded(**environ)
    return caught.value.faults


def test_without_any_setting_there_is_an_embedded_database_in_the_data_folder() -> None:
    settings = loaded()
    assert settings.database.kind is DatabaseKind.SQLITE
    assert settings.database.path == Path("var/peoplecount.db")
    assert (settings.host, settings.port, settings.data_dir) == ("127.0.0.1", 8000, Path("var"))
    assert settings.warnings == ()


def test_the_embedded_database_follows_the_data_folder(tmp_path: Path) -> None:
    assert loaded(DATA_DIR=str(tmp_path)).database.path == tmp_path / "peoplecount.db"


def test_every_setting_is_read_into_its_attribute() -> None:
    settings = loaded(
        HOST="[::1]",
        PORT="8001",
        TRUSTED_HOSTS="counts.example.org, 10.0.0.7",
        WEB_WORKERS="4",
        LOG_KEEP_DAYS="30",
        CAMERAS_VIEW="dbo.API_camaras",
        CAMERA_USER="viewer",
        CAMERA_PASSWORD=" p@ss ",
        POLL_INTERVAL="2.5",
        CONNECT_TIMEOUT="1",
        READ_TIMEOUT="4",
        TIME_ZONE="Europe/Zurich",
        CLOCK_URL="http://127.0.0.1:9100/control/clock",
        LOG_LEVEL="debug",
    )
    assert (settings.host, settings.port, settings.workers, settings.log_keep_days) == ("::1", 8001, 4, 30)
    assert settings.trusted_hosts == ("counts.example.org", "10.0.0.7")
    assert (settings.camera_user, settings.camera_password) == ("viewer", " p@ss ")
    assert (settings.poll_interval, settings.connect_timeout, settings.read_timeout) == (2.5, 1.0, 4.0)
    assert (settings.time_zone, settings.log_level) == ("Europe/Zurich", "DEBUG")
    assert settings.clock_url.endswith("/control/clock")
    assert settings.cameras_view == "dbo.API_camaras"


def test_the_defaults_of_the_table_are_those_of_the_dataclass() -> None:
    table = {setting.attribute for setting in SETTINGS if setting.attribute}
    bare, own = loaded(TIME_ZONE="UTC"), Settings(database=loaded().database)
    assert {name: getattr(bare, name) for name in table} == {name: getattr(own, name) for name in table}


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("INTERVALS", "15,30", "15,60,day"),
        ("PORT", "99999", "1 to 65535"),
        ("PORT", "٣", "1 to 65535"),
        ("POLL_INTERVAL", "0", "0.05 to 3600"),
        ("POLL_INTERVAL", "nan", "0.05 to 3600"),
        ("LOG_DISK_BUDGET", "99MB", "100MB to 100TB; sizes look like 500MB or 2GB"),
        ("LOG_DISK_BUDGET", "2000000000", "100MB to 100TB"),
        ("LOG_DISK_BUDGET", "-2GB", "100MB to 100TB"),
        ("LOG_DISK_BUDGET", "unlimited", "100MB to 100TB"),
        ("POLL_INTERVAL", "1e3", "0.05 to 3600"),
        ("TIME_ZONE", "Europe/Zürich", "Europe/Zurich"),
        ("TIME_ZONE", "../../etc/passwd", "Europe/Zurich"),
        ("TIME_ZONE", "Europe", "Europe/Zurich"),
        ("LOG_LEVEL", "loud", "DEBUG, INFO, WARNING, ERROR"),
        ("HOST", "http://127.0.0.1", "no http://"),
        ("HOST", "127.0.0.1:8000", "no port"),
        ("DB_SCHEMA", "a b", "letters, digits"),
        ("CAMERAS_VIEW", "x; drop table y", "dbo.API_camaras"),
        ("CLOCK_URL", "http://u:p@127.0.0.1/", "/control/clock"),
    ],
)
def test_nonsense_is_refused_and_what_is_allowed_is_said(name: str, value: str, allowed: str) -> None:
    (fault,) = faults(**{name: value})
    assert fault.startswith(f"{name}: ")
    assert allowed in fault


def test_all_faults_are_told_at_once() -> None:
    told = faults(PORT="x", POLL_INTERVAL="y", TIME_ZONE="z", DB_PORT="w", DATABASE_URL="v")
    assert {fault.partition(":")[0] for fault in told} == {
        "PORT",
        "POLL_INTERVAL",
        "TIME_ZONE",
        "DB_PORT",
        "DATABASE_URL",
    }


def test_the_message_counts_the_faults() -> None:
    assert str(SettingsError(["a"])).startswith("One setting is wrong:")
    assert str(SettingsError(["a", "b"])) == "2 settings are wrong:\n  - a\n  - b"


def test_names_that_are_none_are_told_together_with_the_faults() -> None:
    with pytest.raises(SettingsError) as caught:
        loaded(PORT="x", POL_INTERVAL="5")
    assert len(caught.value.faults) == 1
    head, _, odd = str(caught.value).partition("\nAnd this is odd:\n")
    assert head.startswith("One setting is wrong:\n  - PORT: ")
    assert odd.startswith("  - POL_INTERVAL in the environment")
    assert odd.endswith("did you mean POLL_INTERVAL?")


def test_the_values_of_strangers_are_not_told_with_the_faults() -> None:
    with pytest.raises(SettingsError) as caught:
        loaded(PORT="x", DB_PASS="hush", DATABASE_URL="mssql://sa:hush@a/hush@b/d", DB_SERVER="c")
    assert caught.value.warnings
    assert "hush" not in str(caught.value)


def test_no_password_shows_in_what_is_printed() -> None:
    settings = loaded(
        DATABASE_URL="mssql+pyodbc://sa:hush1@h/d?odbc_connect=PWD%3Dhush2",
        CAMERA_PASSWORD="hush3",
        DB_PASSWORD="hush4",
    )
    assert "hush" not in repr(settings) + str(settings) + str(settings.database) + str(settings.warnings)


@pytest.mark.parametrize(
    "url", ["hush", "oracle://sa:hush@h/d", "mssql://sa:hush@h:99999/d", "mssql://sa:hush@/", "mssql://h/?hush"]
)
def test_no_password_shows_in_a_fault(url: str) -> None:
    assert "hush" not in str(faults(DATABASE_URL=url, DB_OPTIONS="hush"))


def test_the_demo_switch_makes_it_deaf_to_all_but_a_few_names(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DATABASE_URL=mssql://sa:x@real/db\nPORT=1234\n")
    environ = {
        "PEOPLECOUNT_DEMO": "1",
        "DATABASE_URL": "mssql://sa:x@real/db",
        "DB_SERVER": "real",
        "CAMERA_PASSWORD": "secret",
        "CAMERA_PASSWORD_FILE": "/nowhere",
        "PORT": "8001",
        "DATA_DIR": str(tmp_path),
    }
    settings = load_settings(environ, tmp_path / ".env")
    assert settings.demo
    assert settings.database.path == tmp_path / "peoplecount.db"
    assert (settings.port, settings.camera_password, settings.warnings) == (8001, "", ())


def test_a_machine_that_does_not_tell_its_time_zone_gets_utc_and_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> str:
        raise LookupError("no such zone")

    monkeypatch.setattr("tzlocal.get_localzone_name", unknown)
    settings = loaded()
    assert settings.time_zone == "UTC"
    assert "TIME_ZONE" in settings.warnings[0]
