"""What doors that are gone were called."""

import pytest

from peoplecount.domain.change import Subject
from peoplecount.domain.door import Door
from peoplecount.domain.roster import Roster
from peoplecount.eventlog.local_store import LocalStore
from peoplecount.eventlog.log import LocalStoreUnavailable
from peoplecount.services import audit_log
from peoplecount.services.audit_log import AuditLog
from peoplecount.services.former_doors import FormerDoors
from tests.support.fake_clock import FakeClock


@pytest.fixture
def store(tmp_path):
    store = LocalStore(tmp_path / "store.sqlite")
    yield store
    store.close()


@pytest.fixture
def log(store):
    return AuditLog(store, FakeClock())


@pytest.fixture
def doors(log):
    roster = Roster(doors={"back": Door("back", "shop", "Back door")})
    return FormerDoors(lambda: roster, log)


def test_a_door_without_a_camera_has_the_name_it_has(doors, log):
    log.note("anna", "removed", Subject.DOOR, "back", "Another name")
    assert doors.names(["back"]) == {"back": "Back door"}


def test_a_removed_door_has_the_name_it_had_last_however_long_ago(doors, log, monkeypatch):
    monkeypatch.setattr(audit_log, "ON_A_PAGE", 2)
    log.note("anna", "added", Subject.DOOR, "side", "Side")
    log.note("anna", "removed", Subject.DOOR, "side", "Side door")
    for number in range(5):
        log.note("anna", "removed", Subject.DOOR, f"other-{number}", "Other")
    assert doors.names(["side", "never"]) == {"side": "Side door"}


def test_with_the_local_store_away_names_are_not_known(caplog):
    roster = Roster(doors={"back": Door("back", "shop", "Back door")})
    doors = FormerDoors(lambda: roster, AuditLog(Broken(), FakeClock()))
    assert doors.names(["back", "side"]) == {"back": "Back door"}
    assert "cannot be read" in caplog.text


class Broken:
    """A store that is away."""

    def changes(self, *_, **__):
        raise LocalStoreUnavailable("no such file")
