"""What letters say, in the language, numbers and dates of whoever gets them."""

import io
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from peoplecount.domain.alert_body import AlertFacts, AlertItem
from peoplecount.domain.alert_rule import AlertKind, AlertRule
from peoplecount.domain.event import utc_text
from peoplecount.domain.report_schedule import Cadence, ReportPeriod, ReportSchedule
from peoplecount.domain.site import Site
from peoplecount.services.counts import NoSuchPlace
from peoplecount.services.history_places import HistoryPlaces
from peoplecount.services.history_report import HistoryDesk
from peoplecount.services.place_sums import DirectSums
from peoplecount.storage.place_history import PlaceHistory
from peoplecount.web.languages import Languages
from peoplecount.web.letters.alert_letter import AlertLetters
from peoplecount.web.letters.report_letter import ReportLetters
from peoplecount.web.letters.sheet import LetterPress
from tests.support.board_service import BoardService, Gate
from tests.support.databases import *  # noqa: F403 - fixtures
from tests.support.past import Past
from tests.support.processes import ROOT
from tests.support.shop import BACK, FRONT, SHOP, at

openpyxl = pytest.importorskip("openpyxl", reason="openpyxl is in requirements-dev.txt")

BANK = Gate(SHOP.__class__("bank", "Bank <b>", "Europe/Zurich"), "Hall", "hall")
NOON = at(12)
BOOK = Languages(ROOT / "translations").book
PRESS = LetterPress(ROOT / "templates")
BEGUN = at(0, day=1)
ZURICH = ZoneInfo("Europe/Zurich")


def alert_fields(kind=AlertKind.CAMERA, state="opened", items=(("cam", "North entrance", "no answer"),), **more):
    rule = AlertRule("r", kind, "")
    facts = AlertFacts("shop", "Tienda & Co", {one: AlertItem(one, name, why) for one, name, why in items})
    return {
        "alertId": "1",
        "ruleId": rule.rule_id,
        "rule": rule.name,
        "ruleKind": kind.value,
        "siteId": facts.site_id,
        "siteName": facts.site_name,
        "time": utc_text(NOON),
        "state": state,
        "notice": "opened",
        "items": [{"id": one, "name": name, "why": why} for one, name, why in items],
        "inside": None,
        "threshold": None,
        **more,
    }


@pytest.fixture
def letters():
    return AlertLetters(PRESS, BOOK, lambda site: ZURICH, "https://counts.example")


def test_an_alert_says_what_is_wrong_where_and_since_when(letters):
    found = letters.alert(alert_fields(), "en")
    assert found.subject == "Alert: Tienda & Co: Camera offline"
    assert found.text.splitlines()[2] == "North entrance is not being read."
    assert "4 May 2026, 12:00 (Europe/Zurich)" in found.text
    assert "https://counts.example/alerts" in found.text
    assert "Tienda &amp; Co" in found.html
    assert "script" not in found.html


def test_an_alert_in_spanish_is_spanish_all_through(letters):
    fields = alert_fields(AlertKind.OVER, inside=1234, threshold=1200, items=(("inside", "inside", ""),))
    found = letters.alert(fields, "es")
    assert found.subject == "Alerta: Tienda & Co: Demasiada gente dentro"
    assert "Hay 1.234 personas dentro; el umbral es 1.200." in found.text
    assert "4 may 2026, 12:00" in found.text
    assert "Sede: Tienda & Co" in found.text
    assert '<html lang="es">' in found.html
    assert not {"Alert:", "Site:", "people", "Noticed"} & set(found.text.split())


@pytest.mark.parametrize("kind", list(AlertKind))
@pytest.mark.parametrize("state", ["opened", "open", "closed"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_every_alert_can_be_told_in_every_language(letters, kind, state, language):
    found = letters.alert(alert_fields(kind, state, inside=60, threshold=50), language)
    assert found.subject
    assert found.text.count("\n\n") >= 2
    assert "%(" not in found.subject + found.text + found.html


def test_names_of_many_cameras_are_cut(letters):
    items = [(str(number), f"Camera {number}", "") for number in range(12)]
    found = letters.alert(alert_fields(items=items), "es")
    assert "Camera 7 y 4 más." in found.text


def test_without_a_public_address_there_is_no_link():
    found = AlertLetters(PRESS, BOOK, lambda site: ZURICH, "").test("es")
    assert "http" not in found.text
    assert found.subject == "Prueba: el correo de Peoplecount llega"


class Town(BoardService):
    """A shop and a bank with a past; it is seven in the morning of the fifth of May."""

    def __init__(self, db):
        super().__init__([SHOP, BANK.site], now=at(14))
        for gate in (FRONT, BACK, BANK):
            self.count(gate, 1, 0)
        self.catch_up()
        self.clock.passes(17 * 3600)
        self.past = Past(db)
        places = HistoryPlaces(
            lambda: self.snapshots().fields, lambda: {site.site_id: site for site in self.sites}, self.clock
        )
        self.desk = HistoryDesk(DirectSums(PlaceHistory(db)), places, self.clock)

    def report(self, cadence=Cadence.DAILY, first=date(2026, 5, 4), last=None, *, sites=("shop",), language="en"):
        chosen = None if sites is None else frozenset(sites)
        schedule = ReportSchedule("s", "", cadence, chosen, ("anna@x",), language, time(7), BEGUN)
        letters = ReportLetters(PRESS, self.desk, BOOK, "https://counts.example")
        return letters.report(schedule, ReportPeriod(first, last or first))


@pytest.fixture
def town(embedded):
    town = Town(embedded)
    for day in range(27, 31):
        town.past.counts(FRONT, at(0, day=1) - timedelta(days=31 - day), 50, 40, hours=24)
    for day in (1, 2, 3):
        town.past.counts(FRONT, at(0, day=day), 100, 90, hours=24)
    town.past.counts(FRONT, at(0), 0, 0, hours=9)
    town.past.counts(FRONT, at(9), 1000, 900, hours=2)
    town.past.counts(FRONT, at(11), 7, 8, hours=13)
    return town


def workbook(found):
    (file,) = found.enclosures
    assert file.name.endswith(".xlsx")
    return openpyxl.load_workbook(io.BytesIO(file.body))


def test_a_day_is_told_in_the_mail_with_its_coverage_and_the_workbook_has_the_same(town):
    found = town.report()
    assert found.subject == "People counted: Shop, Mon, 4 May 2026"
    assert "In: 2,091" in found.text
    assert "Out: 1,904" in found.text
    assert "Busiest: 09:00 (1,000)" in found.text
    assert "Complete: 100.0%" in found.text
    assert "Times are those of Europe/Zurich." in found.text
    assert "https://counts.example/history?site=shop&from=2026-05-04&to=2026-05-04&step=60" in found.text
    assert ">2,091<" in found.html
    rows = list(workbook(found)["parts"].iter_rows(values_only=True))
    place = rows[0].index("in")
    assert sum(row[place] for row in rows[1:]) == 2091
    assert len(rows) == 25


def test_a_report_in_spanish_has_spanish_words_numbers_and_dates(town):
    found = town.report(language="es", sites=("shop", "bank"))
    assert found.subject == "Personas contadas: Bank <b> y Shop, lun, 4 may 2026"
    assert "Por sede" in found.text
    assert "Entradas: 2.091" in found.text
    assert "100,0" in found.text
    assert not {"In:", "Out:", "Complete", "By"} & set(found.text.split())
    assert "Bank &lt;b&gt;" in found.html


def test_what_is_not_known_is_a_dash_and_is_said_first(town):
    found = town.report(Cadence.WEEKLY, date(2026, 4, 27), date(2026, 5, 3), sites=("bank",))
    assert "Nothing is known of this time: no camera was read." in found.text
    assert "In: –" in found.text
    town.past.counts(BANK, at(8), 10, 10, hours=6)
    town.past.counts(BANK, at(20), 10, 10, hours=2)
    found = town.report(sites=("bank",))
    assert "% of this time is known; what was counted in the rest is not in these figures." in found.text
    assert "In: 80" in found.text


def test_a_month_is_named_and_has_a_row_a_day(town):
    found = town.report(Cadence.MONTHLY, date(2026, 4, 1), date(2026, 4, 30))
    assert found.subject == "People counted: Shop, April 2026"
    assert "By day" in found.text
    assert "Thu, 30 Apr 2026" in found.text
    assert "In: 4,800" in found.text


@pytest.mark.parametrize(("day", "hours"), [(date(2025, 10, 26), 25), (date(2026, 3, 29), 23)])
def test_a_day_on_which_clocks_change_has_as_many_hours_as_it_had(town, day, hours):
    midnight = datetime.combine(day, time(), ZURICH).astimezone(UTC)
    town.past.counts(FRONT, midnight, 1, 1, hours=hours)
    found = town.report(first=day)
    assert f"In: {hours}" in found.text
    assert ("02:00*" in found.text) == (hours == 25)
    assert ("clocks were put back" in found.text) == (hours == 25)


def test_without_a_name_of_its_own_a_report_is_called_by_its_sites(town):
    def subject(sites, language="en"):
        return town.report(sites=sites, language=language).subject.removesuffix(", Mon, 4 May 2026")

    assert subject(None) == "People counted: All sites"
    assert subject(["bank", "shop"]) == "People counted: Bank <b> and Shop"
    town.sites += [Site(name.lower(), name, "Europe/Zurich") for name in ("Arcade", "Mall", "Spa")]
    assert subject(["bank", "shop", "arcade"]) == "People counted: Arcade, Bank <b> and Shop"
    assert subject(["bank", "shop", "arcade", "mall"]) == "People counted: Arcade, Bank <b> and 2 more sites"
    spanish = subject(["bank", "shop", "arcade", "mall", "spa"], "es")
    assert spanish.startswith("Personas contadas: Arcade, Bank <b> y 3 sedes más, ")


def test_of_sites_that_are_no_more_there_is_no_report(town):
    with pytest.raises(NoSuchPlace, match="None of its sites"):
        town.report(sites=("gone", "sold"))
    assert town.report(sites=("gone", "shop")).subject == town.report().subject
