"""A support bundle: what is put in, what is taken out of it, and who may read it."""

import stat
import zipfile

import pytest

from peoplecount.services.support_bundle import REMOVED, BundleRefused, Discretion, SupportBundle, last_lines


def test_secrets_are_removed_wherever_they_stand_the_longest_first():
    discretion = Discretion(secrets=["hunter2!", "hunter2!longer", "(a|b)*"])
    told = "url=mssql://u:hunter2!longer@db x=hunter2! y=(a|b)* z=hunter"
    assert discretion.applied(told) == f"url=mssql://u:{REMOVED}@db x={REMOVED} y={REMOVED} z=hunter"


def test_what_is_too_short_to_be_told_from_other_words_is_not_searched_for():
    assert Discretion(secrets=["in", ""]).applied("in and out") == "in and out"


def test_hosts_are_told_apart_but_not_told():
    discretion = Discretion(hosts=["db.example", "cam-1.lan", ""], masks=True)
    assert discretion.applied("  (nothing)  ") == "  (nothing)  "
    told = "db.example 192.0.2.7 CAM-1.lan 192.0.2.7:80 127.0.0.1 mydb.example.org 1.2.3"
    assert discretion.applied(told) == "host-1 host-3 host-2 host-3:80 127.0.0.1 mydb.example.org 1.2.3"
    assert discretion.applied("db.example") == "host-1", "the same in every file"


def test_unless_asked_for_hosts_stay():
    assert Discretion(hosts=["db.example"]).applied("db.example 192.0.2.7") == "db.example 192.0.2.7"


def read(file):
    with zipfile.ZipFile(file) as bundle:
        return {name: bundle.read(name).decode() for name in bundle.namelist()}


def test_it_says_what_is_in_it_and_only_its_owner_reads_it(tmp_path):
    bundle = SupportBundle(Discretion(secrets=["hunter2!"]))
    bundle.add("a.txt", "the first", lambda: "password hunter2!\n")
    bundle.write(tmp_path / "bundle.zip", "Of today.")
    texts = read(tmp_path / "bundle.zip")
    assert texts == {"README.txt": f"Of today.\n\n{'a.txt':<20} the first\n", "a.txt": f"password {REMOVED}\n"}
    assert stat.S_IMODE((tmp_path / "bundle.zip").stat().st_mode) == 0o600


def test_what_cannot_be_had_is_said_and_the_rest_is_there():
    bundle = SupportBundle(Discretion(secrets=["hunter2!"]))

    def fail():
        raise RuntimeError("login hunter2! failed")

    bundle.add("a.txt", "", fail)
    bundle.add("b.txt", "", lambda: "there")
    assert bundle.names == ["a.txt", "b.txt"]
    assert bundle._texts["a.txt"][1] == f"This could not be had: RuntimeError: login {REMOVED} failed\n"


@pytest.mark.parametrize("place", ["there.zip", "no/such/folder.zip"])
def test_a_file_that_is_there_or_cannot_be_is_refused(tmp_path, place):
    (tmp_path / "there.zip").write_text("mine")
    with pytest.raises(BundleRefused, match=r"is there already|cannot be written"):
        SupportBundle(Discretion()).write(tmp_path / place, "")
    assert (tmp_path / "there.zip").read_text() == "mine"


def test_of_a_log_the_end_is_taken():
    assert last_lines("1\n2\n3\n", 2) == "2\n3\n"
