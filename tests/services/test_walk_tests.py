"""Walk tests: what the lines of a door counted since they began, held against what somebody saw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from peoplecount.domain.camera import Camera
from peoplecount.domain.door import Door
from peoplecount.domain.line import Line, LineKey
from peoplecount.domain.reading import LineReading, Reading, Totals
from peoplecount.domain.site import Site
from peoplecount.domain.user import Role
from peoplecount.domain.visitor import Visitor
from peoplecount.eventlog.local_store import LocalStore
from peoplecount.services.camera_desk import EnteredCamera
from peoplecount.services.walk_tests import FORGOTTEN_AFTER, KEPT, NoSuchDoor, WalkTests
from peoplecount.storage.errors import InvalidEntry
from peoplecount.sunapi.errors import CameraUnreachable
from tests.support.fake_clock import FakeClock

SHOP, MALL = Site("shop", "Shop", "Europe/Zurich"), Site("mall", "Mall", "Europe/Zurich")
ANNA = Visitor("anna", Role.ADMINISTRATOR)
LEFT, RIGHT, SIDE = LineKey("left"), LineKey("right"), LineKey("side")
A_SECOND = 1.0


class Town:
    """Desk, lines and cameras in one: the main door has a line of each of two cameras, the side door one without."""

    def __init__(self) -> None:
        self.totals = {LEFT: Totals(100, 90), RIGHT: Totals(10, 5), SIDE: Totals(7, 7)}
        self.swaps: dict[LineKey, tuple[datetime, ...]] = {}
        self.away: set[str] = set()
        self.reads: list[str] = []
        self.opened: list[str] = []
        self.closed: list[str] = []
        self.address = "http://192.0.2.1"

    def crosses(self, key: LineKey, entered: int = 0, left: int = 0) -> None:
        before = self.totals[key]
        self.totals[key] = Totals(before.in_total + entered, before.out_total + left)

    def entered(self, by: Visitor) -> list[EnteredCamera]:
        cameras = [
            Camera("left", "Left", self.address, lines=(Line(LEFT, "", "main", self.swaps.get(LEFT, ())),)),
            Camera("right", "Right", "http://192.0.2.2", lines=(Line(RIGHT, "Wing", "main"),)),
        ]
        found = [EnteredCamera(camera, SHOP) for camera in cameras]
        found.append(EnteredCamera(Camera("side", "Side", "http://192.0.2.3"), MALL))
        return [one for one in found if by.may_see(one.site.site_id)]

    def sites(self, by: Visitor) -> dict[str, Site]:
        return {site.site_id: site for site in (SHOP, MALL) if by.may_see(site.site_id)}

    def as_asked(self, one: EnteredCamera) -> Camera:
        return replace(one.camera, password="secret")

    def doors(self, by: Visitor) -> dict[str, Door]:
        return {"main": Door("main", "shop", "Main entrance")} if by.may_see("shop") else {}

    def names_read(self) -> Mapping[str, str]:
        return {str(LEFT): "Line A", str(SIDE): "Side door"}

    def lines(self, camera: Camera) -> list[Line]:
        return list(camera.lines) or [Line(SIDE, "", "")]

    def reader(self, camera: Camera) -> Reader:
        assert camera.password == "secret"
        self.opened.append(camera.camera_id)
        return Reader(self, camera.camera_id)


class Reader:
    def __init__(self, town: Town, camera_id: str) -> None:
        self._town = town
        self._camera_id = camera_id

    def read(self) -> Reading:
        self._town.reads.append(self._camera_id)
        if self._camera_id in self._town.away:
            raise CameraUnreachable(self._camera_id, "it does not answer")
        lines = [LineReading(key, f"line of {key.camera_id}", totals) for key, totals in self._town.totals.items()]
        now = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
        mine = tuple(line for line in lines if line.key.camera_id == self._camera_id)
        return Reading(self._camera_id, now, now.replace(tzinfo=None), "serial", mine)

    def close(self) -> None:
        self._town.closed.append(self._camera_id)


@pytest.fixture
def town() -> Town:
    return Town()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def walks(town: Town, clock: FakeClock, tmp_path: Path) -> Iterator[WalkTests]:
    store = LocalStore(tmp_path / "store.sqlite")
    tests = WalkTests(town, town, town.reader, store, clock)  # type: ignore[arg-type]  the parts that are asked
    yield tests
    tests.close()
    store.close()


def begun(walks: WalkTests, door_id: str = "main") -> dict[str, Totals]:
    lines = walks.read(walks.door(ANNA, door_id))
    return {line.line_id: line.totals for line in lines if line.totals}


def test_all_lines_of_a_door_count_together(town: Town, walks: WalkTests, clock: FakeClock) -> None:
    before = begun(walks)
    town.crosses(LEFT, entered=3)
    town.crosses(RIGHT, entered=1, left=2)
    clock.passes(A_SECOND)
    door = walks.door(ANNA, "main")
    walk = walks.conclude(ANNA, door, before, Totals(4, 3))
    assert (door.name, door.site) == ("Main entrance", SHOP)
    assert (walk.counted, walk.who, walk.accuracy) == (Totals(4, 2), "anna", pytest.approx(6 / 7))
    assert walks.walks("main") == [replace(walk)]


def test_lines_are_called_as_we_do_or_as_the_camera_does(walks: WalkTests) -> None:
    assert [line.name for line in walks.read(walks.door(ANNA, "main"))] == ["line of left", "Wing"]


def test_a_line_without_a_door_has_one_of_its_own(town: Town, walks: WalkTests, clock: FakeClock) -> None:
    before = begun(walks, str(SIDE))
    town.crosses(SIDE, left=1)
    clock.passes(A_SECOND)
    door = walks.door(ANNA, str(SIDE))
    assert (door.name, door.site) == ("Side door", MALL)
    assert walks.conclude(ANNA, door, before, Totals(0, 1)).accuracy == 1


def test_a_line_that_is_swapped_counts_the_way_it_is_told(town: Town, walks: WalkTests, clock: FakeClock) -> None:
    town.swaps[LEFT] = (datetime(2026, 5, 1, tzinfo=UTC),)
    before = begun(walks)
    assert before[str(LEFT)] == Totals(90, 100)
    town.crosses(LEFT, entered=3)
    clock.passes(A_SECOND)
    assert walks.conclude(ANNA, walks.door(ANNA, "main"), before, Totals(0, 3)).accuracy == 1


def test_two_who_look_at_once_are_one_question_to_the_camera(town: Town, walks: WalkTests, clock: FakeClock) -> None:
    begun(walks)
    begun(walks)
    assert town.reads == ["left", "right"]
    clock.passes(A_SECOND)
    begun(walks)
    assert town.reads == ["left", "right"] * 2
    assert town.opened == ["left", "right"]


def test_a_camera_at_which_nobody_looks_any_more_is_let_go_of(town: Town, walks: WalkTests, clock: FakeClock) -> None:
    begun(walks)
    clock.passes(FORGOTTEN_AFTER + 1)
    begun(walks, str(SIDE))
    assert sorted(town.closed) == ["left", "right"]


def test_a_camera_that_was_changed_is_asked_as_it_is_now(town: Town, walks: WalkTests, clock: FakeClock) -> None:
    begun(walks)
    town.address = "http://192.0.2.9"
    clock.passes(A_SECOND)
    begun(walks)
    assert town.opened == ["left", "right", "left"]
    assert town.closed == ["left"]


def test_a_camera_that_does_not_answer_is_said_so_and_asked_again(town: Town, walks: WalkTests) -> None:
    town.away.add("right")
    with pytest.raises(CameraUnreachable, match="does not answer"):
        begun(walks)
    town.away.clear()
    assert len(begun(walks)) == 2


def test_totals_that_began_anew_are_no_crossings(town: Town, walks: WalkTests, clock: FakeClock) -> None:
    before = begun(walks)
    town.totals[LEFT] = Totals(2, 0)
    clock.passes(A_SECOND)
    with pytest.raises(InvalidEntry, match="began anew"):
        walks.conclude(ANNA, walks.door(ANNA, "main"), before, Totals(2, 0))
    assert walks.walks("main") == []


def test_a_line_that_is_missing_is_not_taken_for_nobody(town: Town, walks: WalkTests, clock: FakeClock) -> None:
    before = begun(walks)
    del town.totals[RIGHT]
    clock.passes(A_SECOND)
    lines = walks.read(walks.door(ANNA, "main"))
    assert [line.totals is None for line in lines] == [False, True]
    with pytest.raises(InvalidEntry, match="stayed away"):
        walks.counted(walks.door(ANNA, "main"), before, lines)


def test_doors_of_other_sites_are_not_there(walks: WalkTests) -> None:
    of_mall = replace(ANNA, sites=frozenset({"mall"}))
    for door_id in ("main", "nowhere", str(LEFT)):
        with pytest.raises(NoSuchDoor):
            walks.door(of_mall, door_id)
    assert walks.door(of_mall, str(SIDE)).site == MALL


def test_the_newest_walks_are_kept(town: Town, walks: WalkTests, clock: FakeClock) -> None:
    before = begun(walks)
    for number in range(KEPT + 3):
        clock.passes(A_SECOND)
        walks.conclude(ANNA, walks.door(ANNA, "main"), before, Totals(number, 0))
    kept = [walk.by_hand.in_total for walk in walks.walks("main")]
    assert kept == list(range(KEPT + 2, 2, -1))
