"""Where settings come from, and what is said about names that are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from peoplecount.settings import Settings, SettingsError, load_settings


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    return tmp_path / ".env"


def faults(environ: dict[str, str], env_file: Path | None = None) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        load_settings(environ, env_file)
    return caught.value.faults


def read(env_file: Path, text: str | bytes) -> Settings:
    env_file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_settings({}, env_file)


def test_a_missing_file_is_no_fault(env_file: Path) -> None:
    assert load_settings({}, env_file).port == 8000


def test_the_environment_wins_over_the_file(env_file: Path) -> None:
    env_file.write_text("PORT=1111\nHOST=localhost\n")
    settings = load_settings({"PORT": "2222"}, env_file)
    assert (settings.port, settings.host) == (2222, "localhost")


def test_an_empty_value_is_as_good_as_none(env_file: Path) -> None:
    env_file.write_text("PORT=1111\nTIME_ZONE=\n")
    assert load_settings({"PORT": " ", "DATABASE_URL": ""}, env_file).port == 1111


def test_nothing_is_interpolated(env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/root")
    settings = read(env_file, "CAMERA_USER=a$HOME\nCAMERA_PASSWORD=${HOME}%PATH%\n")
    assert (settings.camera_user, settings.camera_password) == ("a$HOME", "${HOME}%PATH%")


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("CAMERA_PASSWORD='a #b '", "a #b "),
        (r"CAMERA_PASSWORD='it\'s'", "it's"),
        ('CAMERA_PASSWORD="a#b"', "a#b"),
        ("export CAMERA_PASSWORD = a#b", "a#b"),
        ("CAMERA_PASSWORD=a'b\"c", "a'b\"c"),
        ("CAMERA_PASSWORD=x # a comment", "x"),
    ],
)
def test_a_value_may_be_quoted(env_file: Path, line: str, value: str) -> None:
    assert read(env_file, line).camera_password == value


def test_a_password_that_a_comment_cut_is_pointed_out_without_showing_it(env_file: Path) -> None:
    settings = read(env_file, "\n# first\n\nCAMERA_PASSWORD = hush #hush\n")
    (warning,) = settings.warnings
    assert "line 4" in warning
    assert "single quotes" in warning
    assert "hush" not in warning


def test_a_windows_editors_file_is_read(env_file: Path) -> None:
    assert read(env_file, b"\xef\xbb\xbfPORT=1111\r\nHOST=localhost\r\n").port == 1111


def test_a_file_in_another_encoding_is_refused_in_words(env_file: Path) -> None:
    env_file.write_bytes("CAMERA_PASSWORD=señor".encode("latin-1"))
    assert "UTF-8" in faults({}, env_file)[0]


def test_a_folder_in_the_files_place_is_refused_in_words(env_file: Path) -> None:
    env_file.mkdir()
    assert "cannot be read" in faults({}, env_file)[0]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("CAMERA_PASSWORD='hush", "begins with a quote"),
        ('export CAMERA_PASSWORD = "hush" hush', "begins with a quote"),
        ("CAMERA_PASSWORD hush", "not NAME=VALUE"),
        ("this is no 'hush' line", "not NAME=VALUE"),
        ("CAMERA PASSWORD='hush'", "not NAME=VALUE"),
        ("hush", "not NAME=VALUE"),
    ],
)
def test_a_line_that_is_no_setting_is_a_fault_by_its_number_and_says_why(env_file: Path, line: str, why: str) -> None:
    env_file.write_text(f"PORT=1111\n\n{line}\n")
    (fault,) = faults({}, env_file)
    assert "line 3: " in fault
    assert why in fault
    assert "hush" not in fault


def test_a_name_given_twice_is_pointed_out_and_the_last_wins(env_file: Path) -> None:
    settings = read(env_file, "PORT=1111\nPORT=2222\n")
    assert settings.port == 2222
    assert "second time" in settings.warnings[0]


def test_every_secret_may_come_from_a_file(tmp_path: Path) -> None:
    password, url = tmp_path / "password", tmp_path / "url"
    password.write_text("p #x \n")
    url.write_text("mssql://srv/db\r\n")
    settings = load_settings(
        {"CAMERA_PASSWORD_FILE": str(password), "DATABASE_URL_FILE": str(url), "DB_PASSWORD_FILE": str(password)}, None
    )
    assert settings.camera_password == settings.database.password == "p #x "
    assert settings.database.host == "srv"


def test_a_secrets_file_that_is_not_there_empty_or_given_twice_is_a_fault(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.write_text("\n")
    environ = {"CAMERA_PASSWORD_FILE": str(tmp_path / "none"), "DB_PASSWORD_FILE": str(empty)}
    assert sorted(fault.partition(":")[0] for fault in faults(environ)) == ["CAMERA_PASSWORD_FILE", "DB_PASSWORD_FILE"]
    assert "keep one" in faults({"DB_PASSWORD": "x", "DB_PASSWORD_FILE": str(empty)})[0]


def test_a_secrets_file_of_the_environment_wins_over_the_secret_in_the_file(tmp_path: Path, env_file: Path) -> None:
    env_file.write_text("CAMERA_PASSWORD=old\n")
    (tmp_path / "new").write_text("new")
    assert load_settings({"CAMERA_PASSWORD_FILE": str(tmp_path / "new")}, env_file).camera_password == "new"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("DB_HOST", "DB_SERVER"),
        ("DB_PASS", "DB_PASSWORD"),
        ("DATABSE_URL", "DATABASE_URL"),
        ("camera_user", "CAMERA_USER"),
        ("POLL_INTERVALL", "POLL_INTERVAL"),
        ("DB_PASSWORD_FIL", "DB_PASSWORD_FILE"),
    ],
)
def test_a_near_miss_is_pointed_out_with_what_was_meant(env_file: Path, name: str, meant: str) -> None:
    assert any(warning.endswith(f"did you mean {meant}?") for warning in read(env_file, f"{name}=x\n").warnings)
    assert any(meant in warning for warning in load_settings({name: "x"}, None).warnings)


def test_names_that_are_none_of_ours_are_left_in_peace(env_file: Path) -> None:
    assert read(env_file, "FLASK_ENV=x\nSMTP_SERVER=y\n").warnings == ()
    assert load_settings({"PATH": "/bin", "HOSTNAME": "x", "DB_SERVICE_HOST": "x"}, None).warnings == ()


def test_a_stranger_with_our_prefix_in_the_file_is_pointed_out(env_file: Path) -> None:
    assert "CAMERA_COLOUR" in read(env_file, "CAMERA_COLOUR=x\n").warnings[0]
