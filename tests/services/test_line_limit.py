from datetime import timedelta

from peoplecount.domain.line import LineKey
from peoplecount.domain.reading import LineReading, Reading, Totals
from peoplecount.services.line_limit import MOST_LINES, LineLimit
from tests.support.keeping import Keeping

TEN_SECONDS = timedelta(seconds=10)


def reading(keeping, indices, total=0):
    now = keeping.clock.now()
    lines = tuple(LineReading(LineKey("7", 0, 1, index), f"Line {index}", Totals(total, 0)) for index in indices)
    return Reading("7", now, now.replace(tzinfo=None), "serial", lines)


def test_a_camera_that_names_other_lines_in_every_answer_fills_no_memory(caplog):
    keeping = Keeping()
    for answer in range(6):
        keeping.clock.passes(10)
        one = reading(keeping, range(answer * 256, answer * 256 + 256))
        keeping.keeper.observe(keeping.camera, one, expected_every=TEN_SECONDS)
        keeping.keeper.flush_seen()
    assert len(keeping.log.seen()) == len(keeping.log.latest().entries) == MOST_LINES
    size = sum(len(state.body) for state in keeping.log.load_states().states.values())
    keeping.keeper.observe(keeping.camera, reading(keeping, range(9000, 9200)), expected_every=TEN_SECONDS)
    assert sum(len(state.body) for state in keeping.log.load_states().states.values()) == size
    assert caplog.text.count("has told of more than 512 lines") == 1


def test_lines_that_are_known_are_counted_on_where_there_is_no_room_for_others():
    keeping = Keeping()
    keeping.keeper.observe(keeping.camera, reading(keeping, range(MOST_LINES)), expected_every=TEN_SECONDS)
    keeping.clock.passes(10)
    keeping.keeper.observe(keeping.camera, reading(keeping, [3, 9999], 4), expected_every=TEN_SECONDS)
    assert keeping.summed() == (4, 0)


def test_lines_for_which_there_is_no_room_are_not_asked_about():
    keeping = Keeping()
    keeping.keeper.observe(keeping.camera, reading(keeping, range(MOST_LINES)), expected_every=TEN_SECONDS)
    assert keeping.keeper.unknown_lines("7", reading(keeping, [1, 9999])) == ()


def test_as_many_are_taken_as_there_is_room_for():
    keeping = Keeping()
    taken = LineLimit(most=3).within(reading(keeping, [1, 2, 3, 4]), {LineKey("7", 0, 1, 4)})
    assert [line.key.index for line in taken.lines] == [1, 2, 4]
