"""What a log in Redis promises besides: through kills, lost ends, and replicas that take over."""

import shutil
import threading
from contextlib import suppress
from datetime import timedelta

import pytest

from peoplecount.domain.change import Change, Subject
from peoplecount.eventlog.log import LogUnavailable, StaleState, StaleTerm, UnsuitableServer
from tests.support.events import NOON, changing, minutes, said, some
from tests.support.log_calls import LOG_CALLS
from tests.support.processes import free_port
from tests.support.waiting import wait_until

pytest.importorskip("redis", reason="redis-py is not installed (requirements-redis.txt)")

from peoplecount.domain.redis_address import RedisAddress
from peoplecount.eventlog.redis_log import RedisEventLog
from peoplecount.eventlog.redis_membership import RedisMembership
from peoplecount.eventlog.redis_scripts import LOG_KEYS
from peoplecount.eventlog.redis_server import Durability
from peoplecount.eventlog.redis_store import RedisStore


@pytest.fixture
def open_log():
    opened = []

    def open_log(server, **options):
        log = RedisEventLog(server.address(), **options)
        opened.append(log)
        log.open()
        return log

    yield open_log
    for log in opened:
        log.close()


def texts(log):
    return [said(entry.event) for entry in log.read(0, 1000)]


def append_turns(log, term, parts, told):
    """Append until Redis takes no more; ``told`` are the turns of which it said that it took them."""
    while True:
        turn = len(told)
        log.append(term, [changing("turn", turn, str(turn + 1), *(f"{turn} {part}" for part in parts))], NOON)
        told.append(turn)


def restart(server):
    server.kill()
    server.start()


def test_what_was_acknowledged_is_there_after_sigkill_and_ids_stay_good(redis_server, open_log):
    log = open_log(redis_server)
    term = log.raise_term()
    head = log.append(term, [changing("key", 0, "one", "a", "b")], NOON)
    restart(redis_server)
    assert log.append(term, [changing("key", 1, "two", "c")], NOON).epoch == head.epoch
    assert texts(log) == ["a", "b", "c"]
    assert log.load_states().states["key"].body == "two"


def test_killed_under_load_it_has_each_acknowledged_append_once_and_none_by_half(redis_server, open_log):
    log = open_log(redis_server)
    term = log.raise_term()
    killer = threading.Timer(0.3, redis_server.kill)
    killer.start()
    told = []
    with pytest.raises(LogUnavailable):
        append_turns(log, term, "abc", told)
    killer.join()
    redis_server.start()
    kept = log.load_states().states["turn"].version
    assert told
    assert kept in {len(told), len(told) + 1}
    assert [said(entry.event) for entry in log.read(0, 100_000)] == [
        f"{turn} {part}" for turn in range(kept) for part in "abc"
    ]


def test_while_redis_is_away_everything_says_so_and_goes_on_afterwards(redis_server, open_log):
    log = open_log(redis_server)
    term = log.raise_term()
    log.append(term, [some("a")], NOON)
    redis_server.kill()
    for call in (log.head, log.raise_term, lambda: log.append(term, [some("b")], NOON)):
        with pytest.raises(LogUnavailable, match="cannot be reached"):
            call()
    redis_server.start()
    log.append(term, [some("c")], NOON)
    assert texts(log) == ["a", "c"]


def test_a_redis_that_hangs_is_given_up_in_time(redis_server, open_log, monkeypatch):
    monkeypatch.setattr("peoplecount.eventlog.redis_link.ANSWER_SECONDS", 0.2)
    log = open_log(redis_server)
    redis_server.freeze()
    with pytest.raises(LogUnavailable, match="not answered in time"):
        log.head()
    redis_server.thaw()
    assert log.head().number == 0


def test_an_append_that_was_given_up_and_made_all_the_same_is_not_made_twice(redis_server, open_log, monkeypatch):
    monkeypatch.setattr("peoplecount.eventlog.redis_link.ANSWER_SECONDS", 0.2)
    log = open_log(redis_server)
    term = log.raise_term()
    log.append(term, [changing("key", 0, "one", "a")], NOON)
    redis_server.freeze()
    with pytest.raises(LogUnavailable):
        log.append(term, [changing("key", 1, "two", "b")], NOON)
    redis_server.thaw()
    wait_until(lambda: log.head().number == 2)
    with pytest.raises(StaleState):
        log.append(term, [changing("key", 1, "two", "b")], NOON)
    assert texts(log) == ["a", "b"]


def lose_the_end(server, folder, lose):
    """Let ``lose`` happen, and then put back what the disk had before."""
    server.copy_data(folder / "copy")
    lose()
    server.kill()
    server.put_back(folder / "copy")
    server.start()


def test_a_lost_end_is_noticed_by_whoever_knew_more_and_nobody_leads_after_it(redis_server, open_log, tmp_path):
    leader, follower = open_log(redis_server), open_log(redis_server)
    term = leader.raise_term()
    before = leader.append(term, [changing("key", 0, "one", "a")], NOON)
    lose_the_end(
        redis_server, tmp_path, lambda: (leader.append(term, [changing("key", 1, "two", "b")], NOON), follower.head())
    )
    found = follower.head()
    assert found.epoch != before.epoch
    assert found.number == 1
    with pytest.raises(StaleTerm):
        leader.append(term, [changing("key", 1, "two", "b")], NOON)
    again = leader.raise_term()
    assert leader.append(again, [changing("key", 1, "two", "b")], NOON) == (found.epoch, 2)


def test_the_leader_itself_notices_before_it_appends_to_another_past(redis_server, open_log, tmp_path):
    leader = open_log(redis_server)
    term = leader.raise_term()
    leader.append(term, [some("a")], NOON)
    lose_the_end(redis_server, tmp_path, lambda: leader.append(term, [some("b")], NOON))
    with pytest.raises(StaleTerm):
        leader.append(term, [some("c")], NOON)
    assert texts(leader) == ["a"]


def test_a_term_that_was_lost_is_not_given_to_another(redis_server, open_log, tmp_path):
    first, second = open_log(redis_server), open_log(redis_server)
    second.raise_term()
    terms = []
    lose_the_end(redis_server, tmp_path, lambda: terms.append(first.raise_term()))
    new = second.raise_term()
    assert new > terms[0]
    with pytest.raises(StaleTerm):
        first.append(terms[0], [some("a")], NOON)


def test_a_redis_that_lost_everything_is_a_new_log(redis_server, open_log):
    log = open_log(redis_server)
    term = log.raise_term()
    before = log.append(term, [some("a")], NOON)
    redis_server.kill()
    shutil.rmtree(redis_server.folder / "appendonlydir")
    redis_server.start()
    assert log.head().epoch != before.epoch
    assert texts(log) == []
    with pytest.raises(StaleTerm):
        log.append(term, [some("b")], NOON)


def test_after_a_restart_of_a_server_that_may_lose_the_epoch_is_another(make_redis, open_log):
    server = make_redis(appendfsync="everysec")
    log = open_log(server, least=Durability.EVERYSEC)
    term = log.raise_term()
    before = log.append(term, [some("a")], NOON)
    restart(server)
    assert log.head().epoch != before.epoch
    with pytest.raises(StaleTerm):
        log.append(term, [some("b")], NOON)


def test_a_replica_that_takes_over_has_another_epoch_though_nobody_knew_more(make_redis, open_log):
    primary = make_redis()
    replica = make_redis(replicaof=f"127.0.0.1 {primary.port}")
    log = open_log(primary)
    before = log.append(log.raise_term(), [some("a")], NOON)
    with pytest.raises(LogUnavailable, match="replica"):
        open_log(replica)
    wait_until(lambda: b"master_link_status:up" in replica.ask("INFO", "replication"))
    wait_until(lambda: replica.ask("XLEN", "{peoplecount}:events") == b":1\r\n")
    primary.kill()
    replica.ask("REPLICAOF", "NO", "ONE")
    there = open_log(replica)
    assert texts(there) == ["a"]
    assert there.head().epoch != before.epoch


def test_what_others_append_moves_the_counter(redis_server, open_log):
    one, other = open_log(redis_server), open_log(redis_server)
    term = other.raise_term()
    counter = one.change_counter()
    for change in (lambda: other.append(term, [some("a")], NOON), other.start_epoch):
        change()
        wait_until(lambda seen=counter: one.change_counter() != seen, seconds=5)
        wait_until(lambda: one._stamp == other._stamp)
        counter = one.change_counter()


def test_the_counter_moves_again_after_an_outage(redis_server, open_log):
    log, other = open_log(redis_server), open_log(redis_server)
    log.change_counter()
    restart(redis_server)
    counter = log.change_counter()
    other.append(other.raise_term(), [some("a")], NOON)
    wait_until(lambda: log.change_counter() != counter)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"appendfsync": "everysec"}, "appendfsync everysec"),
        ({"appendonly": "no"}, "appendonly"),
        ({"maxmemory_policy": "allkeys-lru"}, "noeviction"),
        ({"cluster_enabled": "yes", "cluster_port": str(free_port()), "databases": "1"}, "Cluster"),
    ],
)
def test_a_server_that_would_lose_what_it_has_is_refused_with_what_to_set(make_redis, open_log, options, words):
    server = make_redis(**options)
    with pytest.raises(UnsuitableServer, match=words):
        open_log(server)


def test_a_server_may_be_as_weak_as_it_is_said_to_be(make_redis, open_log):
    assert open_log(make_redis(appendonly="no"), least=Durability.ANY).head().number == 0


def test_a_wrong_password_is_said_and_not_repeated(make_redis, open_log):
    server = make_redis(requirepass="right-one")
    log = RedisEventLog(RedisAddress("127.0.0.1", server.port, password="wrong-one"))
    with pytest.raises(LogUnavailable, match="REDIS_URL") as refused:
        log.open()
    assert "wrong-one" not in str(refused.value)
    log = RedisEventLog(RedisAddress("127.0.0.1", server.port, password="right-one"))
    log.open()
    log.close()


def test_a_full_memory_is_said_and_nothing_is_kept_by_half(make_redis, open_log):
    server = make_redis(maxmemory="4mb", maxmemory_policy="noeviction")
    log = open_log(server)
    term = log.raise_term()
    told = []
    with pytest.raises(LogUnavailable, match="maxmemory"):
        append_turns(log, term, ["x" * 20_000], told)
    assert log.load_states().states["turn"].version == log.head().number == len(told) > 0


def test_trimming_gives_memory_back_also_of_entries_that_were_folded(redis_server, open_log):
    log = open_log(redis_server)
    term = log.raise_term()
    for _ in range(30):
        log.append(term, [some(*["x" * 1000] * 100)], NOON)
    full = log.size()
    assert log.trim(2990, NOON + minutes(1)) == 2990
    assert log.size() < full / 10


def test_an_entry_appended_by_a_machine_whose_clock_is_off_is_read_as_it_said(redis_server, open_log):
    log = open_log(redis_server)
    log.append(log.raise_term(), [some("a")], NOON - timedelta(days=400))
    assert log.read(0, 1)[0].appended_at == NOON - timedelta(days=400)


RIGHTS = ("~{peoplecount}:*", "+@all", "-@dangerous", "+info", "+config|get")
"""As the documents give them to a user of its own."""


def test_a_user_with_no_more_rights_than_it_needs_does_everything(redis_server):
    redis_server.ask("ACL", "SETUSER", "peoplecount", "on", ">sec:ret/1", "resetkeys", *RIGHTS)
    address = RedisAddress("127.0.0.1", redis_server.port, user="peoplecount", password="sec:ret/1")
    log = RedisEventLog(address)
    log.open()
    for call in LOG_CALLS.values():
        with suppress(StaleTerm):
            call(log)
    assert log.size() > 0
    store = RedisStore(log.link, None)
    store.put("key", "text")
    store.note_change(Change(NOON, "anna", "added", Subject.SITE, "shop"))
    assert (store.under("k"), len(store.changes(9))) == ({"key": "text"}, 1)
    member = RedisMembership(log.link, "machine", "1.0")
    member.join()
    assert log.free(["bank"]) == log.take(member.name, ["bank"]).shards
    member.leave()
    log.close()


@pytest.fixture
def join():
    """Has members be there; ``leave`` them to end it."""
    joined = []

    def join(log):
        joined.append(RedisMembership(log.link, "machine", "1.0"))
        joined[-1].join()
        return joined[-1]

    yield join
    for member in joined:
        member.leave()


def test_a_log_says_how_it_is_laid_out_and_one_that_does_not_yet_goes_on(redis_server, open_log):
    log = open_log(redis_server)
    log.append(log.raise_term(), [some("a")], NOON)
    head = log.head()
    assert log.link.ask("HGET", LOG_KEYS[0], "layout") == b"1"
    log.link.ask("HDEL", LOG_KEYS[0], "layout")
    later = open_log(redis_server)
    assert (later.head(), texts(later)) == (head, ["a"])
    assert log.link.ask("HGET", LOG_KEYS[0], "layout") == b"1"


@pytest.mark.parametrize("layout", ["2", "10", "another"])
def test_a_log_that_a_newer_program_has_laid_out_is_refused_in_words_and_stays_as_it_is(redis_server, open_log, layout):
    log = open_log(redis_server)
    log.append(log.raise_term(), [some("a")], NOON)
    log.link.ask("HSET", LOG_KEYS[0], "layout", layout, "run_id", "another run's")
    before = redis_server.ask("HGETALL", LOG_KEYS[0])
    with pytest.raises(LogUnavailable, match="newer version of this program; run that version here"):
        open_log(redis_server)
    for call in LOG_CALLS.values():  # of a program that was connected before
        with suppress(LogUnavailable):
            call(log)
    with pytest.raises(LogUnavailable, match=f"LAYOUT {layout} is newer than 1"):
        log.head()
    assert redis_server.ask("HGETALL", LOG_KEYS[0]) == before


def test_two_machines_append_each_for_its_own_shards(redis_server, open_log, join):
    one, other = open_log(redis_server), open_log(redis_server)
    first = one.take(join(one).name, ["bank", "store"])
    second = other.take(join(other).name, ["museum", "store"])
    assert (first.shards, second.shards) == ({"bank", "store"}, {"museum"})
    assert one.free(["bank", "museum", "store", "kiosk"]) == {"kiosk"}
    one.append(first.term, [changing("camera:a", 0, "1", "a")], NOON)
    other.append(second.term, [changing("camera:b", 0, "1", "b")], NOON)
    one.append(first.term, [changing("camera:a", 1, "2", "c")], NOON)
    assert texts(other) == ["a", "b", "c"]


def test_what_is_handed_over_is_appended_by_the_new_one_alone(redis_server, open_log, join):
    log = open_log(redis_server)
    one, other = join(log), join(log)
    before = log.take(one.name, ["bank", "store"])
    after = log.take(one.name, ["bank"])
    got = log.take(other.name, ["bank", "store"])
    assert (after.shards, got.shards) == ({"bank"}, {"store"})
    with pytest.raises(StaleTerm):
        log.append(before.term, [some("a")], NOON)
    with pytest.raises(StaleTerm):
        log.note_seen(before.term, {"7-0-1-1": NOON})
    log.append(after.term, [some("b")], NOON)
    log.append(got.term, [some("c")], NOON)
    assert texts(log) == ["b", "c"]


def test_whoever_loses_one_shard_appends_no_more_at_all(redis_server, open_log, join):
    log = open_log(redis_server)
    lost, other = join(log), join(log)
    before = log.take(lost.name, ["bank", "store"])
    lost.leave()
    assert log.append(before.term, [some("a")], NOON), "nobody has taken anything yet"
    assert log.leads(before.term)
    assert log.take(other.name, ["bank"]).shards == {"bank"}
    with pytest.raises(StaleTerm):
        log.append(before.term, [some("b")], NOON)
    assert not log.leads(before.term)
    assert log.free(["bank", "store"]) == {"store"}


def test_who_is_not_there_is_given_nothing(redis_server, open_log, join):
    log = open_log(redis_server)
    member = join(log)
    member.leave()
    assert log.take(member.name, ["bank"]).term == 0
    assert log.take(join(log).name, []).shards == frozenset()


def test_who_takes_nothing_wakes_nobody(redis_server, open_log, join):
    log = open_log(redis_server)
    one, other = join(log), join(log)
    log.take(one.name, ["bank"])
    counter = log.change_counter()
    assert log.take(other.name, ["bank"]).shards == set()
    assert log.take(other.name, []).shards == set()
    assert log.change_counter() == counter
    log.take(one.name, [])
    assert log.change_counter() != counter


def test_a_term_for_everything_ends_all_others(redis_server, open_log, join):
    log = open_log(redis_server)
    tenure = log.take(join(log).name, ["bank"])
    assert log.raise_term() > tenure.term
    with pytest.raises(StaleTerm):
        log.append(tenure.term, [some("a")], NOON)
    assert log.free(["bank"]) == {"bank"}


def test_whoever_had_shards_has_none_after_a_lost_end(redis_server, open_log, join, tmp_path):
    log = open_log(redis_server)
    member = join(log)
    tenure = log.take(member.name, ["bank"])
    log.append(tenure.term, [some("a")], NOON)
    lose_the_end(redis_server, tmp_path, lambda: log.append(tenure.term, [some("b")], NOON))
    with pytest.raises(StaleTerm):
        log.append(tenure.term, [some("c")], NOON)
    assert log.free(["bank"]) == {"bank"}


def test_some_states_can_be_asked_for(redis_server, open_log):
    log = open_log(redis_server)
    term = log.raise_term()
    log.append(term, [changing("camera:a", 0, "one"), changing("camera:b", 0, "two")], NOON)
    log.append(term, [changing("camera:a", 1, "three")], NOON)
    log.note_seen(term, {"a-0-1-1": NOON, "b-0-1-1": NOON})
    loaded, seen = log.states_of(["camera:a", "camera:c"], ["a-0-1-1", "c-0-1-1"])
    assert {key: (state.version, state.body) for key, state in loaded.states.items()} == {"camera:a": (2, "three")}
    assert seen == {"a-0-1-1": NOON}
    assert loaded.head == log.head()
