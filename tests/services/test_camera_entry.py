"""Cameras as somebody types them."""

from dataclasses import replace

import pytest

from peoplecount.domain.camera import Camera, CameraProtocol
from peoplecount.services.camera_entry import RESERVED, read_entry, texts_of
from peoplecount.services.site_entry import InvalidFields

TYPED = {"name": " Main entrance ", "address": "192.0.2.7:8080", "user": "admin", "password": " secret "}
HALL = Camera(
    "hall",
    "Hall",
    "http://192.0.2.9",
    "admin",
    "old",
    "shop",
    5.0,
    CameraProtocol.CLASSIC,
    nvr_channel=2,
    inner_address="http://10.0.0.2",
)


def read(known=None, **texts):
    return read_entry({**({} if known else TYPED), **texts}, default_interval=10.0, known=known)


def test_what_is_not_said_is_made_from_what_is():
    camera = read()
    assert (camera.camera_id, camera.name, camera.address) == (
        "main-entrance",
        "Main entrance",
        "http://192.0.2.7:8080",
    )
    assert (camera.poll_interval, camera.protocol, camera.nvr_channel) == (10.0, None, None)
    assert camera.password == " secret ", "a password may begin and end with a blank"


def test_every_field_is_read():
    camera = read(id="a-1", interval="2,5 s", protocol="WiseAI", nvr_channel="3", https_pin=("AB:" * 32).strip(":"))
    assert (camera.camera_id, camera.poll_interval) == ("a-1", 2.5)
    assert (camera.protocol, camera.nvr_channel, camera.certificate) == (CameraProtocol.WISEAI, 3, "ab" * 32)


def test_all_that_is_wrong_is_said_at_once_by_field():
    with pytest.raises(InvalidFields) as refused:
        read(
            name="",
            id="a b",
            address="http://admin:secret-1@192.0.2.7",
            interval="often",
            protocol="onvif",
            nvr_channel="x",
            https_pin="12",
        )
    faults = refused.value.faults
    assert faults.keys() == {"name", "id", "address", "interval", "protocol", "nvr_channel", "https_pin"}
    assert "such as Main entrance" in faults["name"]
    assert "letters" in faults["id"]
    assert "classic, wiseai" in faults["protocol"]
    assert "0 to 1023" in faults["nvr_channel"]
    assert "secret-1" not in str(refused.value), "an address may hold a password"


@pytest.mark.parametrize(("interval", "said"), [("0", "0.05 to 3600"), ("99999", "0.05 to 3600"), ("nan", "0.05")])
def test_an_interval_that_is_none_says_what_is_allowed(interval, said):
    with pytest.raises(InvalidFields, match=said):
        read(interval=interval)


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_an_id_cannot_be_the_address_of_another_page(name):
    with pytest.raises(InvalidFields, match="pages have that address"):
        read(id=name)


def test_a_password_without_a_user_is_nobodys():
    with pytest.raises(InvalidFields, match="say whose it is"):
        read(user="")


def test_of_a_known_camera_what_is_not_said_stays():
    assert read(HALL) == replace(HALL, site_id="default")
    changed = read(HALL, name="Foyer", password="new", id="other")
    assert (changed.camera_id, changed.name, changed.password, changed.address) == (
        "hall",
        "Foyer",
        "new",
        HALL.address,
    )


def test_a_camera_is_typed_again_from_its_texts():
    texts = texts_of(HALL)
    assert "old" not in texts.values()
    again = read_entry({**texts, "password": "old"}, default_interval=1.0, site_id="shop")
    assert again == replace(HALL, inner_address="")
