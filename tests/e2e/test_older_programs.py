"""Older programs themselves, from git's history, before and after this one on the same data."""

from __future__ import annotations

import json
import re
import secrets
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import requests

from peoplecount.storage.schema_version import expected
from tests.support.agreeing_shop import TWICE, AgreeingShop
from tests.support.processes import ROOT
from tests.support.running import plain_environment, wait_until
from tests.versions import history
from tests.versions.__main__ import HERE, PASSWORD, REGISTER

BEFORE_THE_AUDIT_LOG = "54f931a584262119d827199e334c14decb3f66be"
"""Its local store is of an older version than today's, and so are its tables (0008)."""

KEPT = {path.stem: json.loads(path.read_text())["commit"] for path in HERE.glob("*.json")}
BEFORE_LINES_HAD_PLACES = KEPT["0.1.0-tables-0010"]
"""Its tables alone are older than today's."""

VERSIONS = {name: commit for name, commit in KEPT.items() if re.fullmatch(r"\d+\.\d+\.\d+", name)}
"""Those that have a tag."""

NEWER_TABLES = "A newer version of this program has changed the database's tables"


class Installation(AgreeingShop):
    """One folder of data, which one program or another serves."""

    def __init__(self, folder: Path, older: Path, **settings: str) -> None:
        """``older`` is where an older program lies."""
        super().__init__(folder, **settings)
        self.older = older

    def is_of(self, program: Path) -> None:
        """From now on."""
        self.service.settings["PYTHONPATH"] = str(program)

    def enter_cameras(self) -> None:
        """By whichever program it is of."""
        subprocess.run(
            [sys.executable, "-c", REGISTER],
            env=plain_environment(**self.service.settings),
            cwd=self.folder,
            input=json.dumps(self.simulator.get("cameras")),
            text=True,
            check=True,
        )

    def begins_with_the_older(self) -> None:
        self.is_of(self.older)
        self.enter_cameras()
        self.begins()

    def goes_on_with(self, program: Path) -> None:
        assert self.service.stop() == 0
        self.is_of(program)
        self.service.start()

    def is_said(self, sentence: str) -> None:
        def is_degraded() -> bool:
            return any(sentence in said for said in self.health().get("degraded", []))

        wait_until(is_degraded, 60, f"health's word: {sentence}", self.service.process)

    def agrees_on_everybody_once(self) -> None:
        self.agrees()
        assert self.reader.disagreements == []
        assert self.asked(TWICE) == []


class ServerInstallation(Installation):
    """On PostgreSQL."""

    def __init__(self, folder: Path, older: Path, server: Any) -> None:
        from tests.support.postgres import DATABASE, PASSWORD, USER  # noqa: PLC0415 - POSIX only

        self._schema = f"older_{secrets.token_hex(4)}"
        self._place = {"host": "127.0.0.1", "port": server.port, "user": USER, "dbname": DATABASE, "password": PASSWORD}
        url = f"postgresql://{USER}@127.0.0.1:{server.port}/{DATABASE}"
        super().__init__(folder, older, DATABASE_URL=url, DB_PASSWORD=PASSWORD, DB_SCHEMA=self._schema)

    def asked(self, question: str, *values: str) -> list[tuple]:
        import psycopg  # noqa: PLC0415 - not in requirements.txt

        options = f"-c search_path={self._schema}"
        with psycopg.connect(**self._place, options=options) as connection:
            return connection.execute(question.replace("?", "%s"), values or None).fetchall()


def tables_of(folder: Path) -> str:
    """The version of the embedded database's tables."""
    with closing(sqlite3.connect(folder / "var" / "peoplecount.db")) as database:
        return str(database.execute("SELECT version_num FROM alembic_version").fetchone()[0])


OpenShop = Callable[..., Installation]


@pytest.fixture(scope="module")
def program_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Where the program of a commit lies. It is had once, for it is compiled when it first runs."""
    folder = tmp_path_factory.mktemp("programs")

    @cache
    def program_of(commit: str) -> Path:
        history.require(commit)
        return history.program_of(commit, folder / commit)

    return program_of


@pytest.fixture
def open_shop(tmp_path: Path, program_of: Callable[[str], Path]) -> Iterator[OpenShop]:
    """With the program of an older commit; on PostgreSQL where a server is given."""
    with ExitStack() as made:

        def open_shop(commit: str, server: Any = None) -> Installation:
            older = program_of(commit)
            shop = ServerInstallation(tmp_path, older, server) if server else Installation(tmp_path, older)
            made.callback(shop.end)
            return shop

        yield open_shop


def signed_in(service_url: str) -> requests.Session:
    browser = requests.Session()
    browser.trust_env = False
    form = browser.get(f"{service_url}/sign-in", timeout=20).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', form)
    assert token
    fields = {"name": "anna", "password": PASSWORD, "csrf_token": token[1]}
    answer = browser.post(f"{service_url}/sign-in", data=fields, timeout=30, allow_redirects=False)
    assert answer.status_code == 303
    return browser


@pytest.mark.parametrize(("version", "commit"), VERSIONS.items())
def test_the_program_of_a_version_is_the_one_that_its_tag_has(version: str, commit: str) -> None:
    history.require(commit)
    text = history.file_of(commit, "peoplecount/__init__.py").decode()
    assert f'__version__ = "{version}"' in text
    if tag := history.tag_of(version):
        assert history.changed_between(commit, tag) == []


@pytest.mark.parametrize("older", KEPT.values(), ids=KEPT)
def test_this_one_goes_on_with_the_folder_of_an_older_one(older: str, open_shop: OpenShop) -> None:
    shop = open_shop(older)
    shop.is_of(shop.older)
    shop.service.command("user", "add", "anna", "--role", "administrator", "--password-stdin", said=f"{PASSWORD}\n")
    shop.begins_with_the_older()
    browser = signed_in(shop.service.url)
    shop.goes_on_with(ROOT)
    shop.counts(6)
    shop.agrees_on_everybody_once()
    assert shop.reader.names["gap"] == 0, "the stream resumes from its last id"
    assert browser.get(f"{shop.service.url}/account", timeout=20, allow_redirects=False).status_code == 200
    assert shop.service.stop() == 0


def test_a_servers_tables_wait_for_db_upgrade_and_get_everybody_then(open_shop: OpenShop, postgres_server: Any) -> None:
    shop = open_shop(BEFORE_LINES_HAD_PLACES, postgres_server)
    shop.is_of(shop.older)
    shop.service.command("db", "upgrade")
    shop.begins_with_the_older()
    shop.goes_on_with(ROOT)
    before = shop.asked("SELECT count(*) FROM records")  # the older one has written until it ended
    shop.hears(6)
    shop.is_said("db upgrade")
    assert shop.asked("SELECT count(*) FROM records") == before
    shop.service.command("db", "upgrade")
    shop.counts(3)
    shop.agrees_on_everybody_once()
    assert shop.reader.names["gap"] == 0


def test_an_older_program_counts_on_beside_newer_tables_and_this_one_writes_them_later(open_shop: OpenShop) -> None:
    shop = open_shop(BEFORE_LINES_HAD_PLACES)
    shop.enter_cameras()
    shop.begins()
    before = shop.asked("SELECT count(*) FROM records")
    shop.goes_on_with(shop.older)
    shop.hears(6)
    shop.is_said(NEWER_TABLES)
    assert shop.asked("SELECT version_num FROM alembic_version") == [(expected(),)]
    shop.goes_on_with(ROOT)
    shop.counts(3)
    assert shop.asked("SELECT count(*) FROM records") > before
    shop.agrees_on_everybody_once()


def test_an_older_program_leaves_a_newer_local_store_alone_and_says_so(open_shop: OpenShop) -> None:
    shop = open_shop(BEFORE_THE_AUDIT_LOG)
    shop.enter_cameras()
    shop.begins()
    assert shop.service.stop() == 0
    shop.is_of(shop.older)
    shop.service.launch()
    process = shop.service.process
    assert process is not None
    wait_until(process.ended, 60, "the end of the older program")
    process.kill()  # lets go of its standard input
    assert process.exit_code() == 1
    assert "store.sqlite was written by a newer version of this program" in process.said()
    shop.is_of(ROOT)
    shop.service.start()
    shop.counts(3)
    shop.agrees_on_everybody_once()


@pytest.mark.parametrize("older", [BEFORE_LINES_HAD_PLACES, *VERSIONS.values()], ids=["0.1.0-tables-0010", *VERSIONS])
def test_the_way_back_is_the_backup_made_before(older: str, tmp_path: Path, open_shop: OpenShop) -> None:
    shop = open_shop(older)
    shop.begins_with_the_older()
    kept = tmp_path / "before.zip"
    shop.service.command("backup", str(kept))
    theirs = tables_of(tmp_path)
    shop.goes_on_with(ROOT)
    shop.counts(6)  # of whom the backup knows nothing
    assert shop.service.stop() == 0
    shop.is_of(shop.older)
    shop.service.command("restore", str(kept), "--replace")
    assert tables_of(tmp_path) == theirs
    shop.service.start()
    shop.counts(3)
    shop.agrees_on_everybody_once()
    assert shop.reader.names["gap"] == 1
