"""A login that a real server refuses: how often it is tried, by its own log."""

import argparse
from urllib.parse import quote

import pytest

from peoplecount.commands import db
from peoplecount.configuration import database
from peoplecount.eventlog.data_folder import DataFolder
from peoplecount.settings import load_settings
from peoplecount.storage.errors import DatabaseError, DatabaseRefused, SignInsHeldBack
from tests.support.fake_clock import FakeClock

pytest.importorskip("psycopg", reason="psycopg is not installed (requirements-dev.txt)")


class Login:
    """What an installation is set to, and what the server says of it."""

    def __init__(self, folder, server):
        self._folder = folder
        self._server = server
        self._log = server.folder / "log"
        self._said = self._log.stat().st_size
        self.password = "wrong"

    def settings(self):
        url = f"postgresql://peoplecount:{quote(self.password, safe='')}@127.0.0.1:{self._server.port}/postgres"
        return load_settings({"DATA_DIR": str(self._folder / "var"), "DATABASE_URL": url}, env_file=None)

    def starts(self):
        """A process: its proxy, and a clock for its circuit."""
        folder = DataFolder.at(self._folder / "var")
        folder.make()
        proxy = database(self.settings(), folder)
        clock = FakeClock()
        proxy._circuit._monotonic = clock.monotonic
        return proxy, clock

    def refusals(self):
        text = self._log.read_bytes()[self._said :].decode()
        return text.count("password authentication failed")


@pytest.fixture
def login(tmp_path, postgres_server):
    return Login(tmp_path, postgres_server)


def asks_for_an_hour(proxy, clock):
    """Once a second by its circuit's clock; the budget's own clock stands still."""
    errors = []
    for _ in range(3600):
        try:
            proxy.connect()
        except DatabaseError as error:
            errors.append(error)
        clock.passes(1)
    return errors


def test_a_wrong_password_is_tried_once_a_start_and_twice_in_all(login):
    for expected in (1, 2, 2, 2):
        proxy, clock = login.starts()
        errors = asks_for_an_hour(proxy, clock)
        assert len(errors) == 3600
        assert any(isinstance(error, SignInsHeldBack) for error in errors)
        assert login.refusals() == expected
        proxy.disconnect()


def test_once_somebody_has_checked_the_right_password_the_service_follows(login, monkeypatch, capsys, postgres_server):
    from tests.support.postgres import PASSWORD  # noqa: PLC0415 - POSIX only

    for _ in range(2):
        proxy, _ = login.starts()
        with pytest.raises(DatabaseRefused):
            proxy.connect()
        proxy.disconnect()
    login.password = PASSWORD
    proxy, clock = login.starts()
    with pytest.raises(SignInsHeldBack):
        proxy.connect()
    monkeypatch.setattr(db, "read_settings", login.settings)
    db.run(argparse.Namespace(task="check"))
    assert "log-in" in capsys.readouterr().out
    clock.passes(60)
    proxy.connect()
    proxy.disconnect()
