"""Cameras out of a file, against virtual ones and against a network that a test makes up."""

import threading
from collections import Counter
from contextlib import closing
from dataclasses import replace

import pytest

from peoplecount.camera_access import CameraAccess
from peoplecount.domain.camera_networks import CameraNetworks
from peoplecount.domain.change import Subject
from peoplecount.domain.clock import REAL_TIME
from peoplecount.domain.user import Role
from peoplecount.eventlog.local_store import LocalStore
from peoplecount.services.camera_import import ImportOptions, Outcome
from peoplecount.services.camera_sheet import COLUMNS, SheetRow, read_sheet, write_sheet
from peoplecount.services.import_jobs import TooManyImports
from peoplecount.services.played_clock import PlayedClock
from peoplecount.settings import load_settings
from peoplecount.storage.errors import DatabaseUnavailable
from tests.support.camera_office import ANNA, BEN, PASSWORD, Office
from tests.support.processes import ANYWHERE
from tests.support.spoiled_sheet import ROWS, spoiled_sheet
from tests.support.waiting import wait_until

GOOD = {"user": "admin", "password": PASSWORD, "site": "Shop"}


@pytest.fixture
def office(tmp_path):
    office = Office(tmp_path)
    office.has_sites("Shop", "Museum")
    yield office
    office.close()


def rows(*texts):
    return [SheetRow(number, {name: str(value) for name, value in one.items()}) for number, one in enumerate(texts, 2)]


def run(office, texts, by=ANNA, **options):
    """The verdicts by row."""
    return {one.row: one for one in office.imports.run(by, rows(*texts), ImportOptions(**options))}


def outcomes(verdicts):
    return [verdicts[row].outcome for row in sorted(verdicts)]


def row(name="Hall", address="", **more):
    return {"name": name, "address": address or f"http://{name.lower().replace(' ', '-')}.example", **GOOD, **more}


def stand(office, *names):
    for name in names:
        office.network.stands(f"http://{name}.example", f"Z-{name}")


class TestOnceMore:
    """The same file may be sent as often as somebody likes."""

    def test_what_is_in_and_the_same_is_already_there_and_not_asked(self, office):
        stand(office, "hall", "foyer")
        file = [row("Hall"), row("Foyer")]
        assert outcomes(run(office, file)) == [Outcome.ADDED] * 2
        asked = len(office.network.standing["http://hall.example"].asked)
        assert outcomes(run(office, file)) == [Outcome.THERE] * 2
        assert len(office.network.standing["http://hall.example"].asked) == asked
        assert [verb for _, verb, _ in office.noted()] == ["added"] * 2

    def test_what_is_otherwise_is_changed_only_where_that_is_asked_for(self, office):
        stand(office, "hall")
        run(office, [row()])
        changed = [row(interval="5", paused="yes")]
        verdict = run(office, changed)[2]
        assert verdict.outcome is Outcome.DIFFERENT
        assert "another poll interval, paused" in verdict.sentences[0]
        assert outcomes(run(office, changed, update=True)) == [Outcome.UPDATED]
        one = office.desk.find(ANNA, "hall")
        assert (one.camera.poll_interval, one.paused) == (5.0, True)

    def test_an_empty_cell_changes_nothing(self, office):
        stand(office, "hall")
        run(office, [row(id="main", interval="5")])
        assert outcomes(run(office, [row(id="main", interval="", password="", user="")])) == [Outcome.THERE]

    def test_another_password_is_tried_before_it_is_kept(self, office):
        stand(office, "hall")
        run(office, [row()])
        assert outcomes(run(office, [row(password="wrong")], update=True)) == [Outcome.REFUSED]
        assert office.desk.with_password(office.desk.find(ANNA, "hall")).password == PASSWORD

    def test_an_export_is_already_there(self, office):
        stand(office, "hall", "foyer")
        run(office, [row("Hall", interval="3"), row("Foyer", site="Museum")])
        entered = office.desk.entered(ANNA)
        passwords = {one.camera.camera_id: office.desk.with_password(one).password for one in entered}
        lines = write_sheet(entered, {}, passwords).splitlines()
        assert lines[0] == ",".join(COLUMNS)
        again = office.imports.run(ANNA, read_sheet("\r\n".join(lines).encode()), ImportOptions())
        assert [one.outcome for one in again] == [Outcome.THERE] * 2

    def test_after_the_database_was_away_the_rest_comes_in(self, office):
        stand(office, "hall", "foyer")
        verdicts = office.imports.run(ANNA, rows(row("Hall"), row("Foyer")), ImportOptions())
        assert next(verdicts).outcome is Outcome.ADDED
        office.database.is_away = True
        with pytest.raises(DatabaseUnavailable):
            next(verdicts)
        office.database.is_away = False
        assert outcomes(run(office, [row("Hall"), row("Foyer")])) == [Outcome.THERE, Outcome.ADDED]


def test_two_of_the_same_name_get_ids_that_tell_them_apart(office):
    for address in "abc":
        office.network.stands(f"http://{address}.example", address)
    file = [
        row("Door", f"http://{address}.example", site=site)
        for address, site in zip("abc", ("Shop", "Museum", "Museum"), strict=True)
    ]
    assert [one.camera_id for one in run(office, file).values()] == ["door", "museum-door", "museum-door-2"]


def test_a_row_whose_camera_is_where_none_may_be_is_refused_and_not_asked(tmp_path):
    office = Office(tmp_path, networks=CameraNetworks(("10.20.0.0/16",)))
    try:
        office.has_sites("Shop")
        office.network.stands("http://10.20.0.7", "Z1")
        outside = office.network.stands("http://10.21.0.7", "Z2")
        found = run(office, [row("Hall", "http://10.20.0.7"), row("Yard", "http://10.21.0.7")])
        assert outcomes(found) == [Outcome.ADDED, Outcome.REFUSED]
        assert "No camera may be at 10.21.0.7: CAMERA_NETWORKS allows" in " ".join(found[3].sentences)
        assert outside.asked == []
    finally:
        office.close()


def test_a_dry_run_asks_and_enters_nothing(office):
    stand(office, "hall")
    verdicts = run(office, [row(), row("Annex", "http://hall.example:81", site="New")], dry_run=True, make_sites=True)
    assert outcomes(verdicts) == [Outcome.FIT, Outcome.REFUSED]
    assert office.desk.entered(ANNA) == []
    assert "New" not in {site.name for site in office.places.sites()}


def test_sites_are_made_where_that_is_asked_for_and_once(office):
    stand(office, "hall", "foyer")
    file = [row("Hall", site="Old Mill", time_zone="Asia/Tokyo"), row("Foyer", site="old mill")]
    assert "There is no site 'Old Mill'" in run(office, file)[2].sentences[0]
    assert outcomes(run(office, file, make_sites=True)) == [Outcome.ADDED] * 2
    (mill,) = (site for site in office.places.sites() if site.name == "Old Mill")
    assert mill.time_zone == "Asia/Tokyo"
    assert office.noted().count(("anna", "added", "old-mill")) == 1


def test_who_is_limited_to_sites_imports_into_those_alone(office):
    stand(office, "hall", "foyer", "annex")
    office.has("foyer", site_id="museum")
    file = [row("Hall"), row("Foyer", site="Museum"), row("Annex", site="New"), row("Other", id="foyer")]
    verdicts = run(office, file, by=BEN, make_sites=True)
    assert outcomes(verdicts) == [Outcome.ADDED, Outcome.REFUSED, Outcome.REFUSED, Outcome.REFUSED]
    assert "There is no site 'Museum'" in verdicts[3].sentences[0]
    assert "give this one another id" in verdicts[5].sentences[0]


def test_certificates_are_accepted_for_those_they_were_shown_for(office):
    office.network.stands("https://hall.example", "Z1", fingerprint="ab" * 32)
    office.network.stands("https://foyer.example", "Z2", fingerprint="cd" * 32)
    file = [row("Hall", "https://hall.example"), row("Foyer", "https://foyer.example")]
    waiting = run(office, file)
    assert outcomes(waiting) == [Outcome.CERTIFICATE] * 2
    assert [one.fingerprint for one in waiting.values()] == ["ab" * 32, "cd" * 32]
    office.network.stands("https://foyer.example", "Z2", fingerprint="ef" * 32)
    accepted = {one.camera_id: one.fingerprint for one in waiting.values()}
    assert outcomes(run(office, file, accepted=accepted)) == [Outcome.ADDED, Outcome.CERTIFICATE]
    assert office.desk.find(ANNA, "hall").camera.certificate == "ab" * 32
    assert outcomes(run(office, file, trust=True)) == [Outcome.THERE, Outcome.ADDED]


def test_untested_cameras_are_entered_without_being_asked(office):
    assert outcomes(run(office, [row("Later")], untested=True)) == [Outcome.ADDED]


def test_where_cameras_come_from_a_view_none_is_entered(office):
    office.desk.are_theirs = True
    assert "enter it there" in run(office, [row()])[2].sentences[0]


class TestTwoHundredRows:
    """With every kind of fault, as a spreadsheet of forty sites has them."""

    @pytest.fixture
    def virtual(self, tmp_path):
        settings = load_settings(ANYWHERE | {"DATA_DIR": str(tmp_path), "READ_TIMEOUT": "3"}, env_file=None)
        with closing(LocalStore(tmp_path / "sign-ins.sqlite")) as store:
            office = Office(tmp_path, network=CameraAccess(settings, store), clock=PlayedClock(REAL_TIME))
            yield office
            office.close()

    def test_each_gets_a_verdict_an_installer_can_act_on(self, virtual):
        with spoiled_sheet() as sheet:
            verdicts = run(virtual, sheet.rows, make_sites=True)

            assert verdicts.keys() == set(range(2, ROWS + 2))
            for number, (outcome, said) in sheet.expected.items():
                one = verdicts[number]
                assert (one.outcome, said.lower() in " ".join(one.sentences).lower()) == (outcome, True), (number, one)
            others = [one for number, one in verdicts.items() if number not in sheet.expected]
            assert [one for one in others if one.outcome is not Outcome.ADDED or one.sentences] == []
            again = Counter(one.outcome for one in run(virtual, sheet.rows, make_sites=True, dry_run=True).values())
            assert again[Outcome.THERE] == len(virtual.desk.entered(ANNA))
            assert again[Outcome.FIT] == 0


def test_a_camera_that_takes_its_time_comes_in_and_that_is_said(office):
    stand(office, "hall", "foyer")
    original = office.network.client

    def client(camera, clock):
        office.clock.passes(25 if camera.name == "Hall" else 1)
        return original(camera, clock)

    office.network.client = client
    verdicts = [run(office, [one])[2] for one in (row("Hall"), row("Foyer"))]
    assert [one.outcome for one in verdicts] == [Outcome.ADDED] * 2
    assert [len(one.sentences) for one in verdicts] == [1, 0]
    assert "It took 25 s" in verdicts[0].sentences[0]


class TestJobs:
    """Imports by a page."""

    def start(self, office, *texts, by=ANNA, **options):
        return office.jobs.start(by, "cameras.csv", rows(*texts), ImportOptions(**options))

    def test_it_goes_on_by_itself_and_is_looked_at_by_any_worker(self, office):
        stand(office, "hall")
        job_id = self.start(office, row("Hall"), row("Gone"))
        wait_until(lambda: office.jobs.find(ANNA, job_id).over)
        job = office.jobs.find(ANNA, job_id)
        assert [one.outcome for one in job.verdicts] == [Outcome.ADDED, Outcome.REFUSED]
        assert (job.file, job.rows, job.failure) == ("cameras.csv", 2, "")
        assert office.jobs.find(BEN, job_id) is None
        assert PASSWORD not in office.store.get(f"camera-import:{job_id}").body

    @pytest.mark.parametrize(
        ("now", "sees"),
        [
            ({}, True),
            ({"sites": frozenset({"default", "more"})}, True),
            ({"sites": frozenset({"another"})}, False),
            ({"stamp": "of somebody who has the name now"}, False),
        ],
    )
    def test_its_owner_sees_it_as_long_as_they_may_do_what_they_might_then(self, office, now, sees):
        ben = replace(BEN, sites=frozenset({"default"}), stamp="first")
        job_id = self.start(office, row("Gone"), by=ben)
        wait_until(lambda: office.jobs.find(ANNA, job_id).over)
        assert (office.jobs.find(replace(ben, **now), job_id) is not None) is sees

    def test_of_all_sites_it_is_not_for_an_owner_who_may_see_some_now(self, office):
        job_id = self.start(office, row("Gone"))
        wait_until(lambda: office.jobs.find(ANNA, job_id).over)
        assert office.jobs.find(replace(ANNA, sites=frozenset({"default"})), job_id) is None

    def test_more_than_two_at_once_are_refused(self, office):
        let_go = threading.Event()
        original = office.network.client

        def slow(camera, clock):
            let_go.wait(20)
            return original(camera, clock)

        office.network.client = slow
        running = [self.start(office, row("Hall")), self.start(office, row("Foyer"))]
        with pytest.raises(TooManyImports):
            self.start(office, row("Annex"))
        let_go.set()
        wait_until(lambda: all(office.jobs.find(ANNA, one).over for one in running))
        last = self.start(office, row("Annex"))
        wait_until(lambda: office.jobs.find(ANNA, last).over)

    def slow(self, office, *names):
        """These cameras answer when the event is set."""
        let_go, original = threading.Event(), office.network.client

        def client(camera, clock):
            if camera.name in names:
                let_go.wait(20)
            return original(camera, clock)

        office.network.client = client
        return let_go

    def ended(self, office, job_id, by=ANNA):
        wait_until(lambda: office.jobs.find(by, job_id).over)
        return office.jobs.find(by, job_id)

    def entered_names(self, office):
        return [one.camera.name for one in office.desk.entered(ANNA)]

    def test_it_is_stopped_before_the_next_row_by_whoever_began_it(self, office):
        stand(office, "hall", "foyer")
        let_go = self.slow(office, "Foyer")
        job_id = self.start(office, row("Hall"), row("Foyer"))
        wait_until(lambda: self.entered_names(office) == ["Hall"])
        (going,) = office.jobs.under_way(ANNA)
        assert (going.job_id, going.owner) == (job_id, "anna")
        assert office.jobs.stop(ANNA, job_id).job_id == job_id
        let_go.set()
        job = self.ended(office, job_id)
        assert "anna stopped it" in job.failure
        assert self.entered_names(office) == ["Hall"]
        assert office.jobs.under_way(ANNA) == []
        assert office.store.under("camera-import-stop:") == {}
        assert office.noted() == [
            ("anna", "began", job_id), ("anna", "added", "hall"), ("anna", "stopped", job_id),
            ("anna", "did not finish", job_id),
        ]  # fmt: skip

    def test_who_may_see_all_sites_stops_the_import_of_somebody_else_and_nobody_else_may(self, office):
        let_go = self.slow(office, "Hall", "Foyer")
        of_ben, of_anna = self.start(office, row("Hall"), by=BEN), self.start(office, row("Foyer"))
        assert office.jobs.stop(BEN, of_anna) is None
        assert [job.job_id for job in office.jobs.under_way(BEN)] == [of_ben]
        assert office.jobs.stop(ANNA, of_ben)
        let_go.set()
        assert "anna stopped it" in self.ended(office, of_ben).failure
        assert self.ended(office, of_anna).failure == ""

    @pytest.mark.parametrize(
        "becomes",
        [None, replace(ANNA, role=Role.OPERATOR), replace(ANNA, sites=frozenset({"shop"}))],
        ids=["signed out", "operator", "fewer sites"],
    )
    def test_it_ends_when_whoever_began_it_may_do_less(self, office, becomes):
        stand(office, "hall", "foyer")
        let_go = self.slow(office, "Foyer")
        job_id = self.start(office, row("Hall"), row("Foyer"))
        wait_until(lambda: self.entered_names(office) == ["Hall"])
        office.rights["anna"] = becomes
        let_go.set()
        assert "may do less" in self.ended(office, job_id).failure
        assert self.entered_names(office) == ["Hall"]

    def test_it_goes_on_where_they_may_do_more(self, office):
        stand(office, "hall")
        office.rights["ben"] = replace(BEN, sites=None)
        job = self.ended(office, self.start(office, row("Hall"), by=BEN))
        assert (job.failure, [one.outcome for one in job.verdicts]) == ("", [Outcome.ADDED])

    def test_that_it_began_and_what_came_of_it_is_in_the_log(self, office):
        stand(office, "hall")
        self.ended(office, self.start(office, row("Hall"), row("Gone"), dry_run=True))
        wait_until(lambda: len(office.audit.page(subject=Subject.IMPORT).changes) == 2)
        ended, began = office.audit.page(subject=Subject.IMPORT).changes
        assert (began.name, began.after) == ("cameras.csv", {"rows": 2, "only tried": True})
        assert ended.after == {"fit": 1, "refused": 1}

    def test_that_the_database_went_away_is_said(self, office):
        office.database.is_away = True
        job_id = self.start(office, row("Hall"))
        wait_until(lambda: office.jobs.find(ANNA, job_id).over)
        assert "Send the file again" in office.jobs.find(ANNA, job_id).failure

    def test_one_that_says_nothing_any_more_is_lost(self, office):
        job_id = self.start(office, row("Hall"))
        wait_until(lambda: office.jobs.find(ANNA, job_id).over)
        job = office.jobs.find(ANNA, job_id)
        assert not job.is_lost(office.clock.now())
        office.clock.passes(61)
        assert replace(job, over=False).is_lost(office.clock.now())

    def test_after_a_week_it_is_forgotten(self, office):
        old = self.start(office, row("Hall"))
        wait_until(lambda: office.jobs.find(ANNA, old).over)
        office.clock.passes(8 * 86400)
        new = self.start(office, row("Hall"))
        wait_until(lambda: office.jobs.find(ANNA, new).over)
        assert office.jobs.find(ANNA, old) is None
