"""A canary in every secret, everything goes wrong at DEBUG, and nothing that comes out has one of them in it.

Looked through: the log, all that commands print, the support bundle, answers over HTTP, and what lies unsealed in the
data folder.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest

from peoplecount.settings.table import SETTINGS
from tests.support.canaries import COMMANDS, Trouble
from tests.support.receivers import Reply, a_receiver
from tests.support.running import wait_until

pytestmark = pytest.mark.timeout(900)  # in the setting up of its service much goes wrong on purpose, and slowly


@pytest.fixture(scope="module")
def trouble(tmp_path_factory) -> Iterator[Trouble]:
    folder = tmp_path_factory.mktemp("trouble")
    with a_receiver() as receiver:
        receiver.says = lambda _: Reply(500, body=b"no")
        one = Trouble(folder, receiver.port)
        try:
            one.enter(one.well)
            for service in (one.well, one.without_database, one.without_server):
                service.start()
                if service is one.well:
                    one.note_keys(service)
                    one.enter_webhooks()
                    wait_until(lambda: receiver.got, 90, "an attempt to tell the receiver", service.process)
                if service is not one.without_server:
                    one.ask_everything(service)
                one.run_commands(service, *(COMMANDS if service is one.well else ()))
                service.stop()
            for service in (one.without_redis, one.without_sentinels):
                service.launch()  # it says why it cannot start
                assert service.process is not None
                wait_until(service.process.ended, 60, "its end", service.process)
                one.run_commands(service, ("status",))
            one.heard["the log"] = (folder / "service.txt").read_text(errors="replace")
            yield one
        finally:
            one.end()


def test_there_is_a_canary_in_every_secret_setting(trouble):
    assert {setting.name for setting in SETTINGS if setting.secret} <= trouble.secrets.keys()
    assert all(len(one) >= 8 for one in trouble.secrets.values()), trouble.secrets


def test_trouble_there_was(trouble):
    log = trouble.heard["the log"]
    assert '"level": "DEBUG"' in log
    for words in ("refuses the user name or password", "/events", "anna signed in", "webhook"):
        assert words in log, words
    assert any("(set)" in text for where, text in trouble.heard.items() if where.endswith("settings.txt"))
    assert any(
        '"status": "down"' in text or "not ready" in text or "degraded" in text for text in trouble.heard.values()
    )


def test_nothing_that_comes_out_has_a_secret_in_it(trouble):
    found = {name: trouble.where_it_stands(secret) for name, secret in trouble.secrets.items()}
    assert {name: where for name, where in found.items() if where} == {}


def test_what_lies_in_the_data_folder_is_sealed_or_hashed(trouble):
    """The key of the seal is a file of its own, and whose session a cookie is stands there as a hash."""
    files = (file for file in (trouble.folder / "var").iterdir() if file.is_file() and file.name != "seal.key")
    kept = b"".join(file.read_bytes() for file in files)
    open_ones = {"hook", "signing key"}  # its own name, which only the log of requests must not tell; nobody's but ours
    found = [name for name, one in trouble.secrets.items() if name not in open_ones and one.encode() in kept]
    assert found == []


def test_a_canary_that_did_get_out_would_be_found(trouble):
    trouble.heard["a slip"] = (
        f"Authorization: Basic {base64.b64encode(('admin:' + trouble.secrets['camera']).encode()).decode()}"
    )
    try:
        assert trouble.where_it_stands(trouble.secrets["camera"]) == ["a slip"]
    finally:
        del trouble.heard["a slip"]
