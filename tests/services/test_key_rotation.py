"""Changing the key while others use it: fakes that seal by writing the key's name in front."""

import json

import pytest

from peoplecount.services.key_rotation import MOST_LOOKS, KeyRotation, RosterCopy


class Keys:
    def __init__(self, *names):
        self.names = list(names)

    def keys(self):
        return tuple(self.names)

    def add(self):
        self.names.insert(0, f"k{len(self.names) + 1}")

    def keep_first(self):
        del self.names[1:]


class Sealer:
    def __init__(self, keys):
        self._keys = keys

    def seal(self, text):
        return f"{self._keys.names[0]}:{text}"

    def renew(self, text):
        key, _, clear = text.partition(":")
        if key not in self._keys.names:
            raise ValueError("no key opens it")
        return self.seal(clear)


class Place:
    def __init__(self, *texts):
        self.texts = list(texts)
        self.error = None

    def renew(self, renew):
        if self.error:
            raise self.error
        after = [renew(text) for text in self.texts]
        changed = sum(old != new for old, new in zip(self.texts, after, strict=True))
        self.texts = after
        return changed


@pytest.fixture
def keys():
    return Keys("k1")


@pytest.fixture
def sealer(keys):
    return Sealer(keys)


def rotation(keys, sealer, place, pause=lambda seconds: None):
    return KeyRotation(keys, sealer, {"database": place}, pause=pause)


def test_everything_is_sealed_with_the_new_key_and_the_old_one_is_gone(keys, sealer):
    place = Place("k1:a", "k1:b")
    done = rotation(keys, sealer, place).run()
    assert (done.is_complete, done.texts) == (True, {"database": 2})
    assert (place.texts, keys.names) == (["k2:a", "k2:b"], ["k2"])


def test_what_somebody_seals_with_the_old_key_meanwhile_is_found(keys, sealer):
    place, late = Place("k1:a"), ["k1:late"]

    def pause(_):
        if late:
            place.texts.append(late.pop())

    assert rotation(keys, sealer, place, pause).run().is_complete
    assert place.texts == ["k2:a", "k2:late"]


def test_the_old_key_stays_while_others_go_on_sealing_with_it(keys, sealer):
    place = Place()
    done = rotation(keys, sealer, place, lambda _: place.texts.append("k1:more")).run()
    assert not done.is_complete
    assert keys.names == ["k2", "k1"]
    assert done.texts["database"] == MOST_LOOKS - 1


def test_a_place_that_is_away_keeps_the_old_key_and_the_next_run_goes_on_with_the_same_new_one(keys, sealer):
    place = Place("k1:a")
    place.error = OSError("the database is away")
    with pytest.raises(OSError, match="away"):
        rotation(keys, sealer, place).run()
    assert keys.names == ["k2", "k1"]
    place.error = None
    assert rotation(keys, sealer, place).run().is_complete
    assert (place.texts, keys.names) == (["k2:a"], ["k2"])


def test_what_no_key_opens_is_left_as_it_is_and_holds_nothing_up(keys, sealer):
    place = Place("lost:a", "k1:b")
    assert rotation(keys, sealer, place).run().is_complete
    assert place.texts == ["lost:a", "k2:b"]


class Store:
    def __init__(self, text):
        self.text = text
        self.changes = 0

    def change(self, key, work):
        assert key == "roster"
        after = work(self.text)
        self.changes += after != self.text
        self.text = after


def test_the_passwords_of_the_local_copy_are_renewed_and_nothing_else(keys, sealer):
    cameras = [{"camera_id": "1", "password": "k1:a", "name": "Südtor"}, {"camera_id": "2", "password": "lost:b"}]
    store = Store(json.dumps({"sites": [1], "cameras": cameras}))
    keys.add()
    renew = rotation(keys, sealer, Place())._renewed
    assert RosterCopy(store, "roster").renew(renew) == 1
    assert RosterCopy(store, "roster").renew(renew) == 0
    cameras[0]["password"] = "k2:a"
    assert (json.loads(store.text), store.changes) == ({"sites": [1], "cameras": cameras}, 1)


@pytest.mark.parametrize("text", [None, "no JSON", "[]", '{"cameras": 1}', '{"cameras": [{}]}'])
def test_a_copy_that_is_missing_or_cannot_be_read_is_left_as_it_is(text, sealer):
    store = Store(text)
    assert RosterCopy(store, "roster").renew(sealer.seal) == 0
    assert store.text == text
