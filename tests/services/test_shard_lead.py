import pytest

from peoplecount.domain.camera import Camera
from peoplecount.domain.door import Door
from peoplecount.domain.line import Line, LineKey
from peoplecount.domain.member import machine_of, member_name
from peoplecount.domain.roster import Roster
from peoplecount.domain.site import DEFAULT_SITE_ID, Site
from peoplecount.eventlog.log import LogUnavailable, Tenure
from peoplecount.services.shard_lead import ASIDE_SECONDS, SETTLE_SECONDS, ShardLead
from tests.support.fake_clock import FakeClock

SITES = {key: Site(key, key, "UTC") for key in (DEFAULT_SITE_ID, "bank", "museum", "store")}
EVERYTHING = frozenset(SITES)
AT_GATE = Line(LineKey("both"), "", "gate")


def roster(*sites):
    cameras = [Camera(f"at {site}", site, "http://192.0.2.1", site_id=site) for site in sites]
    return Roster({one.camera_id: one for one in cameras}, SITES)


class Hall:
    """What machines share, in memory."""

    def __init__(self):
        self.there = []
        self.holders = {}
        self.tenures = {}
        self.terms = 0
        self.is_away = False
        self.asked = 0

    def take(self, member, shards):
        self.asked += 1
        self.demand()
        self.holders = {shard: holder for shard, holder in self.holders.items() if holder != member}
        taken = self.free(shards)
        self.holders |= dict.fromkeys(taken, member)
        self.terms += 1
        self.tenures[member] = self.terms if taken else 0
        return Tenure(self.tenures[member], taken)

    def leads(self, term):
        self.demand()
        return term in self.tenures.values()

    def begin_anew(self):
        """As where the end of the log was lost: nobody has anything."""
        self.holders, self.tenures = {}, {}

    def free(self, shards):
        self.demand()
        return frozenset(shard for shard in shards if self.holders.get(shard) not in self.there)

    def demand(self):
        if self.is_away:
            raise LogUnavailable("away")


class Member:
    def __init__(self, hall, name):
        self.hall, self.name = hall, name

    def join(self):
        self.hall.demand()
        self.hall.there.append(self.name)

    def is_there(self):
        return self.name in self.hall.there

    def members(self):
        return tuple(sorted(self.hall.there))

    def others(self):
        self.hall.demand()
        return tuple(name for name in self.members() if name != self.name)

    def follows_one_that_was_lost(self):
        self.hall.demand()
        lost = [name for name in self.others() if machine_of(name) == machine_of(self.name)]
        self.hall.there = [name for name in self.hall.there if name not in lost]
        return bool(lost)

    def leave(self):
        if self.is_there():
            self.hall.there.remove(self.name)


class MachineLock:
    is_free = True

    def try_acquire(self):
        return self.is_free

    def still_holds(self):
        return self.is_free

    def release(self):
        pass


class Town:
    def __init__(self):
        self.hall, self.clock = Hall(), FakeClock()
        self.roster = roster("bank", "museum", "store")
        self.locks = []
        self.other_keys = set()

    def machine(self, name):
        self.locks.append(MachineLock())
        return ShardLead(
            self.locks[-1],
            Member(self.hall, name),
            self.hall,
            roster=lambda: self.roster,
            lacks_cameras=lambda: name in self.other_keys,
            monotonic=self.clock.monotonic,
        )

    def machines(self, *names):
        """Started together, with their shards."""
        found = [self.machine(name) for name in names]
        for one in found:
            assert not one.try_acquire()
        self.clock.passes(SETTLE_SECONDS)
        for one in found:
            one.try_acquire()
        return found


@pytest.fixture
def town():
    return Town()


def shares(*machines):
    return [machine.share.site_ids for machine in machines]


def test_one_alone_has_everything(town):
    (one,) = town.machines("one")
    assert one.share.site_ids == EVERYTHING
    assert one.term == 1
    assert one.still_holds()
    assert not one.has_other_part()


def test_who_starts_together_takes_its_own_at_once(town):
    machines = town.machines("one", "two", "three")
    assert frozenset().union(*shares(*machines)) == EVERYTHING
    assert sum(map(len, shares(*machines))) == len(EVERYTHING)
    assert not any(one.has_other_part() for one in machines)
    assert sum(one.share.coordinates for one in machines) == 1


def test_shards_are_handed_over_to_one_that_comes(town):
    (one,) = town.machines("one")
    two = town.machine("two")
    two.try_acquire()
    town.clock.passes(SETTLE_SECONDS)
    assert not two.try_acquire(), "they are not free yet"
    assert one.has_other_part()
    assert one.try_acquire(), "what stays is taken anew"
    assert two.try_acquire()
    assert frozenset().union(*shares(one, two)) == EVERYTHING
    assert not shares(one)[0] & shares(two)[0]
    assert not one.has_other_part()
    assert not two.has_other_part()


def test_shards_of_one_that_is_gone_are_taken_by_the_rest(town):
    one, two = town.machines("one", "two")
    town.hall.there.remove("two")
    assert not two.still_holds()
    assert one.has_other_part()
    assert one.try_acquire()
    assert one.share.site_ids == EVERYTHING


def test_a_site_that_is_new_is_taken_too(town):
    (one,) = town.machines("one")
    town.roster = Roster({}, SITES | {"kiosk": Site("kiosk", "Kiosk", "UTC")})
    assert one.has_other_part()
    assert one.try_acquire()
    assert "kiosk" in one.share.site_ids


def test_what_was_lost_is_taken_anew_though_nothing_was_appended(town):
    one, two = town.machines("one", "two")
    town.hall.begin_anew()
    for machine in (one, two):
        assert machine.has_other_part()
        assert machine.try_acquire()
        assert not machine.has_other_part()
    assert frozenset().union(*shares(one, two)) == EVERYTHING


def test_while_nobody_can_be_asked_nothing_changes(town):
    one, _two = town.machines("one", "two")
    town.hall.there.remove("two")
    town.hall.is_away = True
    assert not one.has_other_part()
    with pytest.raises(LogUnavailable):
        one.try_acquire()


def test_who_has_given_up_leaves_it_to_the_others_for_a_while(town):
    one, _two = town.machines("one", "two")
    one.release()
    one.release()
    town.clock.passes(ASIDE_SECONDS / 2)
    assert not one.try_acquire()
    assert town.hall.there == ["two"]
    town.clock.passes(ASIDE_SECONDS)
    one.try_acquire()
    assert town.hall.there == ["two", "one"]


def test_who_cannot_open_the_passwords_leaves_the_cameras_to_others_as_long_as_there_are_any(town):
    one, two = town.machines("one", "two")
    town.other_keys = {"two"}
    assert one.still_holds()
    assert not two.still_holds()
    two.release()
    town.clock.passes(10 * ASIDE_SECONDS)
    assert not two.try_acquire()
    assert town.hall.there == ["one"]
    town.hall.there.remove("one")
    two.try_acquire()
    town.clock.passes(SETTLE_SECONDS)
    assert two.try_acquire()
    assert two.share.site_ids == EVERYTHING
    assert two.still_holds()


def test_who_is_alone_tries_again_at_once(town):
    (one,) = town.machines("one")
    one.release()
    one.try_acquire()
    assert town.hall.there == ["one"]


def test_of_a_machine_one_process_takes_part(town):
    one = town.machine("one")
    town.locks[0].is_free = False
    town.clock.passes(SETTLE_SECONDS)
    assert not one.try_acquire()
    assert town.hall.there == []
    town.locks[0].is_free = True
    one.try_acquire()
    town.clock.passes(SETTLE_SECONDS)
    assert one.try_acquire()
    town.locks[0].is_free = False
    assert not one.still_holds()


def test_more_machines_than_shards_wait_for_theirs(town):
    town.roster = Roster({}, {})
    machines = town.machines("one", "two", "three")
    assert [machine.share.coordinates for machine in machines].count(True) == 1
    assert [machine.still_holds() for machine in machines] == [True, True, True]


def test_sites_that_come_to_share_a_camera_are_taken_together(town):
    (one,) = town.machines("one")
    town.roster = roster("bank", "museum")
    assert not one.has_other_part(), "other cameras at the same sites are no other part"
    cameras = {"both": Camera("both", "Both", "http://192.0.2.1", site_id="store", lines=(AT_GATE,))}
    town.roster = Roster(cameras, SITES, {"gate": Door("gate", "bank", "Gate")})
    assert one.has_other_part(), "one of the two shards is no more"
    assert one.try_acquire()
    assert not one.has_other_part()
    assert one.share.site_ids == EVERYTHING


def test_who_fails_again_and_again_tries_ever_more_rarely(town):
    one, _two = town.machines("one", "two")
    waited = []
    for _ in range(8):
        one.release()
        waited.append(0)
        while "one" not in town.hall.there:
            town.clock.passes(10)
            waited[-1] += 10
            one.try_acquire()
    assert waited == [10, 20, 40, 80, 160, 320, 600, 600]


def test_who_could_not_ask_has_not_failed(town):
    one, two = town.machines("one", "two")
    town.hall.begin_anew()
    town.hall.is_away = True
    with pytest.raises(LogUnavailable):
        one.try_acquire()
    one.release()
    town.hall.is_away = False
    one.try_acquire()
    assert town.hall.there == ["two", "one"], "at once, though there is another one"
    town.clock.passes(SETTLE_SECONDS)
    assert one.try_acquire()
    assert two.try_acquire()
    assert frozenset().union(*shares(one, two)) == EVERYTHING


def test_who_has_nothing_to_take_asks_for_nothing(town):
    town.roster = Roster({}, {})
    machines = town.machines("one", "two", "three")
    asked = town.hall.asked
    idle = [machine for machine in machines if not machine.share.coordinates]
    for _ in range(3):
        assert not any(machine.try_acquire() for machine in idle)
    assert town.hall.asked == asked
    town.roster = roster("bank", "museum", "store")
    assert any(machine.try_acquire() for machine in idle)


def named(machine, process, version="1.0"):
    return member_name(machine, version, str(process))


def test_a_process_in_the_place_of_a_lost_one_leaves_its_part_to_others_and_has_it_again_afterwards(town):
    one, two = town.machines(named("one", 1), named("two", 2))
    (had,) = shares(two)
    again = town.machine(named("two", 3))
    assert not again.try_acquire()
    assert town.hall.there == [named("one", 1)], "nobody waits until it runs out"
    assert one.has_other_part()
    assert one.try_acquire()
    assert one.share.site_ids == EVERYTHING
    town.clock.passes(ASIDE_SECONDS)
    again.try_acquire()
    town.clock.passes(SETTLE_SECONDS)
    assert one.has_other_part()
    assert one.try_acquire()
    assert again.try_acquire()
    assert shares(again) == [had]


def test_a_process_in_the_place_of_a_lost_one_that_was_alone_goes_on_at_once(town):
    town.machines(named("one", 1))
    again = town.machine(named("one", 2))
    assert not again.try_acquire()
    assert town.hall.there == [named("one", 2)]
    town.clock.passes(SETTLE_SECONDS)
    assert again.try_acquire()
    assert again.share.site_ids == EVERYTHING


@pytest.mark.parametrize("earlier", [named("old", 1, "0.9"), "old 1 f00d"])
def test_who_is_of_another_version_waits_until_the_others_have_ended(town, earlier, caplog):
    (old,) = town.machines(earlier)
    new = town.machine(named("new", 2))
    for _ in range(3):
        assert not new.try_acquire()
        town.clock.passes(SETTLE_SECONDS)
    assert town.hall.there == [earlier]
    assert new.waits_for
    assert [record.message.count("another version") for record in caplog.records] == [1]
    assert not old.has_other_part()
    old.release()
    new.try_acquire()
    town.clock.passes(SETTLE_SECONDS)
    assert new.try_acquire()
    assert not new.waits_for
    assert new.share.site_ids == EVERYTHING


def test_who_does_not_wait_for_another_version_is_given_nothing(town):
    (new,) = town.machines(named("new", 2))
    town.hall.there.append("old 1 f00d")  # as a program did that did not look for versions
    assert not new.has_other_part()


def test_who_takes_no_part_sees_how_many_do(town):
    one, _ = town.machines("one", "two")
    assert (one.machines(), one.sites()) == (2, len(one.share.site_ids))
    late = town.machine("three")
    assert (late.machines(), late.sites()) == (None, None), "it has not looked yet"
    town.locks[-1].is_free = False  # as where another process of its machine takes part
    assert not late.try_acquire()
    assert (late.machines(), late.sites()) == (2, 0)


def test_the_sites_of_another_process_of_its_machine_are_not_called_none(town):
    town.machines(member_name("here", "1.0", "100"), member_name("there", "1.0", "1"))
    beside = town.machine(member_name("here", "1.0", "101"))
    town.locks[-1].is_free = False
    assert not beside.try_acquire()
    assert (beside.machines(), beside.sites()) == (2, None)


def test_what_was_seen_before_redis_went_away_is_not_told_on(town):
    town.machines("one")
    late = town.machine("two")
    town.locks[-1].is_free = False
    late.try_acquire()
    town.hall.is_away = True
    assert not late.try_acquire(), "no error: whoever has the lock tells"
    assert (late.machines(), late.sites()) == (None, None)
