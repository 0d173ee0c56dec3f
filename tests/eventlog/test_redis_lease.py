"""The lead among several machines."""

import pytest

from peoplecount.eventlog.log import LogUnavailable
from tests.support.waiting import wait_until

pytest.importorskip("redis", reason="redis-py is not installed (requirements-redis.txt)")

from peoplecount.eventlog import redis_lease
from peoplecount.eventlog.redis_lease import RedisLease
from peoplecount.eventlog.redis_link import RedisLink


@pytest.fixture
def make_lease(redis_server):
    links = []

    def make(**more):
        links.append(RedisLink(redis_server.address()))
        return RedisLease(links[-1], **more)

    yield make
    for link in links:
        link.close()


@pytest.fixture
def short(monkeypatch):
    """A lease of a second and a half, relied on for one."""
    monkeypatch.setattr(redis_lease, "LEASE_SECONDS", 1.5)
    monkeypatch.setattr(redis_lease, "_MARGIN", 0.5)
    monkeypatch.setattr(redis_lease, "RENEW_SECONDS", 0.2)


def test_one_has_it_until_it_is_given_back(make_lease):
    one, other = make_lease(), make_lease()
    assert one.try_acquire()
    assert one.try_acquire()
    assert one.still_holds()
    assert not other.try_acquire()
    assert not other.still_holds()
    one.release()
    one.release()
    assert not one.still_holds()
    assert other.try_acquire()


def test_it_is_kept_for_longer_than_it_lasts(make_lease, short):
    one, other = make_lease(), make_lease()
    assert one.try_acquire()
    begun = one._until
    wait_until(lambda: one._until > begun + 2, seconds=10)
    assert one.still_holds()
    assert not other.try_acquire()


def test_of_one_that_is_gone_it_runs_out(make_lease, short, monkeypatch):
    one, other = make_lease(), make_lease()
    assert one.try_acquire()
    one._link.close()  # as a machine that is lost does: it does not give it back
    wait_until(other.try_acquire, seconds=10)
    assert not one.still_holds()


def test_whoever_slept_through_its_end_knows_by_its_own_clock(make_lease):
    moment = [1000.0]
    one = make_lease(monotonic=lambda: moment[0])
    assert one.try_acquire()
    moment[0] += redis_lease.LEASE_SECONDS
    assert not one.still_holds()


def test_while_redis_is_away_it_is_not_had_and_afterwards_it_can_be(make_lease, redis_server, short):
    one, other = make_lease(), make_lease()
    assert one.try_acquire()
    redis_server.kill()
    wait_until(lambda: not one.still_holds(), seconds=10)
    with pytest.raises(LogUnavailable):
        other.try_acquire()
    one.release()
    redis_server.start()
    wait_until(other.try_acquire, seconds=10)
