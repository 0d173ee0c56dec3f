"""What the entry points check before anything starts."""

from __future__ import annotations

import errno
import os
import socket
import sys
from pathlib import Path

import pytest

from peoplecount.launch import (
    CannotStart,
    LastWords,
    demand_free,
    demand_loopback,
    gunicorn_command,
    http_address,
    read_settings,
    service_command,
)
from tests.support.processes import ROOT, free_port


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_this_machines_own_addresses_are_fine(host: str) -> None:
    demand_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", "localhost.example.org"])
def test_an_address_others_could_reach_is_refused_where_nobody_must_sign_in(host: str) -> None:
    with pytest.raises(CannotStart, match="without signing in"):
        demand_loopback(host)


def test_last_words_are_those_of_the_first_and_nothing_where_nobody_spoke() -> None:
    words = LastWords()
    assert words.first() == ""
    words.say("the disk is gone\nand more")
    words.say("the disk is gone")
    assert words.first() == "the disk is gone"


def test_a_pipe_full_of_last_words_holds_nobody_up() -> None:
    words = LastWords()
    for _ in range(100):
        words.say("ä" * 10_000)
    assert words.first().startswith("ääää")


def test_what_is_odd_about_the_settings_is_said_on_standard_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("DB_HOST=srv\nPORT=8123\n")
    assert read_settings().port == 8123
    said = capsys.readouterr()
    assert "did you mean DB_SERVER?" in said.err
    assert said.out == ""


def test_a_free_port_is_fine_also_just_after_it_was_used() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)), server.accept()[0]:
            pass
    demand_free("127.0.0.1", port)
    demand_free("127.0.0.1", port)


def test_a_taken_port_is_refused_in_one_line_that_says_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(CannotStart) as refused:
        demand_free("127.0.0.1", server.getsockname()[1])
    assert "taken by another program" in str(refused.value)
    assert "PORT" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_port_that_is_kept_for_others_is_told_as_the_system_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = PermissionError(errno.EACCES, "Permission denied")

    def keep(*address: object) -> None:
        raise refused

    monkeypatch.setattr(socket.socket, "bind", keep)
    with pytest.raises(CannotStart, match="one above 1023"):
        demand_free("127.0.0.1", 80)
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(CannotStart, match=r"Windows keeps port 8000 .* excludedportrange"):
        demand_free("127.0.0.1", 8000)


def test_an_address_this_machine_does_not_have_is_refused() -> None:
    with pytest.raises(CannotStart, match="see HOST and PORT"):
        demand_free("192.0.2.1", free_port())


def test_an_ipv6_address_is_written_in_brackets() -> None:
    assert http_address("::1", 8000) == "http://[::1]:8000"
    assert http_address("127.0.0.1", 8000) == "http://127.0.0.1:8000"


def test_gunicorn_is_called_from_any_folder_with_this_python() -> None:
    command = gunicorn_command("--reload")
    assert command[0] == sys.executable
    assert command[-2:] == ["--reload", "wsgi:app"]
    assert os.path.isfile(ROOT / "gunicorn.conf.py")
    assert str(ROOT / "gunicorn.conf.py") in command


def test_on_windows_gevents_own_server_takes_gunicorns_place(monkeypatch: pytest.MonkeyPatch) -> None:
    assert service_command() == gunicorn_command()
    monkeypatch.setattr(sys, "platform", "win32")
    assert service_command() == [sys.executable, "-m", "peoplecount", "serve"]
    with pytest.raises(CannotStart, match="--server gevent"):
        gunicorn_command()
