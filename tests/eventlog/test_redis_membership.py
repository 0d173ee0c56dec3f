"""Who is there, among several machines."""

import time

import pytest

from peoplecount.eventlog.log import LogUnavailable
from tests.support.waiting import wait_until

pytest.importorskip("redis", reason="redis-py is not installed (requirements-redis.txt)")

from peoplecount.eventlog import redis_membership
from peoplecount.eventlog.redis_link import RedisLink
from peoplecount.eventlog.redis_membership import RedisMembership
from peoplecount.eventlog.redis_scripts import MEMBERS


@pytest.fixture
def make_member(redis_server):
    links = []

    def make(machine=None, **more):
        links.append(RedisLink(redis_server.address()))
        return RedisMembership(links[-1], machine or f"machine-{len(links)}", "1.0", **more)

    yield make
    for link in links:
        link.close()


@pytest.fixture
def short(monkeypatch):
    """A second and a half, relied on for one."""
    monkeypatch.setattr(redis_membership, "THERE_SECONDS", 1.5)
    monkeypatch.setattr(redis_membership, "_MARGIN", 0.5)
    monkeypatch.setattr(redis_membership, "RENEW_SECONDS", 0.2)


def test_each_knows_of_the_others_until_they_leave(make_member):
    one, other = make_member(), make_member()
    one.join()
    other.join()
    assert other.members() == tuple(sorted([one.name, other.name]))
    wait_until(lambda: one.members() == other.members(), seconds=10)
    one.leave()
    one.leave()
    assert not one.is_there()
    assert one.others() == (other.name,)
    wait_until(lambda: other.members() == (other.name,), seconds=10)
    one.join()
    assert one.is_there()


def test_who_only_looks_is_not_there(make_member):
    one, other = make_member(), make_member()
    assert one.others() == ()
    other.join()
    assert one.others() == (other.name,)
    assert other.members() == (other.name,)


def test_it_is_there_for_longer_than_it_says_at_once(make_member, short):
    one, other = make_member(), make_member()
    one.join()
    begun = one._until
    wait_until(lambda: one._until > begun + 2, seconds=10)
    assert one.is_there()
    assert other.others() == (one.name,)


def test_of_one_that_is_gone_it_runs_out(make_member, short):
    one, other = make_member(), make_member()
    one.join()
    one._link.close()  # as a machine that is lost does: it does not say so
    wait_until(lambda: other.others() == (), seconds=10)
    assert not one.is_there()


def test_one_that_is_gone_runs_out_also_where_the_clock_of_redis_was_set_back(make_member, short):
    one, other = make_member(), make_member()
    in_an_hour = 1000 * (time.time() + 3600)
    one._link.ask("ZADD", MEMBERS, in_an_hour, "lost", in_an_hour, one.name)
    other.join()
    assert other.members() == tuple(sorted(["lost", one.name, other.name])), "they may be there: their word may be old"
    one.join()
    wait_until(lambda: other.members() == tuple(sorted([one.name, other.name])), seconds=10)


def test_whoever_slept_through_its_end_knows_by_its_own_clock(make_member):
    moment = [1000.0]
    one = make_member(monotonic=lambda: moment[0])
    one.join()
    assert one.is_there()
    moment[0] += redis_membership.THERE_SECONDS
    assert not one.is_there()


def test_while_redis_is_away_nobody_is_there_and_afterwards_one_can_be(make_member, redis_server, short):
    one, other = make_member(), make_member()
    one.join()
    redis_server.kill()
    wait_until(lambda: not one.is_there(), seconds=10)
    with pytest.raises(LogUnavailable):
        other.join()
    one.leave()
    redis_server.start()
    other.join()
    assert other.is_there()


def test_who_follows_a_lost_process_of_its_machine_takes_it_out(make_member):
    lost, other, again = make_member("one"), make_member("two"), make_member("one")
    lost.join()
    lost._link.close()
    assert not other.follows_one_that_was_lost()
    other.join()
    assert again.follows_one_that_was_lost()
    assert again.others() == (other.name,)
    assert not again.follows_one_that_was_lost()


def test_a_machine_of_the_same_name_that_is_not_lost_is_there_again(make_member, short):
    one, other = make_member("one"), make_member("one")
    one.join()
    assert other.follows_one_that_was_lost()
    wait_until(lambda: other.others() == (one.name,), seconds=10)
    assert one.is_there()
