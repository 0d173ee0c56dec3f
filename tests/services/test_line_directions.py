from dataclasses import replace
from datetime import timedelta

from peoplecount.domain.correction import CorrectionReason
from peoplecount.domain.line import Line
from peoplecount.services.line_directions import LineDirections
from tests.support.keeping import EVERY, Keeping, at
from tests.support.modelled_camera import ModelledCamera, moments

BEGIN = at("2026-05-04T08:00:00")
SWAP = at("2026-05-04T10:00:00")
END = at("2026-05-04T12:30:00")


def a_camera():
    """Somebody goes in every ten minutes and out every twenty."""
    entered = list(moments(BEGIN + timedelta(seconds=30), END, timedelta(minutes=10)))
    return ModelledCamera(entered, entered[::2])


def polled(keeping, camera, begin=BEGIN, end=END):
    for moment in moments(begin, end, EVERY):
        keeping.polls(camera, moment)


def drawn(keeping, *swaps):
    """Somebody says since when the line is drawn backwards, and the service takes it up."""
    key = ModelledCamera([], []).key
    keeping.camera = replace(keeping.camera, lines=(Line(key, "Door", "", swaps),))
    return keeping


def by_hour(keeping):
    day = keeping.keeper.days("7")[BEGIN.date()]
    (line,) = day.lines.values()
    return {slot: cell.told.swapped(cell.swapped) for slot, cell in line.cells.items() if cell.told}


def test_from_its_moment_on_a_swapped_line_tells_in_as_out():
    plain, swapped = Keeping(), drawn(Keeping(), SWAP)
    for keeping in (plain, swapped):
        polled(keeping, a_camera())
    before, after = by_hour(plain), by_hour(swapped)
    assert {slot: after[slot] for slot in (8, 9)} == {slot: before[slot] for slot in (8, 9)}
    assert {slot: after[slot] for slot in (10, 11, 12)} == {slot: before[slot].swapped() for slot in (10, 11, 12)}
    assert swapped.summed() != plain.summed()


def test_hours_that_are_over_are_told_anew_as_corrections():
    known_from_the_start, found_out_later = drawn(Keeping(), SWAP), Keeping()
    for keeping in (known_from_the_start, found_out_later):
        polled(keeping, a_camera())
    directions = LineDirections(found_out_later.keeper)
    directions.follow(drawn(found_out_later, SWAP).roster, END)
    assert {correction.local_start.hour for correction in found_out_later.corrections()} == {10, 11}
    assert all(c.reason is CorrectionReason.SWAPPED for c in found_out_later.corrections())
    camera = a_camera()
    polled(found_out_later, camera, END, END + timedelta(hours=1))
    polled(known_from_the_start, camera, END, END + timedelta(hours=1))
    directions.follow(found_out_later.roster, END + timedelta(hours=1))
    assert found_out_later.summed() == known_from_the_start.summed()
    assert by_hour(found_out_later) == by_hour(known_from_the_start)


def test_a_swap_that_is_taken_back_leaves_what_the_camera_said():
    plain, wavering = Keeping(), drawn(Keeping(), SWAP)
    for keeping in (plain, wavering):
        polled(keeping, a_camera(), end=at("2026-05-04T13:03:00"))
    directions = LineDirections(wavering.keeper)
    directions.follow(wavering.roster, END)
    directions.follow(drawn(wavering).roster, at("2026-05-04T13:03:00"))
    assert by_hour(wavering) == by_hour(plain)
    assert wavering.summed() == plain.summed()


def test_history_is_filled_in_the_way_the_line_was_drawn_in_that_hour():
    camera, later = a_camera(), END + timedelta(hours=1)  # the hour in which reading began again is over by then
    keeping = drawn(Keeping(), SWAP)
    polled(keeping, camera, end=BEGIN + EVERY)
    polled(keeping, camera, begin=at("2026-05-04T12:00:00"), end=later)
    keeping.settles(camera, BEGIN.date(), later)
    known_from_the_start = drawn(Keeping(), SWAP)
    polled(known_from_the_start, a_camera(), end=later)
    settled, polled_all_the_time = by_hour(keeping), by_hour(known_from_the_start)
    assert {slot: settled[slot] for slot in (9, 10, 11)} == {slot: polled_all_the_time[slot] for slot in (9, 10, 11)}


def test_following_again_tells_nothing():
    keeping = Keeping()
    polled(keeping, a_camera())
    directions = LineDirections(keeping.keeper)
    roster = drawn(keeping, SWAP).roster
    directions.follow(roster, END)
    head = keeping.log.head()
    directions.follow(roster, END)
    assert keeping.log.head() == head
