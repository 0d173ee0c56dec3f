"""The file of counts as Power BI and Excel ask for it, read by pandas and by LibreOffice: a year of four lines."""

import base64
import gzip
import io
import os
import re
import shutil
import subprocess
import time
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path

import pytest

from peoplecount.domain.user import Role
from peoplecount.domain.visitor import Scope
from tests.support.api_shop import GATES, ApiShop
from tests.support.past import Past
from tests.support.people import People, signed_in
from tests.support.shop import BACK, at

HOURS = 365 * 24
BEGIN = at(8) - timedelta(hours=HOURS)
UNKNOWN_AT = 1000
"""Hours after the beginning: the back door was not read."""

QUERY = {"from": "2025-05-03", "step": "60", "scope": "line"}


class PowerQuery:
    """Asks as ``Web.Contents`` does: without credentials first, then with Basic, and takes packed answers."""

    def __init__(self, client, key):
        self._client = client
        self._basic = {"Authorization": "Basic " + base64.b64encode(f"anybody:{key}".encode()).decode()}

    def contents(self, query, **headers):
        first = self._client.get("/api/v1/counts.csv", query_string=query)
        assert first.status_code == 401
        assert any(way.startswith("Basic realm=") for way in first.headers.getlist("WWW-Authenticate"))
        sent = {"Accept-Encoding": "gzip, deflate", **self._basic, **headers}
        return self._client.get("/api/v1/counts.csv", query_string=query, headers=sent)


class WatchedHistory:
    """A history, and how many questions it was asked."""

    def __init__(self, history):
        self._history, self.questions = history, 0

    def __getattr__(self, name):
        self.questions += 1
        return getattr(self._history, name)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    shop = ApiShop(folder, hours=0)
    shop.catch_up()
    past = Past(shop.database)
    for number, gate in enumerate(GATES):
        if gate is BACK:
            past.counts(gate, BEGIN, number, 1, hours=UNKNOWN_AT)
            rest = BEGIN + timedelta(hours=UNKNOWN_AT + 1)
            past.counts(gate, rest, number, 1, hours=HOURS - UNKNOWN_AT - 1)
        else:
            past.counts(gate, BEGIN, number, 1, hours=HOURS)
    shop.counts._history = WatchedHistory(shop.counts._history)
    yield shop
    shop.end()


@pytest.fixture(scope="module")
def power_query(shop, tmp_path_factory):
    people = People(tmp_path_factory.mktemp("people"))
    client = people.app(shop, counts=shop.counts).test_client()
    yield PowerQuery(client, people.token(Scope.READ)["Authorization"].removeprefix("Bearer "))
    people.close()


def file_of(answer):
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Encoding"] == "gzip"
    return gzip.decompress(answer.data)


@pytest.fixture(scope="module")
def year(power_query, shop):
    """The file; how long it took is told, and how much work it may be is held down by what is asked of the history."""
    shop.counts._history.questions = 0
    begun = time.monotonic()
    answer = power_query.contents(QUERY)
    packed, file = len(answer.data), file_of(answer)
    seconds = time.monotonic() - begun
    print(f"\n{len(file.splitlines()) - 1} rows of {len(GATES)} lines, {packed} bytes packed, in {seconds:.2f} s")
    assert packed * 10 < len(file)
    assert shop.counts._history.questions < 50
    return file


def test_the_page_of_integrations_has_the_address_of_such_a_file(shop, tmp_path):
    people = People(tmp_path)
    people.enters("anna", Role.ADMINISTRATOR)
    app = people.app(shop, counts=shop.counts)
    (address,) = re.findall(
        r"<code>(http[^<]*counts\.csv[^<]*)</code>", signed_in(app, "anna").get("/integrations").text
    )
    page = unescape(signed_in(app, "anna").get("/integrations").text)
    assert 'Server = "http://localhost",' in page
    assert f'From = "{address.rpartition("=")[2]}",' in page
    token = people.token(Scope.READ)["Authorization"].removeprefix("Bearer ")
    answer = app.test_client().get(unescape(address), auth=("anybody", token))
    people.close()
    assert (answer.status_code, answer.mimetype) == (200, "text/csv"), answer.text
    assert answer.text.count("\n") > HOURS // 4


def test_pandas_reads_a_year_with_its_types(year):
    pandas = pytest.importorskip("pandas", reason="pandas is in requirements-dev.txt")
    table = pandas.read_csv(
        io.BytesIO(year),
        parse_dates=["from_utc", "to_utc", "local_start"],
        dtype={"in": "Int64", "out": "Int64"},
    )
    assert len(table) == HOURS * len(GATES)
    kinds = {name: str(kind).partition("[")[0] for name, kind in table.dtypes.items()}
    assert (kinds["in"], kinds["out"], kinds["coverage"], kinds["complete"]) == ("Int64", "Int64", "float64", "bool")
    assert {kinds[name] for name in ("from_utc", "to_utc", "local_start")} == {"datetime64"}
    assert str(table["from_utc"].dt.tz) == "UTC"
    assert table["from_utc"].iloc[0] == BEGIN
    assert (table["to_utc"] - table["from_utc"]).unique().tolist() == [pandas.Timedelta(hours=1)]
    people = table.groupby("line_id")["in"].sum().to_dict()
    assert people == {str(gate.key): number * (HOURS - (gate is BACK)) for number, gate in enumerate(GATES)}
    (unknown,) = table[table["in"].isna()].itertuples()
    assert (unknown.line_id, unknown.quality, unknown.complete) == (str(BACK.key), "missing", False)
    assert unknown.from_utc == BEGIN + timedelta(hours=UNKNOWN_AT)


def test_libreoffice_reads_a_year_with_its_types(year, tmp_path):
    """What it takes for a text is quoted in what it writes, and nothing else is."""
    office = shutil.which("soffice") or pytest.skip("no LibreOffice: install Debian's libreoffice-calc-nogui")
    (tmp_path / "counts.csv").write_bytes(year)
    (tmp_path / "shown").mkdir()
    as_utf8_with_dates = "--infilter=CSV:44,34,76,1,,1033,false,true"
    with_texts_quoted = "csv:Text - txt - csv (StarCalc):44,34,76,1,,1033,true,true,false"
    command = [office, "--headless", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", as_utf8_with_dates]
    command += ["--convert-to", with_texts_quoted, "--outdir", str(tmp_path / "shown"), "counts.csv"]
    environment = os.environ | {"HOME": str(tmp_path)}
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True, timeout=200)
    header, first, *others = (tmp_path / "shown" / "counts.csv").read_text("utf-8-sig").splitlines()
    assert len(others) + 1 == HOURS * len(GATES)
    cells = dict(zip(header.replace('"', "").split(","), first.split(","), strict=True))
    for name in ("site", "door", "line", "quality", "time_zone"):
        assert cells[name].startswith('"'), name
    for name in ("in", "out", "coverage"):
        assert re.fullmatch(r"\d+(\.\d+)?", cells[name]), name
    assert not cells["local_start"].startswith('"'), "a date, and no text"
    assert cells["complete"] == "TRUE"
    (unknown,) = [row for row in others if '"missing"' in row]
    assert ',"back-0-1-1",,,"missing",' in unknown


def test_what_has_not_changed_is_not_fetched_again(year, power_query):
    answer = power_query.contents(QUERY)
    tag = answer.headers["ETag"]
    again = power_query.contents(QUERY, **{"If-None-Match": tag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    assert file_of(answer) == year


def test_the_query_that_comes_along_names_columns_that_are_there(year):
    query = (Path(__file__).parents[3] / "static" / "power-bi.pq").read_text()
    header = year.split(b"\r\n", 1)[0].decode().split(",")
    named = set(re.findall(r'\{"(\w+)", (?:type|Int64)', query)) | set(re.findall(r'"(\w+)"(?=[,}])', query))
    assert {"from_utc", "in", "coverage", "complete"} <= named
    assert {name for name in named if name not in {"60", "door", "en"}} <= set(header)
    assert re.search(r'RelativePath = "api/v1/counts\.csv"', query), "a constant path, and the rest in the query"


def test_a_part_is_a_part(power_query, year):
    """Incremental refresh: ``from`` and ``to`` cut the same rows out."""
    begin, end = (
        datetime.fromisoformat("2025-11-01T00:00:00+00:00"),
        datetime.fromisoformat("2025-11-03T00:00:00+00:00"),
    )
    texts = {name: moment.strftime("%Y-%m-%dT%H:%M:%SZ") for name, moment in (("from", begin), ("to", end))}
    part = file_of(power_query.contents(QUERY | texts)).splitlines()
    assert len(part) == 1 + 48 * len(GATES)
    whole = year.splitlines()
    first = whole.index(part[1])
    assert whole[first : first + len(part) - 1] == part[1:]
