import pytest
from sqlalchemy import select, update

from peoplecount.domain.camera import Camera
from peoplecount.storage.camera_passwords import CameraPasswords
from peoplecount.storage.camera_table import CameraTable
from peoplecount.storage.errors import InvalidEntry
from peoplecount.storage.proxy import ProxyDB
from peoplecount.storage.schema import cameras
from tests.support.toy_sealer import ToySealer


@pytest.fixture
def db(connection):
    db = ProxyDB(connection)
    table = CameraTable(db, ToySealer())
    for name, password in (("a", "secret"), ("b", "word"), ("open", "")):
        table.add(Camera(name, name, "http://192.0.2.7", "admin", password))
    db.execute(update(cameras).where(cameras.c.camera_id == "open").values(password="clear"))
    return db


@pytest.fixture
def passwords(db):
    return CameraPasswords(db)


def kept(db):
    rows = db.execute(select(cameras.c.camera_id, cameras.c.password))
    return {row.camera_id: row.password for row in rows}


def test_sealed_ones_are_renewed_and_clear_ones_are_left_to_whoever_wrote_them(db, passwords):
    assert passwords.renew(str.upper) == 2
    assert kept(db) == {"a": "SEALED:TERCES", "b": "SEALED:DROW", "open": "clear"}


def test_nothing_is_written_where_nothing_changes(db, passwords):
    assert passwords.renew(lambda text: text) == 0
    assert set(passwords.sealed()) == {"a", "b"}


def test_one_that_somebody_changes_at_the_same_moment_is_left_to_the_next_time(db, passwords):
    def renew(text):
        passwords.enter("a", "newer", ToySealer())
        return text + "+"

    assert passwords.renew(renew) == 1
    assert kept(db)["a"] == "sealed:rewen"


def test_a_password_is_entered_anew_also_where_the_old_one_cannot_be_opened(db, passwords):
    passwords.enter("a", "other", ToySealer())
    passwords.enter("open", "", ToySealer(), username="guest")
    assert (kept(db)["a"], kept(db)["open"]) == ("sealed:rehto", "")
    found = {camera.camera_id: camera for camera in CameraTable(db, ToySealer()).cameras()}
    assert (found["a"].username, found["a"].password, found["open"].username) == ("admin", "other", "guest")


def test_a_camera_that_is_not_there_is_refused(passwords):
    with pytest.raises(InvalidEntry, match="no camera 'x'"):
        passwords.enter("x", "p", ToySealer())
