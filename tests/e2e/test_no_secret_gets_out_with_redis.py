"""The same canaries where the log and most of the store are in a Redis: while it answers, and once it is away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.canaries import Trouble, canary
from tests.support.redis_servers import installed_redis
from tests.support.running import Service, wait_until

pytestmark = pytest.mark.timeout(600)


class TroubleWithRedis(Trouble):
    """Its own service is one of several machines, as far as it knows; Redis wants a password."""

    def __init__(self, folder: Path, redis: Any) -> None:
        super().__init__(folder, receiver_port=9)
        self.secrets["hook"] = canary("hook")
        address = f"redis://:{self.secrets['REDIS_URL'].replace('!', '%21')}@127.0.0.1:{redis.port}/0"
        self.well = Service(folder, **self.usual, REDIS_URL=address)


@pytest.fixture(scope="module")
def trouble(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trouble]:
    folder = tmp_path_factory.mktemp("trouble")
    with installed_redis(requirepass=canary("REDIS_URL")) as redis:
        one = TroubleWithRedis(folder, redis)
        try:
            one.enter(one.well)
            one.well.start()
            one.note_keys(one.well)
            one.ask_everything(one.well)
            one.run_commands(one.well, ("status",), ("doctor", "refused"))
            redis.kill()
            wait_until(lambda: not one.well.ask("/health/ready", timeout=10).ok, 60, "it says that Redis is away")
            one.run_commands(one.well, ("status",))
            one.well.stop()
            one.heard["the log"] = (folder / "service.txt").read_text(errors="replace")
            yield one
        finally:
            one.end()


def test_trouble_there_was(trouble: Trouble) -> None:
    log = trouble.heard["the log"]
    for words in ('"level": "DEBUG"', "Redis at 127.0.0.1", "cannot be reached", "anna signed in", "/wall"):
        assert words in log, words
    bundles = {where: text for where, text in trouble.heard.items() if where.endswith("settings.txt")}
    assert len(bundles) == 2
    assert all("REDIS_URL" in text for text in bundles.values())
    assert {"seal key", "signing key", f"cookie of a wall at {trouble.well.url}"} <= trouble.secrets.keys()


def test_nothing_that_comes_out_has_a_secret_in_it(trouble: Trouble) -> None:
    found = {name: trouble.where_it_stands(secret) for name, secret in trouble.secrets.items()}
    assert {name: where for name, where in found.items() if where} == {}


def test_what_lies_in_the_data_folder_is_sealed_or_hashed(trouble: Trouble) -> None:
    """The key of cookies, too, is in Redis."""
    files = (file for file in (trouble.folder / "var").iterdir() if file.is_file() and file.name != "seal.key")
    kept = b"".join(file.read_bytes() for file in files)
    assert [name for name, one in trouble.secrets.items() if one.encode() in kept] == []
