"""A log in a Redis that Sentinels watch over: it goes wherever they say the primary is."""

import time

import pytest

from peoplecount.eventlog.log import LogUnavailable, StaleTerm
from tests.support.events import NOON, said, some
from tests.support.processes import free_port
from tests.support.waiting import wait_until

pytest.importorskip("redis", reason="redis-py is not installed (requirements-redis.txt)")

from peoplecount.domain.redis_address import RedisAddress
from peoplecount.eventlog.redis_log import RedisEventLog
from tests.support.redis_sentinel import SERVICE, RedisSentinel
from tests.support.redis_server import is_installed


@pytest.fixture
def primary(make_redis):
    return make_redis(repl_diskless_sync_delay="0")


@pytest.fixture
def replica(primary, make_redis):
    replica = make_redis(replicaof=f"127.0.0.1 {primary.port}")
    replica.wait_until_it_follows()
    return replica


@pytest.fixture
def sentinel(tmp_path, primary):
    sentinel = RedisSentinel(tmp_path / "sentinel")
    sentinel.start()
    sentinel.watch(primary)
    yield sentinel
    sentinel.kill()


@pytest.fixture
def ready(replica, sentinel):
    """The Sentinel knows of the replica, which was there first: else it looks for one every ten seconds."""
    wait_until(sentinel.knows_replica)


@pytest.fixture
def open_log():
    opened = []

    def open_log(*sentinels, name=SERVICE):
        opened.append(RedisEventLog(RedisAddress(name), sentinels=sentinels))
        opened[-1].open()
        return opened[-1]

    yield open_log
    for log in opened:
        log.close()


def texts(log):
    return [said(entry.event) for entry in log.read(0, 10_000)]


def append_again(log, text, seconds=20):
    """Until it is taken, by whatever server."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            return log.append(log.raise_term(), [some(text)], NOON)
        except (LogUnavailable, StaleTerm):
            time.sleep(0.05)
    raise AssertionError(f"nobody has taken {text!r} in {seconds} s")


def offset(server, name):
    """How far a server has come in what is replicated."""
    return next(line for line in server.ask("INFO", "replication").split() if line.startswith(name)).partition(b":")[2]


def wait_until_replicated(primary, replica):
    """Until the replica has all that the primary has acknowledged."""
    replica.wait_until_it_follows()
    wait_until(lambda: offset(primary, b"master_repl_offset") == offset(replica, b"slave_repl_offset"))


@pytest.mark.usefixtures("ready")
def test_after_a_failover_it_goes_on_with_all_that_the_replica_had(primary, replica, sentinel, open_log):
    log = open_log(sentinel.address())
    term = log.raise_term()
    turns = [log.append(term, [some(str(turn))], NOON) for turn in range(200)]
    wait_until_replicated(primary, replica)
    primary.kill()
    after = append_again(log, "after")
    assert log.link.address.port == replica.port
    assert texts(log) == [*map(str, range(200)), "after"]
    assert after.epoch != turns[-1].epoch, "who had read what the replica may lack is told"
    with pytest.raises(StaleTerm):
        log.append(term, [some("by the former term")], NOON)


@pytest.mark.usefixtures("ready")
def test_a_primary_that_becomes_a_replica_is_left(primary, replica, sentinel, open_log):
    log = open_log(sentinel.address())
    log.append(log.raise_term(), [some("before")], NOON)
    wait_until_replicated(primary, replica)
    wait_until(lambda: sentinel.ask("SENTINEL", "FAILOVER", SERVICE) == b"+OK\r\n")
    wait_until(lambda: b"role:slave" in primary.ask("INFO", "replication"))
    append_again(log, "after")
    assert log.link.address.port == replica.port
    assert texts(log) == ["before", "after"]


def test_a_primary_that_was_replaced_is_left_though_it_answers(primary, sentinel, open_log, make_redis):
    log, other = open_log(sentinel.address()), make_redis()
    log.append(log.raise_term(), [some("before")], NOON)
    log.change_counter()  # from here on it is looked for
    sentinel.ask("SENTINEL", "REMOVE", SERVICE)
    sentinel.watch(other)
    wait_until(lambda: log.link.address.port == other.port)
    append_again(log, "after")
    assert other.ask("XLEN", "{peoplecount}:events") == b":1\r\n"
    assert primary.ask("XLEN", "{peoplecount}:events") == b":1\r\n"


def test_a_sentinel_that_is_away_or_knows_nothing_is_passed_over(primary, sentinel, open_log, tmp_path):
    other = RedisSentinel(tmp_path / "other")
    other.start()
    try:
        log = open_log(RedisAddress("127.0.0.1", free_port()), other.address(), sentinel.address())
        assert log.link.address == primary.address()
    finally:
        other.kill()


def test_a_name_that_no_sentinel_knows_is_said(sentinel, open_log):
    with pytest.raises(LogUnavailable, match=f"where the Redis 'nobody' is .*127.0.0.1:{sentinel.port} knows none"):
        open_log(sentinel.address(), name="nobody")


def test_while_no_sentinel_is_there_the_server_at_hand_is_used_on(sentinel, open_log):
    log = open_log(sentinel.address())
    counter = log.change_counter()
    sentinel.kill()
    with pytest.raises(LogUnavailable, match="no Sentinel tells"):
        open_log(sentinel.address())  # which has never been told
    log.append(log.raise_term(), [some("a")], NOON)
    wait_until(lambda: log.change_counter() != counter)
    assert texts(log) == ["a"]


@pytest.mark.skipif(not is_installed(), reason="Redis is not installed")
def test_a_sentinel_may_want_a_password(tmp_path, open_log):
    sentinel = RedisSentinel(tmp_path / "sentinel", password="s3cret")
    sentinel.start()
    try:
        with pytest.raises(LogUnavailable, match=r"NOAUTH|Authentication") as refused:
            open_log(sentinel.address())
        assert "s3cret" not in str(refused.value)
        with pytest.raises(LogUnavailable, match="knows none of this name"):
            open_log(RedisAddress("127.0.0.1", sentinel.port, password="s3cret"))
    finally:
        sentinel.kill()
