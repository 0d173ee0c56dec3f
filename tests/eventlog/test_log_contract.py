"""What every home of the event log promises."""

from dataclasses import replace
from datetime import timedelta, timezone

import pytest

from peoplecount.domain.event import EventKind
from peoplecount.domain.event_id import EventId
from peoplecount.domain.folding import Rewrite
from peoplecount.eventlog.log import LOOKED_THROUGH, Append, Choice, LogUnavailable, StaleState, StaleTerm, State
from tests.support.events import NOON, an_event, changing, minutes, said, some
from tests.support.log_calls import LOG_CALLS


@pytest.fixture
def term(log):
    return log.raise_term()


def texts(entries):
    return [said(entry.event) for entry in entries]


def numbers(entries):
    return [entry.event_id.number for entry in entries]


def test_a_new_log_is_empty_and_its_head_is_number_0(log):
    head = log.head()
    assert head.number == 0
    assert EventId.parse(str(head)) == head
    assert log.oldest() == head
    assert log.read(0, 10) == []
    assert log.latest().entries == ()
    assert log.load_states().states == {}
    assert log.seen() == {}


def test_two_new_logs_have_different_epochs(make_home):
    first, second = make_home().open(), make_home().open()
    assert first.head().epoch != second.head().epoch
    second.close()


def test_entries_are_read_as_they_were_appended(log, term):
    event = an_event("Zürich 🚪", subject="line", kind=EventKind.CAMERA_STATUS)
    head = log.append(term, [Append((event,))], NOON + minutes(1 / 7))
    (entry,) = log.read(0, 10)
    assert entry.event == event
    assert entry.event_id == head == log.head()
    assert entry.appended_at == NOON + minutes(1 / 7)


def test_numbers_follow_each_other_without_a_gap(log, term):
    log.append(term, [some("a", "b"), some("c")], NOON)
    head = log.append(term, [some("d")], NOON)
    entries = log.read(0, 10)
    assert (texts(entries), numbers(entries)) == (["a", "b", "c", "d"], [1, 2, 3, 4])
    assert head.number == 4


def test_an_append_of_nothing_gives_the_head(log, term):
    head = log.append(term, [some("a")], NOON)
    assert log.append(term, [], NOON) == head
    assert log.append(term, [Append()], NOON) == head


def test_reading_starts_after_the_number_and_stops_at_the_limit(log, term):
    log.append(term, [some(*"abcdef")], NOON)
    assert texts(log.read(2, 3)) == ["c", "d", "e"]
    assert texts(log.read(5, 3)) == ["f"]
    assert log.read(6, 3) == []
    assert log.read(600, 3) == []


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_below_1_is_refused(log, limit):
    with pytest.raises(ValueError, match="1 or more"):
        log.read(0, limit)


def test_terms_grow(log):
    assert log.raise_term() < log.raise_term() < log.raise_term()


def test_an_append_of_an_earlier_term_is_refused_and_changes_nothing(log, term):
    log.append(term, [changing("key", 0, "old", "a")], NOON)
    log.raise_term()
    with pytest.raises(StaleTerm):
        log.append(term, [changing("key", 1, "new", "b")], NOON)
    assert texts(log.read(0, 10)) == ["a"]
    assert log.load_states().states == {"key": State(1, "old")}


def test_a_term_that_was_never_raised_here_is_refused(log, term):
    with pytest.raises(StaleTerm):
        log.append(term + 1, [some("a")], NOON)


def test_an_append_before_any_term_is_refused(log):
    with pytest.raises(StaleTerm):
        log.append(1, [some("a")], NOON)


def test_states_change_with_their_events_and_their_versions_grow_by_one(log, term):
    log.append(term, [changing("key", 0, "one", "a")], NOON)
    log.append(term, [changing("key", 1, "two", "b"), changing("other", 0, "three")], NOON)
    loaded = log.load_states()
    assert loaded.states == {"key": State(2, "two"), "other": State(1, "three")}
    assert loaded.head == log.head()


def test_changes_in_one_batch_build_on_each_other(log, term):
    log.append(term, [changing("key", 0, "one", "a"), changing("key", 1, "two", "b")], NOON)
    assert log.load_states().states == {"key": State(2, "two")}


@pytest.mark.parametrize("version", [0, 1, 3])
def test_a_change_from_a_state_that_is_not_there_takes_the_whole_batch_with_it(log, term, version):
    log.append(term, [changing("key", 0, "one", "a"), changing("key", 1, "two", "b")], NOON)
    before = (log.head(), log.load_states())
    with pytest.raises(StaleState, match="key"):
        log.append(term, [changing("new", 0, "x", "c"), changing("key", version, "y", "d")], NOON)
    assert (log.head(), log.load_states()) == before
    assert log.append(term, [some("e")], NOON).number == 3


def test_a_change_of_a_state_that_never_was_needs_version_0(log, term):
    with pytest.raises(StaleState):
        log.append(term, [changing("key", 1, "x")], NOON)


def test_the_newest_entry_of_each_kind_and_subject_is_at_hand(log, term):
    status = an_event("up", subject="line", kind=EventKind.CAMERA_STATUS)
    log.append(term, [some("a", subject="line"), some("b", subject="other"), some("no subject")], NOON)
    log.append(term, [Append((status,)), some("c", "d", subject="line")], NOON + minutes(1))
    latest = log.latest()
    assert texts(latest.entries) == ["b", "up", "d"]
    assert numbers(latest.entries) == [2, 4, 6]
    assert latest.head == log.head()
    assert [entry.appended_at for entry in latest.entries] == [NOON, NOON + minutes(1), NOON + minutes(1)]


def test_the_newest_entries_outlive_being_trimmed(log, term):
    log.append(term, [some("a", subject="line"), some("b")], NOON)
    assert log.trim(2, NOON + minutes(1)) == 2
    (entry,) = log.latest().entries
    assert (said(entry.event), entry.event_id) == ("a", EventId(log.head().epoch, 1))


def test_trimming_drops_what_is_both_far_enough_back_and_old_enough(log, term):
    for minute in range(6):
        log.append(term, [some(str(minute))], NOON + minutes(minute))
    assert log.trim(2, NOON + minutes(60)) == 2
    assert log.trim(6, NOON + minutes(3)) == 1
    assert log.trim(6, NOON + minutes(3)) == 0
    assert texts(log.read(0, 10)) == ["3", "4", "5"]
    assert log.oldest() == EventId(log.head().epoch, 3)


def test_what_is_kept_has_no_holes_though_the_clock_was_set_back(log, term):
    for minute in (0, 10, 1, 2, 11):
        log.append(term, [some(str(minute))], NOON + minutes(minute))
    assert log.trim(5, NOON + minutes(5)) == 1
    assert texts(log.read(0, 10)) == ["10", "1", "2", "11"]


def rewritten(log, term, text, *, dropping=(), up_to):
    """Put ``text`` in the place of the entry ``up_to``, and drop some."""
    entries = {entry.event_id.number: entry for entry in log.read(0, 100)}
    new = an_event(text, subject=entries[up_to].event.subject)
    log.rewrite(term, Rewrite(tuple(entries[one] for one in dropping), ((entries[up_to], new),), up_to))


def test_folded_entries_leave_holes_and_keep_their_order(log, term):
    log.append(term, [some(*"abcdef", subject="line")], NOON)
    rewritten(log, term, "abc", dropping=(1, 2), up_to=3)
    assert (texts(log.read(0, 10)), numbers(log.read(0, 10))) == (["abc", "d", "e", "f"], [3, 4, 5, 6])
    assert (log.beginning().number, log.oldest().number, log.head().number) == (0, 3, 6)
    assert texts(log.latest().entries) == ["f"]
    assert log.append(term, [some("g")], NOON).number == 7


def test_a_rewrite_that_reaches_less_far_does_not_move_the_mark_back(log, term):
    log.append(term, [some(*"abcd")], NOON)
    rewritten(log, term, "c", up_to=3)
    rewritten(log, term, "b", up_to=2)
    assert log.oldest().number == 3


def test_a_folded_log_is_trimmed_like_any_other(log, term):
    log.append(term, [some(*"abcdef")], NOON)
    rewritten(log, term, "abc", dropping=(1, 2), up_to=3)
    assert log.trim(2, NOON + minutes(1)) == 0
    assert log.trim(4, NOON + minutes(1)) == 2
    assert log.beginning() == log.oldest() == EventId(log.head().epoch, 4)


def test_a_rewrite_of_what_is_not_there_as_it_was_read_changes_nothing(log, term):
    log.append(term, [some(*"abc")], NOON)
    first, second, third = log.read(0, 10)
    rewritten(log, term, "B", up_to=2)
    before = (log.read(0, 10), log.oldest())
    with pytest.raises(StaleState, match="not there as it was read"):
        log.rewrite(term, Rewrite((first, second), ((third, an_event("abc")),), 3))
    with pytest.raises(StaleState):
        log.rewrite(term, Rewrite((first,), ((second, an_event("abc")),), 3))
    assert (log.read(0, 10), log.oldest()) == before


def test_a_rewrite_of_an_earlier_term_is_refused(log, term):
    log.append(term, [some(*"ab")], NOON)
    log.raise_term()
    with pytest.raises(StaleTerm):
        rewritten(log, term, "ab", dropping=(1,), up_to=2)
    assert texts(log.read(0, 10)) == ["a", "b"]


def test_the_marks_outlive_closing_opening_and_a_new_epoch(home, log, term):
    log.append(term, [some(*"abcdef")], NOON)
    log.trim(1, NOON + minutes(1))
    rewritten(log, term, "bc", dropping=(2,), up_to=3)
    log.close()
    log = home.open()
    epoch = log.start_epoch().epoch
    assert (log.beginning(), log.oldest()) == (EventId(epoch, 1), EventId(epoch, 3))


def test_a_camera_is_forgotten_and_no_other(log, term):
    of_another = replace(an_event("b", subject="other"), camera_id="camera-0")
    log.append(term, [Append((an_event("a", subject="line"), of_another))], NOON)
    log.note_seen(term, {"camera-0-1-1": NOON, "camera-0-0-1-1": NOON})
    log.forget(term, {"camera", "unknown"})
    assert texts(log.latest().entries) == ["b"]
    assert log.seen() == {"camera-0-0-1-1": NOON}
    assert texts(log.read(0, 10)) == ["a", "b"]
    log.raise_term()
    with pytest.raises(StaleTerm):
        log.forget(term, {"camera-0"})


def test_numbers_go_on_after_everything_was_trimmed(home, log, term):
    log.append(term, [some("a", "b")], NOON)
    log.trim(2, NOON + minutes(1))
    assert log.oldest() == log.head()
    assert log.head().number == 2
    log.close()
    log = home.open()
    assert log.head().number == 2
    assert log.append(term, [some("c")], NOON).number == 3


def test_everything_is_there_after_closing_and_opening(home, log, term):
    log.append(term, [changing("key", 0, "one", "a"), some("b", subject="line")], NOON)
    log.note_seen(term, {"camera": NOON})
    before = (log.head(), log.read(0, 9), log.load_states(), log.latest(), log.seen())
    log.close()
    log = home.open()
    assert (log.head(), log.read(0, 9), log.load_states(), log.latest(), log.seen()) == before
    assert log.raise_term() > term


def test_seen_keeps_the_last_word_on_each_camera(log, term):
    log.note_seen(term, {"a": NOON, "b": NOON})
    log.note_seen(term, {"a": NOON + minutes(1)})
    log.note_seen(term, {})
    assert log.seen() == {"a": NOON + minutes(1), "b": NOON}


def test_seen_is_refused_in_an_earlier_term(log, term):
    log.raise_term()
    with pytest.raises(StaleTerm):
        log.note_seen(term, {"a": NOON})
    assert log.seen() == {}


def test_a_new_epoch_voids_the_ids_and_keeps_the_entries(log, term):
    before = log.append(term, [some("a", subject="line")], NOON)
    head = log.start_epoch()
    assert head.epoch != before.epoch
    assert head.number == before.number
    assert log.head() == head
    assert {entry.event_id.epoch for entry in (*log.read(0, 10), *log.latest().entries)} == {head.epoch}
    assert log.load_states().head == head
    assert log.append(term, [some("b")], NOON) == EventId(head.epoch, 2)


def test_the_change_counter_stands_still_while_nothing_happens(log, term):
    log.append(term, [some("a")], NOON)
    counter = log.change_counter()
    log.read(0, 10)
    log.latest()
    log.head()
    assert log.change_counter() == counter


@pytest.mark.parametrize(
    "change",
    [
        lambda log, term: log.append(term, [some("a")], NOON),
        lambda log, term: log.note_seen(term, {"camera": NOON}),
        lambda log, term: log.start_epoch(),
        lambda log, term: log.raise_term(),
    ],
    ids=["append", "note_seen", "start_epoch", "raise_term"],
)
def test_the_change_counter_moves_with_every_change(log, term, change):
    counter = log.change_counter()
    change(log, term)
    assert log.change_counter() != counter


def test_size_grows_with_what_is_in_it(log, term):
    empty = log.size()
    log.append(term, [some("x" * 100_000)], NOON)
    assert log.size() >= empty + 100_000


def test_moments_of_other_zones_come_back_as_the_same_moments(log, term):
    moment = NOON.astimezone(timezone(timedelta(hours=5, minutes=45)))
    log.append(term, [some("a")], moment)
    log.note_seen(term, {"camera": moment})
    assert log.read(0, 1)[0].appended_at == log.seen()["camera"] == moment == NOON


@pytest.mark.parametrize("call", LOG_CALLS.values(), ids=LOG_CALLS.keys())
def test_a_closed_log_says_so(log, call):
    log.close()
    log.close()
    with pytest.raises(LogUnavailable, match="closed"):
        call(log)


def test_the_entry_before_a_moment_is_found_among_many(log, term):
    for minute in range(40):
        log.append(term, [some(f"{minute}a", f"{minute}b")], NOON + minutes(minute))
    assert log.before(NOON).number == 0
    assert log.before(NOON - minutes(5)).number == 0
    assert log.before(NOON + minutes(0.5)).number == 2
    assert log.before(NOON + minutes(7)).number == 14
    assert texts(log.read(log.before(NOON + minutes(39)).number, 10)) == ["39a", "39b"]
    assert log.before(NOON + minutes(60)) == log.head()


def test_of_a_trimmed_log_the_entry_before_an_early_moment_is_the_oldest(log, term):
    for minute in range(10):
        log.append(term, [some(str(minute))], NOON + minutes(minute))
    log.trim(6, NOON + minutes(60))
    assert log.before(NOON + minutes(3)) == log.oldest()
    assert log.before(NOON + minutes(6)) == log.oldest()
    assert log.before(NOON + minutes(8)).number == 8
    log.trim(10, NOON + minutes(60))
    assert log.before(NOON + minutes(3)) == log.head() == log.before(NOON + minutes(60))


def test_a_log_knows_until_when_it_is_not_whole_any_more(log, term):
    for minute in range(6):
        log.append(term, [some(f"{minute}a", f"{minute}b")], NOON + minutes(minute))
    assert log.incomplete_until() is None
    log.trim(3, NOON + minutes(60))
    assert log.incomplete_until() == NOON + minutes(1)
    log.trim(3, NOON + minutes(60))
    entries = log.read(0, 20)
    log.rewrite(term, Rewrite((entries[1],), ((entries[2], an_event("a")),), entries[2].event_id.number))
    assert log.incomplete_until() == entries[2].appended_at == NOON + minutes(2)
    log.rewrite(term, Rewrite((entries[4],), (), entries[4].event_id.number))
    assert log.incomplete_until() == NOON + minutes(3)
    log.trim(20, NOON + minutes(60))
    assert log.incomplete_until() == NOON + minutes(5)
    log.append(term, [some("later")], NOON + minutes(70))
    assert log.incomplete_until() == NOON + minutes(5)


CHOICES = [
    (Choice(), "abcdef"),
    (Choice(kinds={EventKind.CAMERA_STATUS}), "bf"),
    (Choice(camera_ids={"one"}), "ace"),
    (Choice(camera_ids=["one", "two"], door_ids=["back"]), "cd"),
    (Choice(site_ids=frozenset({"here", "nowhere"})), "abcd"),
    (Choice(kinds={EventKind.CAMERA_STATUS}, camera_ids={"one"}), ""),
    (Choice(camera_ids={"' OR 1 --"}), ""),
]


@pytest.mark.parametrize(("choice", "found"), CHOICES)
def test_entries_of_a_choice_are_those_that_are_of_all_that_is_named(log, term, choice, found):
    count, status = EventKind.COUNT, EventKind.CAMERA_STATUS
    places = [
        ("one", "front", "here", count),
        ("two", "front", "here", status),
        ("one", "back", "here", count),
        ("two", "back", "here", count),
        ("one", "front", "there", count),
        ("two", "front", "there", status),
    ]
    for text, (camera, door, site, kind) in zip("abcdef", places, strict=True):
        event = replace(an_event(text, kind=kind), camera_id=camera, door_id=door, site_id=site)
        log.append(term, [Append((event,))], NOON)
    chosen = log.choose(0, 10, choice)
    assert (texts(chosen.entries), chosen.examined) == (list(found), 6)
    first = log.choose(0, 1, choice)
    assert texts(first.entries) == list(found[:1])
    assert first.examined == (first.entries[0].event_id.number if found else 6)
    assert texts(log.choose(first.examined, 10, choice).entries) == list(found[1:])
    assert (log.choose(6, 10, choice).entries, log.choose(6, 10, choice).examined) == ([], 6)
    assert log.choose(9, 10, choice).examined == 9


def test_so_much_of_a_log_is_looked_through_at_a_time(log, term):
    numbers_ = range(LOOKED_THROUGH + 10)
    log.append(term, [Append(tuple(an_event("x", subject=str(number)) for number in numbers_))], NOON)
    chosen = log.choose(3, 10, Choice(camera_ids={"none"}))
    assert (chosen.entries, chosen.examined) == ([], LOOKED_THROUGH + 3)
    assert log.choose(chosen.examined, 10, Choice(camera_ids={"none"})).examined == log.head().number
