"""Cameras that are tried: what is said of each fault, by virtual cameras over HTTP."""

from contextlib import closing
from dataclasses import replace

import pytest

from peoplecount.camera_access import CameraAccess
from peoplecount.domain.camera import Camera
from peoplecount.domain.clock import REAL_TIME
from peoplecount.domain.site import Site
from peoplecount.eventlog.local_store import LocalStore
from peoplecount.services.camera_trial import CameraTrials
from peoplecount.services.played_clock import PlayedClock
from peoplecount.services.trial import Flaw, read_trial
from peoplecount.settings import load_settings
from peoplecount.simulator.fault import FaultOrder
from peoplecount.simulator.fleets import default_fleet
from peoplecount.simulator.server import Https, SimulatorServer
from tests.support.processes import ANYWHERE

SITE = Site("shop", "Shop", "Europe/Zurich")


def settings_in(folder):
    environ = {"DATA_DIR": str(folder), "CONNECT_TIMEOUT": "2", "READ_TIMEOUT": "2"}
    return load_settings(ANYWHERE | environ, env_file=None)


@pytest.fixture
def trials(tmp_path):
    with closing(LocalStore(tmp_path / "store.sqlite")) as store:
        settings = settings_in(tmp_path)
        yield CameraTrials(CameraAccess(settings, store), PlayedClock(REAL_TIME))


@pytest.fixture
def cameras():
    with SimulatorServer(default_fleet(3)) as server:
        yield server


def camera_at(server, camera_id="1", **more):
    plan = server.simulation.fronts[camera_id].camera.plan
    return Camera(camera_id, plan.name, server.address(camera_id), plan.username, plan.password, **more)


def goes_wrong(server, fault, **details):
    server.simulation.inject(FaultOrder.parse({"fault": fault, **details}))


def flaws(trial):
    return [finding.flaw for finding in trial.findings]


def test_a_camera_that_is_well_says_who_it_is_and_what_it_counts(trials, cameras):
    trial = trials.try_out(camera_at(cameras), SITE)
    assert trial.is_fit
    assert trial.findings == ()
    assert (trial.serial, trial.protocol, trial.requests_per_poll) == ("ZSIM0000000001X", "classic", 1)
    assert [line.name for line in trial.lines] == ["EastDoor", "WestDoor"]
    assert all(line.entered is not None for line in trial.lines)
    assert read_trial(trial.fields()) == trial


def test_a_camera_that_takes_https_only_and_is_asked_without_is_told_of(trials):
    with SimulatorServer(default_fleet(1), https=Https.ONLY) as server:
        plain = server.address("1").replace("https://", "http://")
        trial = trials.try_out(replace(camera_at(server), address=plain), SITE)
    assert flaws(trial) == [Flaw.NO_ANSWER]
    assert "write https:// before its address" in trial.findings[0].sentence


@pytest.mark.parametrize(
    ("fault", "flaw", "said"),
    [
        ("refused", Flaw.NO_ANSWER, "on this network?"),
        ("401", Flaw.WRONG_PASSWORD, "refuses the user name or password"),
        ("609", Flaw.NO_RIGHTS, "counts on classic SUNAPI need an account of administrator level"),
        ("490", Flaw.LOCKED, "locked"),
        ("500", Flaw.BUSY, "Try it again in a minute"),
        ("garbage", Flaw.STRANGE_ANSWER, "Is it a Hanwha camera"),
    ],
)
def test_what_hinders_it_is_said_with_what_to_do(trials, cameras, fault, flaw, said):
    goes_wrong(cameras, fault)
    trial = trials.try_out(camera_at(cameras), SITE)
    assert not trial.is_fit
    assert flaws(trial) == [flaw]
    assert said in trial.findings[0].sentence


def test_the_password_is_in_no_sentence(trials, cameras):
    for fault in ("401", "609", "garbage", "refused"):
        goes_wrong(cameras, fault)
        secret = replace(camera_at(cameras), password="very-s3cret")
        assert "very-s3cret" not in repr(trials.try_out(secret, SITE))
        cameras.simulation.clear_faults()


def test_a_silent_camera_is_given_up_in_words(trials, cameras):
    goes_wrong(cameras, "timeout")
    (finding,) = trials.try_out(camera_at(cameras), SITE).findings
    assert finding.flaw is Flaw.NO_ANSWER


def test_a_camera_that_takes_too_long_over_all_questions_is_given_up(tmp_path, cameras):
    goes_wrong(cameras, "slow", delay=1.0)
    with closing(LocalStore(tmp_path / "store.sqlite")) as store:
        access = CameraAccess(settings_in(tmp_path), store)
        trial = CameraTrials(access, PlayedClock(REAL_TIME), longest=0.2).try_out(camera_at(cameras), SITE)
    assert flaws(trial) == [Flaw.NO_ANSWER]
    assert "has not said all there is to know" in trial.findings[0].sentence


def test_without_a_line_that_counts_it_says_to_draw_one(trials, cameras):
    for line in (1, 2):
        goes_wrong(cameras, "line-disabled", camera="1", line=line)
    trial = trials.try_out(camera_at(cameras), SITE)
    assert not trial.is_fit
    assert flaws(trial)[0] is Flaw.NO_LINES
    assert "draw one" in trial.findings[0].sentence


@pytest.mark.parametrize(
    ("name", "flaw", "said"),
    [
        ("EastDoor", Flaw.SAME_NAMES, "Two lines have the same name, 'EastDoor': history cannot be searched"),
        ("", Flaw.NO_NAMES, "no name: its history cannot be searched"),
    ],
)
def test_lines_whose_history_cannot_be_searched_count_and_are_pointed_out(trials, cameras, name, flaw, said):
    goes_wrong(cameras, "line-renamed", camera="1", line=2, name=name)
    trial = trials.try_out(camera_at(cameras), SITE)
    assert trial.is_fit
    assert flaw in flaws(trial)
    assert any(said in finding.sentence for finding in trial.findings)


def test_a_clock_that_is_wrong_and_one_of_another_zone_are_pointed_out(trials, cameras):
    goes_wrong(cameras, "clock-step", camera="1", seconds=-600)
    trial = trials.try_out(camera_at(cameras), SITE)
    assert (trial.is_fit, flaws(trial)) == (True, [Flaw.CLOCK])
    assert "10 min behind" in trial.findings[0].sentence
    goes_wrong(cameras, "zone-change", camera="2", name="Asia/Tokyo")
    trial = trials.try_out(camera_at(cameras, "2"), SITE)
    assert (trial.is_fit, flaws(trial)) == (True, [Flaw.ZONE])
    assert "Its clock is +09:00 from UTC, but the site Shop in Europe/Zurich is" in trial.findings[0].sentence


class TestOverHTTPS:
    @pytest.fixture
    def cameras(self):
        with SimulatorServer(default_fleet(1), https=Https.ONLY) as server:
            yield server

    def test_a_certificate_nobody_vouches_for_is_shown_and_no_password_sent(self, trials, cameras):
        trial = trials.try_out(camera_at(cameras), SITE)
        assert flaws(trial) == [Flaw.CERTIFICATE_UNKNOWN]
        assert trial.awaits_certificate
        assert trial.fingerprint == cameras.certificate("1").fingerprint
        assert cameras.simulation.fronts["1"].count.requests == 0

    def test_once_it_is_accepted_the_camera_answers(self, trials, cameras):
        pinned = cameras.certificate("1").fingerprint
        trial = trials.try_out(camera_at(cameras, certificate=pinned), SITE)
        assert trial.is_fit
        assert (trial.fingerprint, trial.accepted) == (pinned, True)

    def test_another_one_than_the_accepted_waits_for_somebody_to_decide(self, trials, cameras):
        trial = trials.try_out(camera_at(cameras, certificate="ab" * 32), SITE)
        assert flaws(trial) == [Flaw.CERTIFICATE_CHANGED]
        assert trial.awaits_certificate

    def test_behind_a_redirect_it_is_the_same(self, trials):
        with SimulatorServer(default_fleet(1), https=Https.REDIRECT) as server:
            trial = trials.try_out(camera_at(server), SITE)
            assert (flaws(trial), trial.fingerprint) == (
                [Flaw.CERTIFICATE_UNKNOWN],
                server.certificate("1").fingerprint,
            )
            accepted = replace(camera_at(server), certificate=trial.fingerprint)
            trial = trials.try_out(accepted, SITE)
            assert trial.is_fit
            assert trial.address.startswith("https:")


def test_wrong_passwords_are_held_back_before_the_camera_locks_the_account(trials, cameras):
    wrong = replace(camera_at(cameras), password="wrong")
    found = [flaws(trials.try_out(wrong, SITE)) for _ in range(3)]
    assert found == [[Flaw.WRONG_PASSWORD], [Flaw.WRONG_PASSWORD], [Flaw.LOCKED]]
