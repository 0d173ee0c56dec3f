"""``python -m peoplecount support``: what is in it is tried beside trouble in tests/e2e/test_no_secret_gets_out.py."""

import json
import zipfile

from tests.support.commands import run_command
from tests.support.processes import free_port
from tests.support.running import plain_environment


def support(folder, *arguments, **settings):
    """Its exit code and what it printed."""
    environment = plain_environment(DATA_DIR=str(folder / "var"), PORT=str(free_port()), **settings)
    done = run_command("support", *arguments, environment=environment, folder=folder, timeout=120)
    return done.returncode, done.stdout + done.stderr


def test_where_nothing_ever_ran_it_says_so_and_makes_nothing_but_the_file(tmp_path):
    code, said = support(tmp_path, "bundle.zip")
    assert code == 0, said
    with zipfile.ZipFile(tmp_path / "bundle.zip") as bundle:
        texts = {name: bundle.read(name).decode() for name in bundle.namelist()}
    assert "has not run in this folder yet" in texts["status.json"]
    assert "it is not there yet" in texts["database.txt"]
    assert texts["health.json"].startswith("This could not be had: ConnectionError")
    assert "Peoplecount" in texts["version.txt"]
    assert json.loads(texts["status.json"])["status"] == "down"
    assert [path.name for path in tmp_path.iterdir()] == ["bundle.zip"]


def test_addresses_are_masked_where_that_is_wished_and_the_rest_stays_legible(tmp_path):
    (tmp_path / "service.log").write_text("camera at 192.0.2.7 by db.example\n")
    place = {"DATABASE_URL": "postgresql://counts:Cnry~1234@db.example/counts"}
    code, said = support(tmp_path, "bundle.zip", "--mask-addresses", "--log", "service.log", **place)
    assert code == 0, said
    with zipfile.ZipFile(tmp_path / "bundle.zip") as bundle:
        texts = {name: bundle.read(name).decode() for name in bundle.namelist()}
    assert not [name for name, text in texts.items() if "db.example" in text or "192.0.2.7" in text or "Cnry" in text]
    assert texts["log.txt"].startswith("camera at host-")
    assert "DATABASE_URL = (set)" in texts["settings.txt"]


def test_a_file_that_is_there_is_left_alone(tmp_path):
    (tmp_path / "bundle.zip").write_text("mine")
    code, said = support(tmp_path, "bundle.zip")
    assert (code, (tmp_path / "bundle.zip").read_text()) == (1, "mine")
    assert "is there already; name another file" in said
