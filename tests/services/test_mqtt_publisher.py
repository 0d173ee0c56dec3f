"""Publishing by MQTT: each event at least once and in order, and the state of each place as it is."""

import json
import threading
from datetime import timedelta

import pytest

from peoplecount.domain.camera import CameraState
from peoplecount.eventlog.local_store import LocalStore
from peoplecount.mqtt.broker import BrokerAway
from peoplecount.services.mqtt_publisher import GONE_AFTER, READ_AT_ONCE, MqttPublisher
from tests.support.board_service import BoardService
from tests.support.shop import BACK, FRONT, SHOP, at
from tests.support.waiting import wait_until

EVENTS = "counts/event/PeopleCountingUpdate/shop"


class FakeBroker:
    """Has what was published. ``goes`` ends the connection after so many more publications."""

    def __init__(self):
        self.got = []
        self.retained = {}
        self.is_connected = False
        self.has_settled = True
        self.is_there = True
        self.takes = None

    def connect(self):
        if not self.is_there:
            raise BrokerAway("Connection refused")
        self.is_connected = True

    def goes(self, after=0):
        self.takes = after

    def comes_back(self):
        self.takes = None

    def publish(self, messages):
        for one in messages:
            if self.takes is not None:
                if self.takes == 0:
                    self.is_connected = False
                    raise BrokerAway("the connection was lost")
                self.takes -= 1
            self.got.append(one)
            if one.retained and one.payload:
                self.retained[one.topic] = one.payload
            elif one.retained:
                self.retained.pop(one.topic, None)

    def close(self):
        self.is_connected = False

    def ids(self):
        return [json.loads(one.payload)["id"] for one in self.got if one.topic == EVENTS]

    def state(self, topic):
        return json.loads(self.retained[f"counts/{topic}"])


class Published:
    """A shop, and what a broker has of it."""

    def __init__(self, folder):
        self.shop = BoardService([SHOP], now=at(8))
        self.store = LocalStore(folder / "store.sqlite")
        self.store.open()
        self.broker = FakeBroker()
        self.board = "as it is"
        self.publisher = self.made()

    def made(self, discovery="homeassistant"):
        return MqttPublisher(
            self.shop.log, self.store, self.broker, self.shop.clock,
            board=lambda: self.shop.snapshots().fields if self.board == "as it is" else self.board,
            prefix="counts", discovery=discovery,
        )  # fmt: skip

    def restarts(self, **options):
        self.broker.close()
        self.publisher = self.made(**options)

    def step(self, seconds=2.0):
        self.shop.catch_up()
        self.shop.clock.passes(seconds)
        self.publisher.step()

    def counts(self, many=1, gate=FRONT):
        return [str(self.shop.count(gate, 1)) for _ in range(many)]


@pytest.fixture
def published(tmp_path):
    published = Published(tmp_path)
    for gate in (FRONT, BACK):
        published.shop.status(gate, CameraState.UP)
        published.counts(1, gate)
    yield published
    published.store.close()


def test_events_are_told_from_now_on_as_the_log_has_them(published):
    published.step()
    assert published.broker.ids() == []
    ids = published.counts(3)
    published.step()
    assert published.broker.ids() == ids
    entry = published.shop.log.read(0, 100)[-1]
    sent = next(one for one in reversed(published.broker.got) if one.topic == EVENTS)
    assert (sent.payload.decode(), sent.retained) == (entry.json(), False)


def test_none_is_lost_over_restarts_and_none_comes_twice_where_all_were_taken(published):
    published.step()
    ids = published.counts(2 * READ_AT_ONCE + 1)
    published.step()
    published.restarts()
    ids += published.counts(5)
    published.step()
    assert published.broker.ids() == ids
    assert published.publisher.reached == published.shop.log.head()


@pytest.mark.parametrize("after", [0, 1, 7, 199])
def test_what_a_broker_did_not_take_comes_again_with_all_that_came_meanwhile(published, after):
    published.step()
    ids = published.counts(READ_AT_ONCE + 10)
    published.broker.goes(after)
    with pytest.raises(BrokerAway):
        published.step()
    published.broker.comes_back()
    ids += published.counts(2)
    published.step()
    got = published.broker.ids()
    assert got[:after] == ids[:after]
    assert got[after:] == ids


def test_while_nobody_is_there_nothing_is_forgotten(published):
    published.step()
    published.broker.is_connected = published.broker.is_there = False
    ids = published.counts(3)
    with pytest.raises(BrokerAway):
        published.step()
    published.restarts()
    published.broker.is_there = True
    published.step()
    assert published.broker.ids() == ids


def test_what_the_log_has_trimmed_is_told_as_a_gap(published):
    published.step()
    last = published.shop.log.head()
    lost = published.counts(4)
    published.shop.log.trim(published.shop.log.head().number - 1, published.shop.clock.now() + timedelta(days=1))
    published.step()
    (gap,) = [json.loads(one.payload) for one in published.broker.got if one.topic == "counts/event/gap"]
    assert (gap["kind"], gap["from"]) == ("gap", str(last))
    assert published.broker.ids() == lost[-1:]
    published.step()
    assert len([one for one in published.broker.got if one.topic == "counts/event/gap"]) == 1


def test_in_a_log_that_was_put_back_it_goes_on_with_what_is_new(published):
    published.step()
    published.counts(3)
    published.step()
    before = published.broker.ids()
    published.shop.clock.passes(1)
    published.shop.log.start_epoch()
    ids = published.counts(2)
    published.step()
    assert published.broker.ids() == before + ids
    assert "counts/event/gap" in {one.topic for one in published.broker.got}


def test_the_state_of_every_place_is_retained_and_told_when_it_changes(published):
    published.step()
    assert published.broker.state("site/shop") | {"occupancy": 2, "inToday": 2, "siteName": "Shop"} == (
        published.broker.state("site/shop")
    )
    assert published.broker.state("door/shop-front")["inToday"] == 1
    assert published.broker.state("line/front-0-1-1")["cameraId"] == "front"
    assert published.broker.state("camera/back")["state"] == "up"
    published.broker.got.clear()
    published.step()
    published.shop.seen(FRONT, BACK)
    published.step()
    assert published.broker.got == [], "that cameras were read is no news"
    published.counts(1)
    published.step()
    changed = {one.topic for one in published.broker.got if one.retained}
    assert changed == {"counts/site/shop", "counts/door/shop-front", "counts/line/front-0-1-1"}


def test_it_is_told_once_a_second_at_most(published):
    published.step()
    published.counts(1)
    published.step(0.3)
    assert published.broker.state("site/shop")["inToday"] == 2
    published.step(0.8)
    assert published.broker.state("site/shop")["inToday"] == 3


def test_after_a_new_connection_all_of_it_is_told_again(published):
    published.step()
    retained = dict(published.broker.retained)
    published.broker.is_connected = False
    published.broker.retained.clear()
    published.step()
    assert published.broker.retained == retained


def test_what_is_gone_for_good_is_taken_away_and_what_is_away_for_a_moment_is_not(published):
    published.step()
    everything = dict(published.broker.retained)
    published.board = {"sites": [], "doors": [], "lines": [], "cameras": []}
    published.step()
    published.step(GONE_AFTER / 2)
    assert published.broker.retained == everything
    published.restarts()
    published.step()
    published.step(GONE_AFTER)
    assert published.broker.retained == {}


def test_before_anything_is_known_nothing_is_told(published):
    published.board = None
    published.step()
    assert published.broker.retained == {}


def configurations(published):
    found = {}
    for topic, payload in published.broker.retained.items():
        if topic.startswith("homeassistant/"):
            found[topic] = json.loads(payload)
    return found


def test_home_assistant_is_told_which_sensors_there_are(published):
    published.step()
    found = configurations(published)
    inside = found["homeassistant/sensor/peoplecount_site_shop_inside/config"]
    assert inside["device"]["name"] == "Shop"
    assert (inside["state_topic"], inside["value_template"]) == ("counts/site/shop", "{{ value_json.occupancy }}")
    assert inside["availability_topic"] == "counts/status"
    door = found["homeassistant/sensor/peoplecount_door_shop-front_in/config"]
    assert (door["name"], door["state_class"]) == ("Front in today", "total_increasing")
    assert "homeassistant/binary_sensor/peoplecount_camera_front/config" in found
    assert len({one["unique_id"] for one in found.values()}) == len(found)
    for one in found.values():
        assert one["state_topic"] in published.broker.retained
        assert one["device"] == inside["device"]


def test_where_home_assistant_is_off_its_topics_go(published):
    published.step()
    published.restarts(discovery="")
    published.step()
    published.step(GONE_AFTER)
    assert configurations(published) == {}
    assert published.broker.state("site/shop")


class Life:
    """``run`` in a thread, as the service has it."""

    def __init__(self, publisher):
        self._stop = threading.Event()
        self._thread = threading.Thread(target=publisher.run, args=(self._stop,))
        self._thread.start()

    def ends(self):
        self._stop.set()
        self._thread.join(20)
        assert not self._thread.is_alive()


def test_while_the_broker_is_away_that_is_said_with_what_it_lacks(published):
    published.counts(3)
    published.step()
    published.broker.is_there = False
    published.restarts()
    reached = published.shop.log.head()
    life = Life(published.publisher)
    try:
        wait_until(lambda: published.publisher.trouble == "Connection refused")
        assert not published.publisher.is_connected
        assert published.publisher.reached == reached, "as it was written down"
        published.broker.is_there = True
        wait_until(lambda: published.publisher.is_connected)
        assert published.publisher.trouble == ""
    finally:
        life.ends()


def test_a_connection_that_is_taken_away_again_and_again_stays_a_trouble(published):
    published.broker.is_there = False
    life = Life(published.publisher)
    try:
        wait_until(lambda: published.publisher.trouble)
        published.broker.has_settled = False
        published.broker.is_there = True
        wait_until(lambda: published.broker.is_connected)
        assert published.publisher.trouble == "Connection refused"
        assert not published.publisher.is_connected
        published.broker.has_settled = True
        wait_until(lambda: not published.publisher.trouble)
    finally:
        life.ends()
    assert published.publisher.trouble == ""


def test_a_fault_of_the_program_is_told_by_its_kind_alone(published, monkeypatch):
    def stumble():
        raise ValueError("secret")

    monkeypatch.setattr(published.publisher, "step", stumble)
    life = Life(published.publisher)
    try:
        wait_until(lambda: published.publisher.trouble)
        assert published.publisher.trouble == "a fault of the program (ValueError); the log has more"
    finally:
        life.ends()
