"""The ring of frames."""

from peoplecount.domain.event import EventKind
from peoplecount.stream.ring import Frame, Ring
from peoplecount.stream.selection import Selection, Tags


def frame(number: int, text: str = "x") -> Frame:
    return Frame(number, text.encode(), Tags(EventKind.COUNT, "s", "c", "d"))


def numbers(ring: Ring, position: int) -> list[int]:
    return [each.number for each in ring.from_position(position)]


def test_an_empty_ring_stands_at_its_base():
    ring = Ring(7, max_frames=3, max_bytes=100)
    assert (ring.base, ring.head, ring.start, ring.end) == (7, 7, 0, 0)
    assert numbers(ring, ring.position_after(7)) == []


def test_reading_goes_on_after_a_number_even_where_numbers_are_missing():
    ring = Ring(7, max_frames=10, max_bytes=100)
    for number in (8, 11, 15):
        ring.add(frame(number))
    assert numbers(ring, ring.position_after(7)) == [8, 11, 15]
    assert numbers(ring, ring.position_after(9)) == [11, 15]
    assert numbers(ring, ring.position_after(15)) == []


def test_the_oldest_frames_make_room_and_the_base_follows():
    ring = Ring(0, max_frames=3, max_bytes=1000)
    for number in range(1, 1001):
        ring.add(frame(number))
        assert ring.end - ring.start <= 3
        assert numbers(ring, ring.start) == list(range(max(1, number - 2), number + 1))
        assert ring.base == max(0, number - 3)
    assert (ring.start, ring.end) == (997, 1000)


def test_bytes_are_bounded_but_one_frame_always_has_room():
    ring = Ring(0, max_frames=100, max_bytes=10)
    ring.add(frame(1, "four"))
    ring.add(frame(2, "four"))
    assert ring.base == 0
    ring.add(frame(3, "four"))
    assert ring.base == 1
    ring.add(frame(4, "longer than the whole ring"))
    assert numbers(ring, ring.start) == [4]


def test_a_ring_of_many_frames_keeps_its_positions_while_it_shrinks():
    ring = Ring(0, max_frames=1000, max_bytes=1 << 20)
    for number in range(1, 5001):
        ring.add(frame(number))
    assert ring.position_after(4500) == 4500
    assert ring.number_before(4500) == 4500
    assert ring.number_before(ring.start) == ring.base == 4000


def test_what_belongs_to_no_number_of_its_own_comes_after_the_one_before():
    ring = Ring(0, max_frames=10, max_bytes=100)
    ring.add(frame(1))
    ring.add(frame(1, "readings"))
    ring.add(frame(2))
    assert [each.data for each in ring.from_position(0)] == [b"x", b"readings", b"x"]
    assert numbers(ring, ring.position_after(1)) == [2]


def test_what_a_frame_said_can_be_taken_from_it_and_all_positions_stay():
    ring = Ring(0, max_frames=10, max_bytes=30)
    for number, text in ((1, "x"), (1, "r" * 20), (2, "x")):
        ring.add(frame(number, text))
    ring.blank(1)
    assert [each.data for each in ring.from_position(0)] == [b"x", b"", b"x"]
    assert (ring.position_after(1), ring.end) == (2, 3)
    ring.add(frame(3, "y" * 20))
    assert ring.start == 0, "its bytes are free again"


def test_what_was_dropped_is_left_alone():
    ring = Ring(0, max_frames=2, max_bytes=100)
    for number in (1, 2, 3):
        ring.add(frame(number))
    ring.blank(0)
    assert [each.data for each in ring.from_position(ring.start)] == [b"x", b"x"]


def test_a_filter_decides_what_a_reader_gets():
    assert frame(1).data_for(Selection()) == b"x"
    assert frame(1).data_for(Selection(cameras=frozenset({"c"}))) == b"x"
    assert frame(1).data_for(Selection(cameras=frozenset({"d"}))) == b""
