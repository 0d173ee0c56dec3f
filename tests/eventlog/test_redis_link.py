"""Connections to Redis: in the process of a worker, over TLS, and what an address may look like."""

import subprocess
import sys

import pytest

from tests.support.certificate_files import write_certificate
from tests.support.processes import ROOT, free_port

pytest.importorskip("redis", reason="redis-py is not installed (requirements-redis.txt)")

from peoplecount.domain.redis_address import RedisAddress
from peoplecount.eventlog.log import LogUnavailable
from peoplecount.eventlog.redis_link import RedisLink


def in_greenlets(*arguments):
    script = ROOT / "tests" / "support" / "gevent_redis.py"
    done = subprocess.run(
        [sys.executable, str(script), *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def tls_server(make_redis, tmp_path):
    cert, key = write_certificate(tmp_path)
    port = free_port()
    files = {"tls_cert_file": str(cert), "tls_key_file": str(key), "tls_auth_clients": "no"}
    return make_redis(tls_port=str(port), **files), port, cert


def test_greenlets_share_a_log_and_nobody_stops_the_loop(redis_server):
    assert "done" in in_greenlets(redis_server.port)


def test_greenlets_share_a_log_over_tls(tls_server):
    _, port, cert = tls_server
    assert "done" in in_greenlets(port, cert)


def test_a_certificate_that_nobody_vouches_for_is_refused(tls_server):
    _, port, _ = tls_server
    link = RedisLink(RedisAddress("127.0.0.1", port, password="never-sent", is_tls=True))
    with pytest.raises(LogUnavailable, match="certificate verify failed"):
        link.ask("PING")


def test_a_connection_that_was_closed_meanwhile_is_not_used(redis_server):
    link = RedisLink(redis_server.address())
    number = link.ask("CLIENT", "ID")
    assert link.ask("CLIENT", "ID") == number
    redis_server.kill()
    redis_server.start()
    assert link.ask("PING") == b"PONG"
    link.close()


def test_after_an_answer_that_is_a_refusal_the_connection_is_used_again(redis_server):
    link = RedisLink(redis_server.address())
    number = link.ask("CLIENT", "ID")
    with pytest.raises(LogUnavailable, match="could not be used"):
        link.ask("NONSENSE")
    assert link.ask("CLIENT", "ID") == number
    link.close()
    with pytest.raises(LogUnavailable, match="closed"):
        link.ask("PING")


def test_a_name_that_nobody_knows_is_said():
    with pytest.raises(LogUnavailable, match="cannot be reached"):
        RedisLink(RedisAddress("nowhere.invalid")).ask("PING")
