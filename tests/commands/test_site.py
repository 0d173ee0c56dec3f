"""``python -m peoplecount site …``, as an administrator types it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from peoplecount.__main__ import main
from peoplecount.configuration import configuration
from peoplecount.launch import read_settings
from peoplecount.storage.schema import hour_counts


@pytest.fixture(autouse=True)
def own_settings(tmp_path, monkeypatch):
    """No setting but a data folder; also no ``.env``, which is looked for in the working folder."""
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "DB_SERVER", "TIME_ZONE", "CLOCK_URL", "PEOPLECOUNT_DEMO"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "var"))


@pytest.fixture
def site(capsys):
    """Runs the command; its exit code, what it printed and what it complained about."""

    def run(*arguments):
        code = main(["site", *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def hand_counts():
    with configuration(read_settings()) as tables:
        return tables.hand_counts.since(datetime(2000, 1, 1, tzinfo=UTC))


def test_a_site_is_listed_and_changed(site):
    code, out, _ = site("list")
    assert code == 0
    assert "default" in out
    hours = "Mo-Fr 08:00-20:00; Su off"
    code, out, _ = site(
        "set", "Main site", "--opening-hours", hours, "--reset-time", "04:30", "--capacity", "80",
        "--time-zone", "Europe/Zurich", "--name", "Shop",
    )  # fmt: skip
    assert (code, "taken up" in out or "takes it up" in out) == (0, True)
    _, out, _ = site("list")
    assert out.splitlines()[1].split("  ")[0] == "default"
    for word in ("Shop", "Europe/Zurich", "04:30", "80", hours):
        assert word in out


def test_thresholds_are_given_as_people_or_as_a_share(site):
    assert site("set", "default", "--capacity", "80", "--busy-from", "50%", "--full-from", "70")[0] == 0
    assert "40/70" in site("list")[1]
    assert site("set", "default", "--busy-from", "", "--full-from", "")[0] == 0
    assert "68/80" in site("list")[1]
    assert site("set", "default", "--capacity", "")[0] == 0
    assert "/80" not in site("list")[1]


def test_what_is_not_given_stays_and_empty_takes_away(site):
    site("set", "default", "--capacity", "80", "--opening-hours", "24/7")
    site("set", "default", "--capacity", "")
    _, out, _ = site("list")
    assert "24/7" in out
    assert "80" not in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("set", "nowhere", "--capacity", "5"), "no site 'nowhere'"),
        (("set", "default"), "nothing is to be changed"),
        (("set", "default", "--capacity", "many"), "not a capacity"),
        (("set", "default", "--capacity", "0"), "not a capacity"),
        (("set", "default", "--busy-from", "half"), "85 %"),
        (("set", "default", "--full-from", "90%"), "90% of what"),
        (("set", "default", "--reset-time", "4am"), "no time of day"),
        (("set", "default", "--reset-time", "04:00:30"), "full minutes"),
        (("set", "default", "--time-zone", "Zurich"), "not a time zone"),
        (("set", "default", "--opening-hours", "always"), "no opening hours"),
        (("count", "default", "-3"), "0 to"),
        (("count", "default", "3", "--at", "noon"), "is no time"),
        (("count", "default", "3", "--at", "2999-01-01T12:00"), "still to come"),
    ],
)
def test_nonsense_is_refused_in_words(site, arguments, says):
    code, _, complaint = site(*arguments)
    assert code == 1
    assert says in complaint


def test_a_count_by_hand_is_entered_with_its_moment_and_note(site):
    code, out, _ = site("count", "default", "42", "--at", "2026-05-04T14:30", "--note", "Ana, with a clicker")
    assert code == 0
    assert "42 people inside Main site at 2026-05-04 14:30:00" in out
    (count,) = hand_counts()
    assert (count.site_id, count.people, count.note) == ("default", 42, "Ana, with a clicker")


def test_a_count_by_hand_entered_again_puts_the_first_one_right(site):
    site("count", "default", "42", "--at", "2026-05-04T14:30")
    site("count", "default", "43", "--at", "2026-05-04T14:30")
    assert [count.people for count in hand_counts()] == [43]
    site("count", "default", "40")
    assert [count.people for count in hand_counts()] == [43, 40]


def test_an_audit_of_a_site_without_records_says_so(site):
    code, out, _ = site("audit", "default")
    assert code == 0
    assert "Nothing is recorded of this site yet." in out


def test_an_audit_tells_lines_by_name_with_their_figures(site):
    with configuration(read_settings()) as tables:
        record_a_week(tables)
    code, out, _ = site("audit", "default")
    assert code == 0
    assert "Over 6 days on which all lines were counted, 600 people crossed" in out
    assert out.splitlines()[-1].split() == ["front-0-1-1", "300", "300", "+0", "100%"]


def record_a_week(tables):
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = [
        {
            "line_id": "front-0-1-1", "door_id": "front", "site_id": "default", "starts_at": start,
            "local_start": start.replace(tzinfo=None), "in_count": 50 * (hour == 9), "out_count": 50 * (hour == 12),
            "quality": "measured", "coverage": 1.0,
        }
        for day in range(1, 7)
        for hour in (9, 12)
        for start in [today - timedelta(days=day) + timedelta(hours=hour)]
    ]  # fmt: skip
    rows.append(
        rows[-1] | {"starts_at": today, "local_start": today.replace(tzinfo=None), "in_count": 0, "out_count": 0}
    )
    tables.hand_counts._db.transaction(lambda transaction: transaction.change_each(insert(hour_counts), rows))
