"""``python -m peoplecount line …``, as an administrator types it."""

from datetime import UTC, datetime, timedelta

import pytest

from peoplecount.__main__ import main
from peoplecount.configuration import configuration
from peoplecount.domain.camera import Camera
from peoplecount.domain.line import Line, LineKey
from peoplecount.eventlog.data_folder import open_data_folder
from peoplecount.launch import read_settings
from tests.support.counting_line import CountingLine, append

KEY = LineKey("7")


@pytest.fixture
def line(tmp_path, monkeypatch, capsys):
    """Runs the command beside one camera; its exit code, what it printed and what it complained about."""
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "DB_SERVER", "CLOCK_URL", "PEOPLECOUNT_DEMO"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("TIME_ZONE", "Asia/Kolkata")
    with configuration(read_settings()) as tables:
        tables.cameras.add(Camera("7", "East", "http://192.0.2.7", lines=(Line(KEY, "Main door", ""),)))

    def run(*arguments):
        code = main(["line", *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def swaps():
    with configuration(read_settings()) as tables:
        ((one,),) = (camera.lines for camera in tables.cameras.cameras())
        return one.swaps


def test_lines_that_were_read_are_listed_with_their_ids_and_the_cameras_names(line, tmp_path):
    folder = open_data_folder(tmp_path / "var")
    append(folder.log, CountingLine("7", index=2).count(3, 1))
    folder.close()
    code, out, _ = line("list")
    assert code == 0
    assert [row.split()[0] for row in out.splitlines()] == ["ID", "7-0-1-1", "7-0-1-2"]


def test_where_no_line_is_known_the_command_that_tells_them_is_named(line):
    with configuration(read_settings()) as tables:
        tables.cameras.remove("7")
    assert "`camera test` asks the cameras" in line("list")[1]


def test_a_line_is_swapped_from_the_next_full_hour_of_its_site_on(line):
    code, out, _ = line("swap", str(KEY))
    (moment,) = swaps()
    assert code == 0
    assert timedelta(0) < moment - datetime.now(UTC) <= timedelta(hours=1)
    assert moment.minute == 30  # India is five and a half hours ahead
    assert "exchanged from" in out


def test_a_moment_is_read_on_the_sites_clock_and_listed_so(line):
    day = (datetime.now(UTC) - timedelta(days=3)).date()
    assert line("swap", str(KEY), "--from", f"{day}T14:00")[0] == 0
    assert swaps() == (datetime(day.year, day.month, day.day, 8, 30, tzinfo=UTC),)
    _, out, _ = line("list")
    assert f"{day} 14:00" in out
    assert "Main door" in out


def test_a_swap_entered_by_mistake_is_taken_back(line):
    line("swap", str(KEY), "--from", "00:00")
    code, out, _ = line("swap", str(KEY), "--from", "00:00", "--take-back")
    assert (code, swaps()) == (0, ())
    assert "as before from" in out
    code, _, complaint = line("swap", str(KEY), "--from", "00:00", "--take-back")
    assert code == 1
    assert "was not swapped" in complaint


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((str(KEY), "--from", "14:20"), "no full hour"),
        ((str(KEY), "--from", "noon"), "14:00 or 2026-05-04T14:00 is allowed"),
        ((str(KEY), "--from", "2020-05-04T14:00"), "31 days"),
        (("main",), "CAMERA-CHANNEL-RULE-INDEX is expected"),
        (("9-0-1-1",), "there is no camera '9'"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(line, words, said):
    code, _, complaint = line("swap", *words)
    assert code == 1
    assert said in complaint
    assert swaps() == ()
