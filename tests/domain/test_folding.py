import json
from dataclasses import replace
from datetime import timedelta

import pytest

from peoplecount.domain.event import EventKind, LogEntry, NewEvent, Quality
from peoplecount.domain.event_body import break_event, read_increment
from peoplecount.domain.event_id import EventId
from peoplecount.domain.figures import Figures
from peoplecount.domain.folding import Folding
from peoplecount.domain.interval import Scope
from peoplecount.domain.position import accept
from tests.support.counting_line import EIGHT, HOUR, CountingLine

MINUTE = timedelta(minutes=1)
QUARTER = timedelta(minutes=15)


def entries_of(*events, first=1):
    return [LogEntry(EventId("e", number), EIGHT, event) for number, event in enumerate(events, first)]


def folded(entries, at_once=1000):
    """What is left of entries, taken up so many at once."""
    folding, left = Folding(), {entry.event_id.number: entry for entry in entries}
    for start in range(0, len(entries), at_once):
        part = entries[start : start + at_once]
        rewrite = folding.take(part)
        assert rewrite.up_to == part[-1].event_id.number
        for entry in rewrite.dropped:
            assert left.pop(entry.event_id.number) == entry
        for entry, event in rewrite.replaced:
            assert left[entry.event_id.number] == entry
            left[entry.event_id.number] = replace(entry, event=event)
    return list(left.values())


def told(entry):
    fields = json.loads(entry.event.body)
    return fields["in"], fields["out"], fields.get("folded")


def numbers(entries):
    return [entry.event_id.number for entry in entries]


def reached(entries):
    """The people that whoever goes by totals takes from entries, and where that leaves them."""
    position, entered, left = None, 0, 0
    for entry in entries:
        accepted = accept(position, read_increment(entry.event))
        if accepted is not None:
            position, entered, left = accepted.position, entered + accepted.entered, left + accepted.left
            assert not accepted.bridged
    return position, entered, left


def an_hour_of(line, times=359):
    return [line.count(number % 3, number % 2) for number in range(times)]


@pytest.mark.parametrize("at_once", [1, 2, 7, 100, 1000])
def test_the_counts_of_a_line_and_hour_become_one_under_the_last_ones_number(at_once):
    entries = entries_of(*an_hour_of(CountingLine()))
    (one,) = left = folded(entries, at_once)
    assert numbers(left) == [359]
    assert told(one) == (358, 179, 359)
    assert reached(left) == reached(entries)
    increment = read_increment(one.event)
    assert (increment.started_at, increment.ended_at) == (EIGHT, EIGHT + timedelta(seconds=3590))
    assert increment.quality is Quality.MEASURED
    assert one.event.subject == entries[-1].event.subject
    before, after = json.loads(entries[-1].event.body), json.loads(one.event.body)
    assert {key: after[key] for key in before.keys() - {"from", "in", "out"}} == {
        key: before[key] for key in before.keys() - {"from", "in", "out"}
    }


def test_lines_and_hours_are_kept_apart():
    front, back = CountingLine(index=1), CountingLine(index=2)
    walk = [line.count(1, 2, after=7 * MINUTE) for _ in range(17) for line in (front, back)]  # 119 minutes
    entries = entries_of(*walk)
    left = folded(entries)
    assert [told(entry) for entry in left] == [(8, 16, 8), (8, 16, 8), (9, 18, 9), (9, 18, 9)]
    assert len({entry.event.subject for entry in left}) == 2


def test_a_count_across_the_hour_counts_for_the_hour_it_ended_in_as_before():
    line = CountingLine(read_at=EIGHT - timedelta(seconds=4))
    (one,) = folded(entries_of(*an_hour_of(line, 360)))
    increment = read_increment(one.event)
    assert increment.started_at == EIGHT
    assert increment.ended_at - increment.started_at < HOUR


def test_what_is_of_several_quarters_lasts_longer_than_one():
    line = CountingLine(read_at=EIGHT + 10 * MINUTE)
    (one,) = folded(entries_of(line.count(1, after=2 * MINUTE), line.count(1, after=5 * MINUTE)))
    assert read_increment(one.event).started_at == EIGHT
    (one,) = folded(entries_of(line.count(1, after=2 * MINUTE), line.count(1, after=5 * MINUTE)))
    assert read_increment(one.event).started_at == EIGHT + 17 * MINUTE


def test_a_clock_that_is_off_folds_by_its_own_hours():
    line = CountingLine(read_at=EIGHT - 2 * MINUTE)
    early = [_by_a_clock_ahead(line.count(1, after=MINUTE), 90) for _ in range(3)]
    # By its clock they ended at 8:00:30, 8:01:30 and 8:02:30.
    (one,) = folded(entries_of(*early))
    assert told(one) == (3, 0, 3)
    assert read_increment(one.event).started_at == EIGHT - timedelta(seconds=90)


def _by_a_clock_ahead(event, seconds):
    fields = json.loads(event.body)
    local = read_increment(event).local_time + timedelta(seconds=seconds)
    return replace(event, body=json.dumps(fields | {"localTime": local.isoformat(timespec="seconds")}))


def test_the_worst_quality_is_that_of_all():
    line = CountingLine()
    guess = line.count(2)
    guess = replace(guess, body=guess.body.replace('"measured"', '"estimated"'))
    (one,) = folded(entries_of(line.count(0), guess, line.count(1))[1:])
    assert read_increment(one.event).quality is Quality.ESTIMATED


def test_another_generation_is_not_merged():
    line = CountingLine()
    before = [line.count(5), line.count(2)]
    line.reset()
    entries = entries_of(*before, line.count(3), line.count(1))
    left = folded(entries)
    assert [told(entry) for entry in left] == [(7, 0, 2), (4, 0, 2)]
    assert reached(left) == reached(entries)


def test_totals_with_a_hole_between_them_are_not_merged():
    line = CountingLine()
    first, _, third = line.count(1), line.count(1), line.count(1)
    assert len(folded(entries_of(first, third))) == 2


@pytest.mark.parametrize("change", [{"swapped": True}, {"door_id": "another"}, {"site_id": "another"}])
def test_another_direction_or_place_is_not_merged(change):
    line = CountingLine()
    first = line.count(2, 1)
    for name, value in change.items():
        setattr(line, name, value)
    assert len(folded(entries_of(first, line.count(1, 4)))) == 2


def test_a_swapped_line_is_folded_in_our_sense_of_in_and_out():
    line = CountingLine(swapped=True)
    entries = entries_of(line.count(2, 1), line.count(3, 1))
    left = folded(entries)
    assert [told(entry) for entry in left] == [(2, 5, 2)]
    assert reached(left) == reached(entries)


def test_what_took_longer_than_a_quarter_stays_by_itself():
    line = CountingLine()
    events = [line.count(1, after=MINUTE), line.count(9, after=20 * MINUTE), line.count(1, after=MINUTE)]
    assert [told(entry) for entry in folded(entries_of(*events))] == [(1, 0, None), (9, 0, None), (1, 0, None)]


def test_nothing_is_moved_past_a_correction_of_its_line():
    line, other = CountingLine(), CountingLine(index=2)
    entries = entries_of(line.count(1), other.count(1), line.correct(EIGHT, 7), line.count(1), other.count(1))
    assert numbers(folded(entries)) == [1, 3, 4, 5]
    assert numbers(folded(entries, at_once=1)) == [1, 3, 4, 5]


@pytest.mark.parametrize(("line_id", "kept"), [("cam-0-1-1", [1, 3, 4, 5]), ("", [1, 2, 3, 4, 5])])
def test_nothing_is_moved_past_a_break_of_its_line_or_of_its_camera(line_id, kept):
    line, other = CountingLine(), CountingLine(index=2)
    broke = break_event(line.place, EIGHT, line_id, "glitch", "why", "")
    assert numbers(folded(entries_of(line.count(1), other.count(1), broke, line.count(1), other.count(1)))) == kept


def test_a_count_that_nobody_can_read_stays_and_nothing_is_moved_past_it():
    line = CountingLine()
    odd = NewEvent(EventKind.COUNT, "site", "cam", "door", "cam-0-1-1", '{"kind":"PeopleCountingUpdate"}')
    entries = entries_of(line.count(1), odd, line.count(1))
    assert folded(entries) == entries


def test_hours_of_lines_and_states_of_cameras_stay_and_what_they_add_up_to_goes():
    line = CountingLine()
    derived = NewEvent(EventKind.OCCUPANCY_CHANGED, "site", "", "", "site", '{"kind":"OccupancyChanged"}')
    status = NewEvent(EventKind.CAMERA_STATUS, "site", "cam", "", "cam", '{"kind":"CameraStatus"}')
    entries = entries_of(
        line.count(1),
        line.close(EIGHT, QUARTER, Figures(1, 0)),
        line.close(EIGHT, HOUR, Figures(1, 0)),
        line.close(EIGHT, HOUR, Figures(1, 0), scope=Scope.DOOR),
        line.close(EIGHT, 24 * HOUR, Figures(1, 0)),
        derived,
        status,
        NewEvent(EventKind.INTERVAL_CLOSED, "site", "", "", "", "[]"),
    )
    assert numbers(folded(entries)) == [1, 3, 7, 8]


def test_what_is_folded_is_not_folded_again_and_joins_what_comes_later():
    line = CountingLine()
    first = folded(entries_of(*an_hour_of(line, 20)))
    assert folded(first) == first
    later = entries_of(*an_hour_of(line, 20), first=21)
    (one,) = folded(first + later)
    assert told(one)[2] == 40


def test_what_is_gone_meanwhile_is_not_brought_back():
    line = CountingLine()
    first, second = entries_of(line.count(1), line.count(1))
    folding = Folding()
    folding.take([first])
    folding.forget(1)
    rewrite = folding.take([second])
    assert (rewrite.dropped, rewrite.replaced) == ((), ())
