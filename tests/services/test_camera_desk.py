"""The cameras' desk, and that of their lines."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete

from peoplecount.domain.camera import Camera
from peoplecount.domain.camera_networks import CameraNetworks
from peoplecount.domain.door import Door
from peoplecount.domain.line import Line, LineKey
from peoplecount.domain.site import DEFAULT_SITE_ID
from peoplecount.services.camera_desk import Login, NoSuchCamera
from peoplecount.services.line_desk import LineWish
from peoplecount.services.trial import Flaw
from peoplecount.services.walk_tests import NoSuchDoor
from peoplecount.storage.errors import ChangedMeanwhile, InvalidEntry
from peoplecount.storage.schema import sites
from tests.support.camera_office import ANNA, BEN, PASSWORD, Office


@pytest.fixture
def office(tmp_path):
    office = Office(tmp_path)
    office.has_sites("Shop", "Museum")
    yield office
    office.close()


def hall(**more):
    fields = {"username": "admin", "password": PASSWORD, "site_id": "shop"} | more
    return Camera("hall", "Hall", fields.pop("address", "http://hall.example"), **fields)


class TestAdding:
    def test_a_camera_that_answered_is_entered_and_noted_without_its_password(self, office):
        office.network.stands("http://hall.example", "Z1")
        trial = office.desk.try_out(ANNA, hall())
        assert trial.is_fit
        office.desk.add(ANNA, hall(), trial)
        (one,) = office.desk.entered(ANNA)
        assert (one.camera.name, one.camera.password, one.site.name) == ("Hall", "", "Shop")
        assert office.desk.with_password(one).password == PASSWORD
        assert office.noted() == [("anna", "added", "hall")]
        assert PASSWORD not in repr(office.audit.page())

    def test_an_id_an_address_and_a_device_are_entered_once(self, office):
        office.has("front", "http://front.example", site_id="shop")
        office.read_serials["front"] = "Z1"
        with pytest.raises(InvalidEntry, match="give this one another id"):
            office.desk.add(ANNA, replace(hall(), camera_id="front"))
        with pytest.raises(InvalidEntry, match=r"http://front.example is entered already, as front"):
            office.desk.add(ANNA, replace(hall(), address="http://front.example"))
        office.network.stands("http://hall.example", "Z1")
        trial = office.desk.try_out(ANNA, hall())
        assert [finding.flaw for finding in trial.findings] == [Flaw.SAME_DEVICE]
        assert not trial.is_fit
        with pytest.raises(InvalidEntry, match="serial Z1, is entered already, as front"):
            office.desk.add(ANNA, hall(), trial)
        office.desk.add(ANNA, hall(), trial, again=True)
        assert len(office.desk.entered(ANNA)) == 2

    def test_a_device_is_known_from_the_moment_it_was_entered(self, office):
        """And not only once it has been read."""
        office.network.stands("http://hall.example", "Z1")
        office.network.stands("http://elsewhere.example", "Z1")
        office.desk.add(ANNA, hall(), office.desk.try_out(ANNA, hall()))
        twin = replace(hall(), camera_id="twin", address="http://elsewhere.example")
        assert office.desk.try_out(ANNA, twin).findings[0].flaw is Flaw.SAME_DEVICE
        office.desk.remove(ANNA, "hall")
        assert office.desk.try_out(ANNA, twin).is_fit, "what was removed is nobody's twin"

    def test_what_was_read_counts_more_than_what_was_tried(self, office):
        office.serials.note("hall", "Z1")
        office.read_serials["hall"] = "Z2"
        assert office.serials.all() == {"hall": "Z2"}

    def test_without_a_user_the_login_of_all_cameras_is_tried(self, office):
        standing = office.network.stands("http://hall.example")
        assert office.desk.try_out(ANNA, hall(username="", password="")).is_fit
        assert standing.asked == [PASSWORD]
        assert repr(Login("u", "p")) == "Login(…)"


class TestNetworks:
    """Only addresses that CAMERA_NETWORKS allows are entered, or asked."""

    INSIDE, OUTSIDE = "http://10.20.0.7", "http://10.21.0.7"

    @pytest.fixture
    def office(self, tmp_path):
        office = Office(tmp_path, networks=CameraNetworks(("10.20.0.0/16",)))
        office.has_sites("Shop")
        yield office
        office.close()

    def test_outside_nobody_is_asked_and_nothing_entered(self, office):
        outside, standing = hall(address=self.OUTSIDE), office.network.stands(self.OUTSIDE)
        for attempt in (office.desk.try_out, office.desk.add):
            with pytest.raises(InvalidEntry, match=r"no camera may be at 10\.21\.0\.7: CAMERA_NETWORKS allows 10\.20"):
                attempt(ANNA, outside)
        assert standing.asked == []
        assert office.desk.entered(ANNA) == []

    def test_inside_and_under_a_name_it_is_entered(self, office):
        office.desk.add(ANNA, hall(address=self.INSIDE))
        office.desk.add(ANNA, replace(hall(), camera_id="named"))
        assert len(office.desk.entered(ANNA)) == 2

    def test_one_that_was_entered_before_the_setting_keeps_its_address_and_gets_no_other_outside(self, office):
        office.has("hall", self.OUTSIDE, site_id="shop")
        version = office.desk.find(ANNA, "hall").version
        office.desk.change(ANNA, replace(hall(address=self.OUTSIDE), name="Great hall"), version, keeps_password=True)
        one = office.desk.find(ANNA, "hall")
        assert one.camera.name == "Great hall"
        with pytest.raises(InvalidEntry, match="CAMERA_NETWORKS"):
            office.desk.change(ANNA, hall(address="http://10.21.0.8"), one.version, keeps_password=True)


class TestChanging:
    def test_who_comes_second_is_told_and_changes_nothing(self, office):
        office.has("hall", site_id="shop")
        seen = office.desk.find(ANNA, "hall")
        office.desk.change(ANNA, replace(seen.camera, name="Foyer"), seen.version, keeps_password=True)
        with pytest.raises(ChangedMeanwhile):
            office.desk.change(BEN, replace(seen.camera, name="Lobby"), seen.version, keeps_password=True)
        assert office.desk.find(ANNA, "hall").camera.name == "Foyer"

    def test_the_password_stays_unless_another_is_given(self, office):
        office.has("hall", site_id="shop")
        seen = office.desk.find(ANNA, "hall")
        office.desk.change(ANNA, replace(seen.camera, name="Foyer"), seen.version, keeps_password=True)
        seen = office.desk.find(ANNA, "hall")
        assert office.desk.with_password(seen).password == PASSWORD
        office.desk.change(ANNA, replace(seen.camera, password="new-one"), seen.version, keeps_password=False)
        assert office.desk.with_password(seen).password == "new-one"
        (change, _) = office.audit.page().changes
        assert "new-one" not in repr(change)

    def test_lines_stay_with_their_camera(self, office):
        office.has("hall", site_id="shop")
        version = office.desk.find(ANNA, "hall").version
        office.lines.put(ANNA, "hall", version, [LineWish(LineKey("hall"), "North")])
        seen = office.desk.find(ANNA, "hall")
        office.desk.change(ANNA, replace(seen.camera, name="Foyer", lines=()), seen.version, keeps_password=True)
        assert [line.name for line in office.desk.find(ANNA, "hall").camera.lines] == ["North"]

    def test_an_address_that_another_has_is_refused(self, office):
        office.has("hall", site_id="shop")
        office.has("front", site_id="shop")
        seen = office.desk.find(ANNA, "hall")
        with pytest.raises(InvalidEntry, match="entered already, as front"):
            office.desk.change(
                ANNA, replace(seen.camera, address="http://front.example"), seen.version, keeps_password=True
            )

    def test_certificates_are_accepted_for_many_at_once_and_noted(self, office):
        office.has("hall", site_id="shop")
        office.has("front", site_id="shop")
        office.desk.pin(ANNA, {"hall": "ab" * 32, "front": "cd" * 32})
        assert [one.camera.certificate[:2] for one in office.desk.entered(ANNA)] == ["cd", "ab"]
        assert office.noted() == [("anna", "changed", "hall"), ("anna", "changed", "front")]

    def test_it_is_paused_and_goes_on(self, office):
        office.has("hall", site_id="shop")
        for paused in (True, True, False):
            office.desk.pause(ANNA, "hall", paused=paused)
            assert office.desk.find(ANNA, "hall").paused is paused
        assert [verb for _, verb, _ in office.noted()] == ["paused", "resumed"]


class TestSites:
    """Who may see the shop alone sees and changes nothing of other places."""

    @pytest.fixture(autouse=True)
    def cameras(self, office):
        office.has("hall", site_id="shop")
        office.has("secret", site_id="museum")
        office.read_serials["secret"] = "Z9"

    def test_others_are_not_there(self, office):
        assert [one.camera.camera_id for one in office.desk.entered(BEN)] == ["hall"]
        assert list(office.desk.sites(BEN)) == ["shop"]
        for forbidden in (
            lambda: office.desk.find(BEN, "secret"),
            lambda: office.desk.pause(BEN, "secret"),
            lambda: office.desk.remove(BEN, "secret"),
            lambda: office.desk.pin(BEN, {"secret": "ab" * 32}),
            lambda: office.lines.swap(BEN, "secret-0-1-1", ""),
            lambda: office.lines.put(BEN, "secret", "", []),
        ):
            with pytest.raises(NoSuchCamera):
                forbidden()
        assert office.noted() == []

    def test_a_camera_goes_to_no_site_of_others(self, office):
        seen = office.desk.find(BEN, "hall")
        with pytest.raises(InvalidEntry, match="there is no site 'museum'"):
            office.desk.change(BEN, replace(seen.camera, site_id="museum"), seen.version, keeps_password=True)
        with pytest.raises(InvalidEntry, match="there is no site 'default'"):
            office.desk.add(BEN, replace(hall(), camera_id="new-one", address="http://x.example", site_id="default"))

    def test_the_login_of_all_cameras_shows_nobody_what_is_not_theirs(self, office):
        """By it they would see any camera of the installation, at whatever address they type."""
        office.has("mus", "http://mus.example", site_id="museum", username="", password="")
        there = office.network.stands("http://mus.example", "Z7")
        own = office.has("own", "http://own.example", site_id="shop", username="", password="")
        office.network.stands("http://own.example", "Z8")
        assert office.desk.try_out(BEN, own).is_fit, "their own, as it was entered"
        there.asked.clear()
        for address in ("http://mus.example", "http://mus.example:80", "http://MUS.example", "http://other.example"):
            for camera in (hall(username="", password="", address=address), replace(own, address=address)):
                with pytest.raises(InvalidEntry, match="own user"):
                    office.desk.try_out(BEN, camera)
        with pytest.raises(InvalidEntry, match="own user"):
            office.desk.add(BEN, hall(username="", password=""), again=True)
        version = office.desk.find(BEN, "own").version
        with pytest.raises(InvalidEntry, match="own user"):
            office.desk.change(BEN, replace(own, address="http://new.example"), version, keeps_password=True)
        assert there.asked == []

    def test_the_address_of_another_camera_is_not_asked_however_it_is_written(self, office):
        office.has("mus", "http://mus.example", site_id="museum")
        there = office.network.stands("http://mus.example:80", "Z7")
        with pytest.raises(InvalidEntry, match="entered already"):
            office.desk.try_out(BEN, hall(address="http://mus.example:80"))
        assert there.asked == []

    def test_a_door_of_others_is_neither_walked_nor_left(self, office):
        office.places.put_door(Door("gate", "museum", "Gate"))
        office.has("own", "http://own.example", site_id="shop", lines=(Line(LineKey("own"), "", "gate"),))
        with pytest.raises(NoSuchDoor):
            office.walks.door(BEN, "gate")
        version = office.desk.find(BEN, "own").version
        office.lines.put(BEN, "own", version, [LineWish(LineKey("own"), "Left", "")])
        (line,) = office.desk.find(ANNA, "own").camera.lines
        assert (line.name, line.door_id) == ("Left", "gate")

    def test_that_another_is_the_same_is_said_without_its_name(self, office):
        office.network.stands("http://hall2.example", "Z9")
        trial = office.desk.try_out(BEN, replace(hall(), camera_id="hall2", address="http://hall2.example"))
        assert "is entered already:" in trial.findings[0].sentence
        with pytest.raises(InvalidEntry) as refused:
            office.desk.refuse_double(BEN, replace(hall(), camera_id="hall2", address="http://secret.example"))
        assert ", as" not in str(refused.value)

    def test_doors_of_others_cannot_be_chosen_and_stay_where_they_are(self, office):
        office.places.put_door(Door("vault", "museum", "Vault"))
        version = office.desk.find(BEN, "hall").version
        with pytest.raises(InvalidEntry, match="there is no door 'vault'"):
            office.lines.put(BEN, "hall", version, [LineWish(LineKey("hall"), "", "vault")])
        office.lines.put(ANNA, "hall", version, [LineWish(LineKey("hall"), "", "vault")])
        version = office.desk.find(BEN, "hall").version
        office.lines.put(BEN, "hall", version, [LineWish(LineKey("hall"), "North", "vault")])
        (line,) = office.desk.find(BEN, "hall").camera.lines
        assert (line.name, line.door_id) == ("North", "vault")
        assert "vault" not in office.lines.doors(BEN)


class TestLines:
    @pytest.fixture(autouse=True)
    def camera(self, office):
        office.has("hall", site_id="shop")

    def put(self, office, *wishes):
        office.lines.put(ANNA, "hall", office.desk.find(ANNA, "hall").version, wishes)
        return {line.key.index: line for line in office.desk.find(ANNA, "hall").camera.lines}

    def test_lines_get_names_and_doors_new_and_old(self, office):
        lines = self.put(
            office,
            LineWish(LineKey("hall", index=1), "North", new_door="Main"),
            LineWish(LineKey("hall", index=2), "South", new_door="main"),
        )
        (door,) = office.lines.doors(ANNA).values()
        assert (door.name, door.site_id) == ("Main", "shop")
        assert {line.door_id for line in lines.values()} == {door.door_id}, "the same door, however it is written"
        lines = self.put(office, LineWish(LineKey("hall", index=2), "", door.door_id))
        assert (lines[1].name, lines[2].name) == ("North", ""), "what nobody mentions stays"

    def test_lines_of_others_are_refused(self, office):
        with pytest.raises(InvalidEntry, match="does not belong"):
            self.put(office, LineWish(LineKey("front"), "North"))

    def test_lines_that_were_read_are_there_before_anybody_named_them(self, office):
        office.read_names |= {"hall-0-1-2": "WestDoor", "front-0-1-1": "Other"}
        one = office.desk.find(ANNA, "hall")
        assert [str(line.key) for line in office.lines.lines(one.camera)] == ["hall-0-1-2"]

    def test_a_line_is_swapped_from_the_next_full_hour_or_a_chosen_one(self, office):
        office.clock.passes(25 * 60)
        moment = office.lines.swap(ANNA, "hall-0-1-1", "")
        assert moment == datetime(2026, 5, 4, 13, tzinfo=UTC)
        assert office.lines.swap(ANNA, "hall-0-1-1", "10:00") == datetime(2026, 5, 4, 8, tzinfo=UTC), "Zurich's ten"
        (line,) = office.desk.find(ANNA, "hall").camera.lines
        assert len(line.swaps) == 2
        office.lines.swap(ANNA, "hall-0-1-1", "10:00", take_back=True)
        (line,) = office.desk.find(ANNA, "hall").camera.lines
        assert line.swaps == (moment,)
        assert [verb for _, verb, _ in office.noted()] == ["swapped", "swapped", "swapped back"]

    @pytest.mark.parametrize(
        ("line_id", "since", "said"),
        [
            ("hall-0-1-1", "10:30", "no full hour"),
            ("hall-0-1-1", "soon", "is allowed"),
            ("hall-0-1-1", "2020-01-01T10:00", "too long ago"),
            ("nonsense", "", "CAMERA-CHANNEL-RULE-INDEX"),
            ("front-0-1-1", "", "there is no camera 'front'"),
        ],
    )
    def test_a_moment_that_is_none_is_refused_in_words(self, office, line_id, since, said):
        with pytest.raises(InvalidEntry, match=said):
            office.lines.swap(ANNA, line_id, since)


def test_two_administrators_at_the_same_row_cannot_both_win(office):
    """What the desk looks at may change before it writes: the table itself compares once more."""
    office.has("hall", site_id="shop")
    (seen,) = office.table.cameras(opened=False)
    office.table.change(replace(seen, name="Foyer"), keeps_password=True)
    with pytest.raises(ChangedMeanwhile):
        office.table.change(replace(seen, name="Lobby"), known=seen, keeps_password=True)


def test_a_default_site_that_is_nobodys_is_not_offered(office):
    office.has("hall", site_id="shop")
    assert office.desk.offered(ANNA).keys() == office.desk.sites(ANNA).keys() - {DEFAULT_SITE_ID}
    office.has("stray", site_id=DEFAULT_SITE_ID)
    assert office.desk.offered(ANNA) == office.desk.sites(ANNA)


def test_a_stray_camera_is_at_the_default_site(office):
    office.has("hall", site_id="shop")
    gone = delete(sites).where(sites.c.site_id == "shop")
    office.database.transaction(lambda transaction: transaction.change(gone))
    (one,) = office.desk.entered(ANNA)
    assert one.site.name == "Main site"
    assert office.desk.entered(BEN) == []


def test_drafts_are_for_whoever_tried_and_for_an_hour(office):
    office.network.stands("http://hall.example", "Z1")
    trial = office.desk.try_out(ANNA, hall())
    kept = office.drafts.keep("anna", {"name": "Hall", "password": "clear"}, trial, password=PASSWORD)
    found = office.drafts.find("anna", kept.draft_id)
    assert (found.password, found.texts, found.trial) == (PASSWORD, {"name": "Hall"}, trial)
    assert PASSWORD not in repr(found)
    assert all(PASSWORD not in body for body in office.store.under("camera-draft:").values())
    assert office.drafts.find("ben", kept.draft_id) is None
    office.clock.passes(3601)
    assert office.drafts.find("anna", kept.draft_id) is None
    office.drafts.keep("anna", {}, trial)
    assert len(office.store.under("camera-draft:")) == 1, "old ones are forgotten"


def test_the_oldest_draft_goes_for_the_newest(office, monkeypatch):
    monkeypatch.setattr("peoplecount.services.camera_drafts.MOST", 3)
    office.network.stands("http://hall.example", "Z1")
    trial = office.desk.try_out(ANNA, hall())
    kept = []
    for _ in range(5):
        office.clock.passes(1)
        kept.append(office.drafts.keep("anna", {}, trial).draft_id)
    assert [office.drafts.find("anna", one) is not None for one in kept] == [False, False, True, True, True]
    office.drafts.drop(kept[-1])
    assert office.drafts.find("anna", kept[-1]) is None
