"""How far figures can be trusted, in sentences."""

from peoplecount.domain.counter import BreakKind
from peoplecount.web.trust import break_sentences

WHO = "who crossed between the last reading and the reset"


def broke(at, kind, reason, unknown=""):
    return {"time": f"2026-05-04T{at}.000Z", "break": kind.value, "reason": reason, "unknown": unknown}


def told(*breaks):
    return break_sentences({"breaks": breaks}, "Europe/Zurich")


def test_in_and_out_of_a_reset_are_one_sentence_that_says_what_happened():
    newest = broke("12:07:40", BreakKind.RESET, "the out total went from 108 to 1 within a day", WHO)
    before = broke("12:07:30", BreakKind.RESET, "the in total went from 109 to 2 within a day", WHO)
    assert told(newest, before) == [
        "14:07: The camera has reset its totals; the in total went from 109 to 2 within a day; "
        f"the out total went from 108 to 1 within a day. Not known: {WHO}."
    ]


def test_what_both_directions_say_is_said_once():
    unknown = "who crossed while no camera was there"
    reason = "the serial number changed; the {} total of the new camera starts from 0"
    breaks = [broke("12:07:30", BreakKind.REPLACED, reason.format(way), unknown) for way in ("out", "in")]
    assert told(*breaks) == [
        "14:07: Another camera is in its place; the serial number changed; the in total of the new camera starts from "
        f"0; the out total of the new camera starts from 0. Not known: {unknown}."
    ]


def test_resets_at_different_times_are_two_sentences():
    reason = "the in total went from 9 to 1 within a day"
    assert (
        len(told(broke("14:00:00", BreakKind.RESET, reason, WHO), broke("12:00:00", BreakKind.RESET, reason, WHO))) == 2
    )


def test_a_reason_that_says_it_all_stands_alone_and_that_of_every_night_does_not_stand_at_all():
    step = broke("12:00:00", BreakKind.CLOCK_STEP, "the camera's clock was set forward by 5 min")
    night = broke("00:00:00", BreakKind.MIDNIGHT, "the in total went from 9 to 0")
    assert told(step, night) == ["14:00: The camera's clock was set forward by 5 min."]
