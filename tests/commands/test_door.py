"""``python -m peoplecount door …``, and what commands leave in the audit log."""

import getpass

import pytest

from peoplecount.__main__ import main
from peoplecount.configuration import configuration
from peoplecount.domain.camera import Camera
from peoplecount.domain.line import Line, LineKey
from peoplecount.eventlog.data_folder import open_data_folder
from peoplecount.launch import read_settings


@pytest.fixture(autouse=True)
def own_settings(tmp_path, monkeypatch):
    """No setting but a data folder; also no ``.env``, which is looked for in the working folder."""
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "DB_SERVER", "TIME_ZONE", "CLOCK_URL", "PEOPLECOUNT_DEMO"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "var"))


@pytest.fixture
def run(capsys):
    """Runs a command; its exit code and all it said."""

    def run(*arguments):
        code = main(arguments)
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def noted():
    folder = open_data_folder(read_settings().data_dir)
    try:
        return [(change.who, change.verb, change.subject_id) for change in reversed(folder.store.changes(100))]
    finally:
        folder.close()


def test_doors_are_added_listed_changed_and_removed_and_the_log_knows(run):
    assert run("site", "add", "Mall", "--time-zone", "Europe/Zurich", "--capacity", "800")[0] == 0
    assert run("door", "add", "Mall", "North door")[1].startswith("Door mall.north-door of Mall is added")
    assert run("door", "set", "mall.north-door", "--name", "Main entrance", "--site", "Main site")[0] == 0
    listed = run("door", "list")[1]
    assert "Main entrance" in listed
    assert "default" in listed
    assert run("door", "remove", "mall.north-door")[0] == 0
    assert run("site", "set", "mall", "--capacity", "")[0] == 0
    assert run("site", "count", "mall", "5")[0] == 0
    assert run("site", "remove", "Mall")[0] == 0
    who = f"command line ({getpass.getuser()})"
    assert noted() == [
        (who, "added", "mall"),
        (who, "added", "mall.north-door"),
        (who, "changed", "mall.north-door"),
        (who, "removed", "mall.north-door"),
        (who, "changed", "mall"),
        (who, "counted people at", "mall"),
        (who, "removed", "mall"),
    ]


def test_a_door_with_lines_and_a_site_with_doors_stay(run):
    run("site", "add", "Mall")
    run("door", "add", "mall", "North door")
    lines = (Line(LineKey("cam"), "In front", "mall.north-door"),)
    with configuration(read_settings()) as tables:
        tables.cameras.add(Camera("cam", "Hall", "192.0.2.7", site_id="mall", lines=lines))
    code, said = run("door", "remove", "mall.north-door")
    assert (code, "still has the lines In front" in said) == (1, True)
    code, said = run("site", "remove", "mall")
    assert (code, "the doors North door and the cameras Hall" in said) == (1, True)
    assert "cam-0-1-1" in run("door", "list")[1]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("door", "add", "nowhere", "Front"), "no site 'nowhere'"),
        (("door", "add", "default", " "), "not a name"),
        (("door", "set", "none", "--name", "Front"), "no door 'none'"),
        (("door", "remove", "none"), "no door 'none'"),
        (("site", "add", "Mall", "--id", "a/b"), "not an id"),
        (("site", "add", "Mall", "--time-zone", "Zurich"), "not a time zone"),
        (("site", "remove", "default"), "default site stays"),
    ],
)
def test_nonsense_is_refused_in_words_and_not_noted(run, arguments, says):
    code, said = run(*arguments)
    assert code == 1
    assert says in said
    assert "Traceback" not in said
    assert noted() == []


def test_people_and_tokens_of_commands_are_noted_without_their_secrets(run, monkeypatch):
    run("user", "add", "ben", "--link")
    _, said = run("user", "reset", "ben", "--link")
    _, token = run("token", "add", "Power BI")
    run("token", "revoke", "Power BI")
    run("user", "remove", "ben")
    assert [(verb, subject) for _, verb, subject in noted() if subject == "ben"] == [
        ("added", "ben"),
        ("gave a one-time link to", "ben"),
        ("removed", "ben"),
    ]
    folder = open_data_folder(read_settings().data_dir)
    kept = repr(folder.store.changes(100))
    folder.close()
    assert said.rpartition("#")[2].strip() not in kept
    assert token.strip().splitlines()[-1] not in kept
