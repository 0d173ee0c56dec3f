"""The hub."""

import threading

import pytest

from peoplecount.domain.event_id import EventId
from peoplecount.stream import hub as hub_module
from peoplecount.stream import snapshot as snapshot_module
from peoplecount.stream.hub import Hub
from peoplecount.stream.selection import Selection
from peoplecount.stream.snapshot import Snapshot
from tests.support.stream_events import NOON, entry, heard
from tests.support.waiting import wait_until

ALL = Selection()


def cameras(*ids: str) -> Selection:
    return Selection(frozenset(ids))


def a_hub(head: int = 0, **limits) -> Hub:
    hub = Hub(**limits)
    hub.reset(EventId("e", head))
    return hub


def test_a_hub_is_not_ready_before_it_knows_where_the_log_stands():
    hub = Hub()
    assert not hub.ready
    assert hub.place_after(EventId("e", 0)) is None
    hub.reset(EventId("e", 4))
    assert hub.ready
    assert hub.head == EventId("e", 4)


def test_readers_at_the_same_place_share_one_slice():
    hub = a_hub()
    hub.publish([entry(1), entry(2)])
    place = hub.place_after(EventId("e", 0))
    first, second = hub.slice_after(place, ALL), hub.slice_after(place, ALL)
    assert first is second
    assert [one.number for one in heard([first.data])] == [1, 2]
    assert first.examined == EventId("e", 2)


def test_what_is_published_later_is_in_the_next_slice_of_the_same_place():
    hub = a_hub()
    place = hub.place_after(EventId("e", 0))
    assert hub.slice_after(place, ALL).data == b""
    hub.publish([entry(1)])
    assert [one.number for one in heard([hub.slice_after(place, ALL).data])] == [1]


def test_a_filter_lets_through_its_cameras_and_moves_past_the_others():
    hub = a_hub()
    hub.publish([entry(1, "a"), entry(2, "b"), entry(3, "a"), entry(4, "b")])
    part = hub.slice_after(hub.place_after(EventId("e", 0)), cameras("a"))
    assert [one.number for one in heard([part.data])] == [1, 3]
    assert part.examined == EventId("e", 4)


def test_a_slice_is_cut_where_it_gets_long(monkeypatch):
    monkeypatch.setattr(hub_module, "MAX_SLICE", 300)
    hub = a_hub()
    hub.publish([entry(number) for number in range(1, 21)])
    place, got, parts = hub.place_after(EventId("e", 0)), [], 0
    while (part := hub.slice_after(place, ALL)).data:
        assert len(part.data) <= 300
        got += [one.number for one in heard([part.data])]
        place, parts = part.after, parts + 1
    assert got == list(range(1, 21))
    assert parts > 2


def test_a_place_that_fell_out_of_the_ring_is_not_there():
    hub = a_hub(max_frames=2)
    place = hub.place_after(EventId("e", 0))
    hub.publish([entry(number) for number in range(1, 6)])
    assert hub.slice_after(place, ALL) is None
    assert hub.place_after(EventId("e", 2)) is None
    assert hub.place_after(EventId("e", 3)) is not None


def test_cursors_of_another_epoch_or_ahead_have_no_place():
    hub = a_hub(5)
    assert hub.place_after(EventId("other", 5)) is None
    assert hub.place_after(EventId("e", 6)) is None


def test_a_reset_voids_all_places():
    hub = a_hub()
    hub.publish([entry(1)])
    place = hub.place_after(EventId("e", 1))
    hub.reset(EventId("f", 1))
    assert hub.slice_after(place, ALL) is None


def test_every_change_sets_the_signal_that_was_taken_before_it():
    hub = a_hub()
    changes = (
        lambda: hub.publish([entry(1)]),
        lambda: hub.publish_readings(NOON, {"c": NOON}),
        lambda: hub.reset(EventId("f", 0)),
        lambda: hub.close("done"),
    )
    for change in changes:
        signal = hub.signal
        assert not signal.is_set()
        change()
        assert signal.is_set()


def test_publishing_nothing_wakes_nobody():
    hub = a_hub()
    signal = hub.signal
    hub.publish([])
    assert not signal.is_set()


def test_readings_go_to_all_and_to_a_filter_only_its_own():
    hub = a_hub(3)
    hub.publish_readings(NOON, {"b": NOON, "a": NOON})
    place = hub.place_after(EventId("e", 3))
    assert hub.slice_after(place, ALL).data == b""  # who stands after entry 3 has heard what came with it
    assert heard([hub.latest_state(EventId("e", 0), ALL)])[0].data["cameras"] == {
        "a": "2026-05-04T12:00:00.000Z",
        "b": "2026-05-04T12:00:00.000Z",
    }
    assert list(heard([hub.latest_state(EventId("e", 0), cameras("b"))])[0].data["cameras"]) == ["b"]
    assert b"id:" not in hub.latest_state(EventId("e", 0), ALL)


def test_of_readings_only_the_newest_is_kept_for_who_is_behind():
    hub = a_hub(max_bytes=400)
    place = hub.place_after(EventId("e", 0))
    hub.publish([entry(1)])
    for _ in range(20):
        hub.publish_readings(NOON, {"a": NOON})
    hub.publish_readings(NOON, {"b": NOON})
    one, readings = heard([hub.slice_after(place, ALL).data])
    assert (one.number, readings.data["cameras"].keys()) == (1, {"b"}), "and they push nothing out"


def a_snapshot(number: int, time: str) -> Snapshot:
    return Snapshot(EventId("e", number), {"time": time, "lines": [], "cameras": []})


def test_of_snapshots_only_the_newest_is_kept_for_who_is_behind():
    hub = a_hub()
    place = hub.place_after(EventId("e", 0))
    hub.publish([entry(1)])
    for day in "123":
        hub.publish_snapshot(a_snapshot(1, f"2026-05-0{day}T00:00:00.000Z"))
    one, snapshot = heard([hub.slice_after(place, ALL).data])
    assert (one.number, snapshot.data["time"]) == (1, "2026-05-03T00:00:00.000Z")


def test_who_was_given_a_snapshot_of_before_a_new_day_hears_that_of_the_new_day():
    hub = a_hub()
    hub.publish([entry(1)])
    old, new = a_snapshot(1, "2026-05-04T21:59:59.900Z"), a_snapshot(1, "2026-05-04T22:00:00.000Z")
    hub.publish_snapshot(new)
    hub.publish_readings(NOON, {"a": NOON})
    assert [one.name for one in heard([hub.slice_after(hub.place_behind(old), ALL).data])] == ["snapshot", "readings"]


@pytest.mark.parametrize("time", ["2026-05-04T22:00:00.000Z", "2026-05-04T22:00:03.000Z"])
def test_who_was_given_a_snapshot_of_the_new_day_does_not_hear_another(time):
    hub = a_hub()
    hub.publish([entry(1)])
    new = a_snapshot(1, "2026-05-04T22:00:00.000Z")
    hub.publish_snapshot(new)
    given = new if time == new.time else a_snapshot(1, time)
    assert hub.slice_after(hub.place_behind(given), ALL).data == b""


def test_a_snapshot_keeps_frames_of_few_choices_only(monkeypatch):
    lines = [{"lineId": str(n), "cameraId": str(n), "doorId": "d", "siteId": "s"} for n in range(100)]
    shown = Snapshot(EventId("e", 0), {"lines": lines, "cameras": [], "sites": [], "doors": []})
    once = shown.frame(cameras("1"))
    assert shown.frame(cameras("1")) is once
    monkeypatch.setattr(snapshot_module, "MAX_CACHED_BYTES", len(once))
    assert shown.frame(cameras("2")) is not shown.frame(cameras("2"))
    assert shown.frame(cameras("2")) == shown.frame(cameras("2"))


def test_slices_that_are_shared_until_the_next_event_are_not_many(monkeypatch):
    monkeypatch.setattr(hub_module, "MAX_SLICES", 3)
    hub = a_hub()
    hub.publish([entry(number) for number in range(1, 9)])
    for number in range(8):
        assert hub.slice_after(hub.place_after(EventId("e", number)), ALL).events == 8 - number
        assert len(hub._slices) <= 3


def test_a_snapshot_for_a_filter_holds_its_cameras_only():
    hub = a_hub()
    place = hub.place_after(EventId("e", 0))
    lines = [{"lineId": name, "cameraId": name, "doorId": f"door-{name}", "siteId": "s"} for name in "ab"]
    fields = {
        "sites": [{"siteId": "s"}, {"siteId": "t"}],
        "doors": [{"doorId": "door-a"}, {"doorId": "door-b"}],
        "cameras": [{"cameraId": "a", "siteId": "s"}, {"cameraId": "b", "siteId": "s"}],
        "lines": lines,
    }
    hub.publish_snapshot(Snapshot(EventId("e", 0), fields))
    (whole,) = heard([hub.slice_after(place, ALL).data])
    (part,) = heard([hub.slice_after(place, cameras("a")).data])
    assert whole.data == {"id": "e-0", **fields}
    assert part.data["sites"] == [{"siteId": "s"}]
    assert part.data["doors"] == [{"doorId": "door-a"}]
    assert part.data["cameras"] == fields["cameras"][:1]
    assert part.data["lines"] == lines[:1]
    assert part.last_id == "e-0"


def test_the_reason_of_closing_is_the_first_one_given():
    hub = a_hub()
    hub.close("restart")
    hub.close("again")
    assert hub.closed == "restart"


def test_open_streams_are_counted_also_when_they_break():
    hub = a_hub()
    with hub.attendance():
        assert hub.open_streams == 1
    try:
        with hub.attendance():
            raise ConnectionError
    except ConnectionError:
        pass
    assert hub.open_streams == 0


def test_readers_in_many_threads_hear_everything_in_order():
    hub = a_hub(max_frames=10_000)
    results: list[list[int]] = [[] for _ in range(8)]

    def read(result: list[int]) -> None:
        place = hub.place_after(EventId("e", 0))
        while len(result) < 500:
            signal = hub.signal
            part = hub.slice_after(place, ALL)
            result += [one.number for one in heard([part.data])] if part.data else []
            if part.after == place:
                signal.wait(5)
            place = part.after

    readers = [threading.Thread(target=read, args=(result,), daemon=True) for result in results]
    for reader in readers:
        reader.start()
    for number in range(1, 501):
        hub.publish([entry(number)])
    wait_until(lambda: all(not reader.is_alive() for reader in readers))
    assert results == [list(range(1, 501))] * 8


def test_intervals_of_whole_doors_and_sites_are_of_no_camera():
    hub = a_hub()
    hub.publish([entry(1, ""), entry(2, "a")])
    place = hub.place_after(EventId("e", 0))
    assert [one.number for one in heard([hub.slice_after(place, ALL).data])] == [1, 2]
    assert [one.number for one in heard([hub.slice_after(place, cameras("a")).data])] == [2]


class TestChannels:
    def test_who_chose_other_cameras_is_not_woken(self):
        hub = a_hub()
        with hub.attendance(cameras("a")) as ours, hub.attendance(cameras("b")) as others, hub.attendance() as all_:
            signals = ours.signal, others.signal, all_.signal
            hub.publish([entry(1, "a")])
            assert [signal.is_set() for signal in signals] == [True, False, True]

    def test_what_ends_or_begins_anew_wakes_everybody(self):
        hub = a_hub()
        for change in (
            lambda: hub.publish_readings(NOON, {"c": NOON}),
            lambda: hub.reset(EventId("f", 0)),
            lambda: hub.close("done"),
        ):
            with hub.attendance(cameras("a")) as channel:
                signal = channel.signal
                change()
                assert signal.is_set()

    def test_who_was_not_woken_moves_past_what_it_did_not_choose_without_looking(self):
        hub = a_hub(max_frames=10)
        with hub.attendance(cameras("a")):
            hub.publish([entry(1, "a")])
            place = hub.slice_after(hub.place_after(EventId("e", 0)), cameras("a")).after
            for number in range(2, 100):  # far more than the ring holds
                hub.publish([entry(number, "b")])

            part = hub.slice_after(place, cameras("a"))
            assert (part.data, part.events, part.examined) == (b"", 0, EventId("e", 99))
            hub.publish([entry(100, "a")])
            assert [one.number for one in heard([hub.slice_after(part.after, cameras("a")).data])] == [100]

    def test_who_comes_to_a_channel_later_misses_nothing_of_before(self):
        hub = a_hub()
        hub.publish([entry(1, "a"), entry(2, "b")])
        with hub.attendance(cameras("a")):
            hub.publish([entry(3, "b")])
            part = hub.slice_after(hub.place_after(EventId("e", 0)), cameras("a"))
            assert [one.number for one in heard([part.data])] == [1]

    def test_a_channel_ends_with_its_last_reader_and_another_one_begins_where_the_ring_is(self):
        hub = a_hub()
        with hub.attendance(cameras("a")) as first, hub.attendance(cameras("a")) as second:
            assert first is second
        hub.publish([entry(1, "a")])
        with hub.attendance(cameras("a")) as later:
            assert later is not first
            part = hub.slice_after(hub.place_after(EventId("e", 0)), cameras("a"))
            assert [one.number for one in heard([part.data])] == [1]

    def test_a_log_that_begins_anew_leaves_nothing_behind(self):
        hub = a_hub()
        with hub.attendance(cameras("a")):
            hub.publish([entry(number, "a") for number in range(1, 5)])
            hub.reset(EventId("f", 0))
            hub.publish([entry(1, "a", "f")])
            part = hub.slice_after(hub.place_after(EventId("f", 0)), cameras("a"))
            assert [one.number for one in heard([part.data])] == [1]
