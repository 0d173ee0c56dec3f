"""Weekly traffic: invented people with the shape of a real week."""

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest

from peoplecount.simulator.fleets import default_fleet
from tests.support.virtual_cameras import ZURICH

TUESDAY, SATURDAY, SUNDAY = date(2026, 3, 3), date(2026, 3, 7), date(2026, 3, 8)
MAIN_ENTRANCE, BANK = "1-0-1-1", "2-0-1-1"


def by_hour(fleet, day, line_ids=None):
    """People entering by local hour, all lines together."""
    hours = [0] * 24
    for line_id in line_ids or all_lines(fleet):
        for instant in fleet.traffic.crossings(line_id, day).entered:
            hours[datetime.fromtimestamp(instant, ZURICH).hour] += 1
    return hours


def all_lines(fleet):
    return [camera.line_id(line) for camera in fleet.cameras for line in camera.lines]


def test_the_same_seed_brings_the_same_people():
    first, second = default_fleet(seed=7), default_fleet(seed=7)
    assert first.traffic.crossings(MAIN_ENTRANCE, TUESDAY) == second.traffic.crossings(MAIN_ENTRANCE, TUESDAY)


def test_days_asked_for_in_another_order_are_the_same():
    first, second = default_fleet(), default_fleet()
    before = [first.traffic.crossings(MAIN_ENTRANCE, TUESDAY + timedelta(days=day)) for day in range(9)]
    after = [second.traffic.crossings(MAIN_ENTRANCE, TUESDAY + timedelta(days=day)) for day in reversed(range(9))]
    assert before == after[::-1]


def test_another_seed_brings_other_people():
    people = default_fleet(seed=7).traffic.crossings(MAIN_ENTRANCE, TUESDAY)
    assert people != default_fleet(seed=8).traffic.crossings(MAIN_ENTRANCE, TUESDAY)


@pytest.mark.parametrize("busy", [None, 3.0])
def test_a_day_has_its_peaks_at_noon_and_at_17h(busy):
    hours = by_hour(default_fleet(busy=busy), TUESDAY)
    assert hours[12] > 1.1 * max(hours[10], hours[14])
    assert hours[17] > 1.1 * max(hours[15], hours[19])
    assert max(hours[0:6]) < hours[12] / 2


def test_nobody_comes_at_night_unless_it_is_busy():
    assert sum(by_hour(default_fleet(), TUESDAY)[0:6]) == 0


def test_on_sundays_the_bank_is_closed_and_on_saturdays_the_store_is_fuller():
    fleet = default_fleet()
    assert sum(by_hour(fleet, SUNDAY, [BANK])) == 0
    assert sum(by_hour(fleet, SATURDAY, [MAIN_ENTRANCE])) > sum(by_hour(fleet, TUESDAY, [MAIN_ENTRANCE]))


@pytest.mark.parametrize("day", [TUESDAY, date(2026, 3, 29), date(2026, 10, 25)])
def test_people_leave_what_they_entered_on_the_same_day(day):
    fleet = default_fleet()
    balance = {}
    for camera in fleet.cameras:
        steps = balance.setdefault(camera.site.name, [])
        for line in camera.lines:
            crossings = fleet.traffic.crossings(camera.line_id(line), day)
            steps += [(instant, 1) for instant in crossings.entered] + [(instant, -1) for instant in crossings.left]
    for steps in balance.values():
        inside = 0
        for _, step in sorted(steps):
            inside += step
            assert inside >= 0
        assert inside == 0
    assert len(balance) == 3


@pytest.mark.parametrize("day", [TUESDAY, SUNDAY, date(2026, 3, 29), date(2026, 10, 25)])
def test_a_busy_fleet_has_somebody_crossing_in_every_second_of_day_and_night(day):
    fleet = default_fleet(12, busy=3.0)
    start = datetime(day.year, day.month, day.day, tzinfo=ZURICH)
    seconds = int((start.replace(tzinfo=ZURICH) + timedelta(days=1)).timestamp() - start.timestamp())
    moved = set()
    for line_id in all_lines(fleet):
        crossings = fleet.traffic.crossings(line_id, day)
        moved |= {
            int(instant - start.timestamp()) for instants in (crossings.entered, crossings.left) for instant in instants
        }
    assert set(range(seconds)) <= moved


def instants_of(fleet, day):
    """When somebody crosses any line, in order."""
    found = [fleet.traffic.crossings(line_id, day) for line_id in all_lines(fleet)]
    return sorted(instant for one in found for instants in (one.entered, one.left) for instant in instants)


def longest_pause(instants, day, first_hour, last_hour):
    """Seconds without anybody between two hours of the day."""
    start = datetime(day.year, day.month, day.day, tzinfo=ZURICH).timestamp()
    within = [one for one in instants if start + first_hour * 3600 <= one < start + last_hour * 3600]
    return max(after - before for before, after in pairwise(within))


@pytest.mark.parametrize("day", [TUESDAY, SUNDAY, date(2026, 3, 29), date(2026, 10, 25)])
def test_nights_of_a_busy_fleet_can_be_quiet_and_still_something_moves(day):
    fleet = default_fleet(12, busy=3.0, quiet_nights=True)
    hours = by_hour(fleet, day)
    assert max(hours[0:6]) < hours[12] / 10  # where clocks are put back, an hour comes twice
    instants = instants_of(fleet, day)
    assert longest_pause(instants, day, 1, 6) < 60
    assert longest_pause(instants, day, 11, 17) < 20


def test_a_place_that_is_closed_all_day_is_quiet_all_day():
    fleet = default_fleet(12, busy=3.0, quiet_nights=True)
    assert sum(by_hour(fleet, SUNDAY, [BANK])) < sum(by_hour(fleet, TUESDAY, [BANK])) / 10


def test_after_a_quiet_night_nobody_is_left_inside():
    fleet = default_fleet(12, busy=3.0, quiet_nights=True)
    for line_id in all_lines(fleet):
        crossings = fleet.traffic.crossings(line_id, TUESDAY)
        assert list(crossings.left) == sorted(crossings.left)
    people = [fleet.traffic.crossings(line_id, TUESDAY) for line_id in all_lines(fleet)]
    assert sum(len(one.entered) for one in people) == sum(len(one.left) for one in people)


def test_the_fleet_mixes_sites_channels_and_generations():
    cameras = default_fleet(3).cameras
    assert len({camera.site.name for camera in cameras}) == 3
    cameras = default_fleet().cameras
    assert {camera.channels for camera in cameras} == {1, 2}
    assert {(camera.firmware.dialect, camera.firmware.speaks_json) for camera in cameras} == {
        ("classic", False),
        ("classic", True),
        ("wiseai", True),
    }
    assert all(camera.mac.startswith("00:00:5E:00:53:") for camera in cameras)


def test_a_larger_fleet_has_further_towns_and_nobody_twice():
    cameras = default_fleet(100).cameras
    assert len({camera.camera_id for camera in cameras}) == len({camera.serial for camera in cameras}) == 100
    assert len({camera.site.name for camera in cameras}) == 27


@pytest.mark.parametrize("dialect", ["classic", "wiseai"])
def test_a_fleet_can_be_of_one_kind(dialect):
    assert {camera.firmware.dialect for camera in default_fleet(dialect=dialect).cameras} == {dialect}


def test_classic_cameras_have_one_rule_only():
    classic = default_fleet(dialect="classic")
    assert {line.rule for camera in classic.cameras for line in camera.lines} == {1}


def test_passwords_stay_out_of_texts():
    camera = default_fleet(1).cameras[0]
    assert camera.password not in repr(camera)
