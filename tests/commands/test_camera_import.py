"""``camera import``, ``export``, ``set``, ``pause`` and ``test --all``, as an installer types them."""

import csv
import io

import pytest

from peoplecount.__main__ import main
from peoplecount.simulator.fleets import default_fleet
from peoplecount.simulator.server import Https, SimulatorServer


@pytest.fixture
def cameras():
    with SimulatorServer(default_fleet(3)) as server:
        yield server


@pytest.fixture(autouse=True)
def own_settings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "DB_SERVER", "CAMERA_USER", "CAMERA_PASSWORD", "PEOPLECOUNT_DEMO"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("TIME_ZONE", "Europe/Zurich")


class Terminal(io.StringIO):
    """Somebody who types."""

    def isatty(self):
        return True


@pytest.fixture
def camera(monkeypatch, capsys):
    """Runs the command with what is typed; its exit code, what it printed and what it complained about."""

    def run(*arguments, types=None):
        monkeypatch.setattr("sys.stdin", io.StringIO() if types is None else Terminal(types))
        code = main(["camera", *map(str, arguments)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def plans(server):
    return [front.camera.plan for front in server.simulation.fronts.values()]


def write(path, server, **changes):
    """A file of a server's cameras; ``changes`` are cells of the first."""
    rows = [
        {
            "name": plan.name,
            "address": server.address(plan.camera_id),
            "user": plan.username,
            "password": plan.password,
            "site": plan.site.name,
        }
        for plan in plans(server)
    ]
    rows[0] |= changes
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, rows[0], delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_a_file_comes_in_row_by_row_and_once_more_where_something_was_wrong(camera, cameras, tmp_path):
    file = write(tmp_path / "cameras.csv", cameras, password="wrong")
    code, out, _ = camera("import", file, "--make-sites")
    assert code == 1
    assert [line.split()[:2] for line in out.splitlines() if line.startswith("row")] == [
        ["row", str(n)] for n in (2, 3, 4)
    ]
    assert "refuses the user name or password" in out
    assert "2 added, 1 refused" in out
    with (tmp_path / "cameras.csv.verdicts.csv").open(encoding="utf-8-sig") as report:
        verdicts = list(csv.DictReader(report))
    assert [(one["row"], one["verdict"]) for one in verdicts] == [("2", "refused"), ("3", "added"), ("4", "added")]
    assert "user name or password" in verdicts[0]["what to do"]
    write(file, cameras)
    code, out, _ = camera("import", file, "--make-sites", "--report", tmp_path / "second.csv")
    assert code == 0
    assert "1 added, 2 already there" in out
    assert (tmp_path / "second.csv").is_file()
    assert all(plan.password not in out for plan in plans(cameras))


def test_a_dry_run_enters_nothing(camera, cameras, tmp_path):
    code, out, _ = camera("import", write(tmp_path / "c.csv", cameras), "--dry-run", "--make-sites")
    assert (code, "3 fit" in out) == (0, True)
    assert "No cameras yet" in camera("list")[1]


@pytest.mark.parametrize(
    ("text", "said"), [("name,ip\nx,y\n", "unknown column 'ip'"), (None, "cannot be read"), ("", "is empty")]
)
def test_a_file_that_is_none_is_refused_in_words(camera, tmp_path, text, said):
    if text is not None:
        (tmp_path / "c.csv").write_text(text)
    code, _, err = camera("import", tmp_path / "c.csv")
    assert (code, said in err) == (1, True)


@pytest.mark.parametrize(("types", "outcome"), [("y\n", "3 added"), ("n\n", "3 certificate"), (None, "3 certificate")])
def test_certificates_are_accepted_with_one_answer_for_all(camera, tmp_path, types, outcome):
    with SimulatorServer(default_fleet(3), https=Https.ONLY) as server:
        file = write(tmp_path / "c.csv", server)
        code, out, _ = camera("import", file, "--make-sites", types=types)
        assert (code == 0, outcome in out) == (types == "y\n", True)
        assert out.count("CN=virtual camera") == 3
        assert camera("import", file, "--make-sites", "--trust")[0] == 0


def test_what_is_exported_is_already_there_and_with_its_secrets_comes_back(camera, cameras, tmp_path, monkeypatch):
    camera("import", write(tmp_path / "c.csv", cameras), "--make-sites")
    camera("pause", "foyer")
    code, out, _ = camera("export")
    assert code == 0
    assert all(plan.password not in out for plan in plans(cameras))
    (tmp_path / "plain.csv").write_text(out)
    assert "3 already there" in camera("import", tmp_path / "plain.csv")[1]
    file = tmp_path / "all.csv"
    assert camera("export", "--with-secrets", file)[0] == 0
    assert file.stat().st_mode & 0o077 == 0, "the passwords are nobody else's to read"
    code, _, err = camera("export", file)
    assert (code, "is there already" in err) == (1, True)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "elsewhere"))
    assert "3 added" in camera("import", file, "--make-sites")[1]
    assert camera("export", "--with-secrets")[1].replace("\r", "") == file.read_text(encoding="utf-8-sig").replace(
        "\r", ""
    )
    assert "paused" in camera("list")[1]


def test_all_are_tested_into_a_table(camera, cameras, tmp_path):
    assert "No cameras yet" in camera("test", "--all")[1]
    camera("import", write(tmp_path / "c.csv", cameras), "--make-sites")
    camera("add", "Gone", "127.0.0.1:1", "--untested")
    code, out, _ = camera("test", "--all")
    assert code == 1
    rows = {line.split()[0]: line for line in out.splitlines() if line}
    assert "counts" in rows["foyer"]
    assert "NO ANSWER" in rows["gone"]
    assert "3 of 4 cameras count." in out
    assert camera("test", "--all", "foyer")[0] == 1


def test_a_camera_is_changed_after_it_was_asked(camera, cameras, tmp_path):
    camera("import", write(tmp_path / "c.csv", cameras), "--make-sites")
    assert camera("set", "foyer", "--name", "Big foyer", "--interval", "4")[0] == 0
    out = camera("list")[1]
    assert "Big foyer" in out
    assert "4 s" in out
    code, _, err = camera("set", "foyer", "--address", "127.0.0.1:1")
    assert (code, "nothing listens" in err) == (1, True)
    assert camera("set", "foyer", "--address", "127.0.0.1:1", "--untested")[0] == 0
    assert "127.0.0.1:1" in camera("list")[1]
    code, _, err = camera("set", "foyer")
    assert (code, "nothing is to be changed" in err) == (1, True)
    code, _, err = camera("set", "nobody", "--name", "X")
    assert (code, "there is no camera 'nobody'" in err) == (1, True)
    code, _, err = camera("set", "foyer", "--site", "Nowhere")
    assert (code, "there is no site 'Nowhere'" in err) == (1, True)


def test_cameras_are_paused_and_go_on(camera, cameras, tmp_path):
    camera("import", write(tmp_path / "c.csv", cameras), "--make-sites")
    assert camera("pause", "foyer", "counter-hall")[0] == 0
    assert camera("list")[1].count("paused") == 2
    assert camera("resume", "foyer")[0] == 0
    assert camera("list")[1].count("paused") == 1
    assert camera("pause", "nobody")[0] == 1
