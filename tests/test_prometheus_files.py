"""Alert rules and dashboard, as Prometheus reads them. That their metrics are told: tests/e2e/test_watching.py."""

import json
import re

import pytest

from tests.support.processes import ROOT
from tests.support.prometheus import DASHBOARD, FOLDER, RULES, dashboard_queries, promtool


def test_promtool_finds_nothing_wrong_with_the_rules():
    assert "rules found" in promtool("check", "rules", RULES)


def test_each_rule_speaks_when_it_should_and_else_is_silent():
    assert "SUCCESS" in promtool("test", "rules", FOLDER / "peoplecount.rules.test.yml")


def alerts():
    return re.findall(r"- alert: (\w+)", RULES.read_text(encoding="utf-8"))


def test_every_rule_is_tried_and_described():
    tried = (FOLDER / "peoplecount.rules.test.yml").read_text(encoding="utf-8")
    described = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    assert [one for one in alerts() if one not in tried] == []
    assert [one for one in alerts() if f"`{one}`" not in described] == []
    assert [one for one in re.findall(r"`(Peoplecount\w+)`", described) if one not in alerts()] == []


def test_every_query_of_the_dashboard_can_be_read(tmp_path):
    rules = [{"record": f"panel:{number}", "expr": one} for number, one in enumerate(dashboard_queries())]
    file = tmp_path / "queries.yml"
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))  # JSON is YAML
    assert f"{len(rules)} rules found" in promtool("check", "rules", file)


def test_a_query_that_is_wrong_would_be_found(tmp_path):
    file = tmp_path / "queries.yml"
    file.write_text(
        json.dumps({"groups": [{"name": "x", "rules": [{"record": "panel:1", "expr": "sum(rate(a[5m])"}]}]})
    )
    with pytest.raises(AssertionError):
        promtool("check", "rules", file)


def test_panels_stand_beside_each_other_and_have_numbers_of_their_own():
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    assert len({one["id"] for one in panels}) == len(panels)
    places = [
        (x, y)
        for one in panels
        for x in range(one["gridPos"]["x"], one["gridPos"]["x"] + one["gridPos"]["w"])
        for y in range(one["gridPos"]["y"], one["gridPos"]["y"] + one["gridPos"]["h"])
    ]
    assert len(set(places)) == len(places)
    assert max(x for x, _ in places) == 23
