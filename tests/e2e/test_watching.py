"""Watching the real service: two workers under gunicorn, asked by Prometheus."""

import re

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from tests.support.living_service import living_service
from tests.support.processes import ROOT
from tests.support.prometheus import named_samples
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def living(tmp_path_factory):
    with living_service(tmp_path_factory.mktemp("watched"), WEB_WORKERS="2") as living:
        wait_until(lambda: {sample.labels["worker"] for sample in named(living, "worker_leads")} == {"1", "2"}, 60)
        yield living


def scrape(living):
    """A connection of its own each time, so that now one worker answers and now the other."""
    answer = requests.get(f"{living.url}/metrics", timeout=20)
    answer.raise_for_status()
    return list(text_string_to_metric_families(answer.text))


def named(living, name):
    """The samples of one metric."""
    return [sample for family in scrape(living) for sample in family.samples if sample.name == f"peoplecount_{name}"]


def only(living, name, **labels):
    found = [one.value for one in named(living, name) if labels.items() <= one.labels.items()]
    assert len(found) <= 1, found
    return found[0] if found else None


def test_no_counter_goes_back_whichever_worker_is_asked(living):
    known, asked = {}, set()
    for _ in range(30):
        living.walk(entered=1)
        for family in scrape(living):
            if family.type not in {"counter", "histogram"}:
                continue
            for sample in family.samples:
                if sample.name.endswith("_created"):
                    continue
                series = sample.name, tuple(sorted(sample.labels.items()))
                assert sample.value >= known.get(series, 0), series
                known[series] = sample.value
                if series[0] == "peoplecount_http_requests_total" and sample.labels["part"] == "metrics":
                    asked.add(sample.labels["worker"])
    assert asked == {"1", "2"}, "both answered"


def test_exactly_one_worker_leads_and_only_it_polls(living):
    (leader,) = [one.labels["worker"] for one in named(living, "worker_leads") if one.value]
    polls = {one.labels["worker"]: one.value for one in named(living, "poll_duration_seconds_count")}
    assert polls.pop(leader) > 0
    assert set(polls.values()) == {0}


def test_consumers_have_come_to_the_head_of_the_log(living):
    living.walk(entered=1)
    for consumer in ("database", "projections", "alerts"):
        wait_until(lambda consumer=consumer: only(living, "consumer_lag_events", consumer=consumer) == 0, 30)
    assert only(living, "log_events_total") > 0
    assert only(living, "disk_free_bytes") > 0


def test_an_open_stream_and_what_it_is_given_are_counted(living):
    before = sum(one.value for one in named(living, "stream_deliveries_total"))
    with requests.get(f"{living.url}/events?since=latest", stream=True, timeout=20) as stream:
        next(stream.iter_lines())
        wait_until(lambda: sum(one.value for one in named(living, "streams")) == 1)
        living.walk(entered=1)
        wait_until(lambda: sum(one.value for one in named(living, "stream_deliveries_total")) > before)


def test_queries_stalls_and_memory_of_each_worker_are_told(living):
    assert {"select", "insert"} <= {
        one.labels["statement"].split()[0] for one in named(living, "database_queries_total")
    }
    for name in ("loop_stall_seconds_count", "worker_resident_memory_bytes", "worker_cpu_seconds_total"):
        assert {one.labels["worker"] for one in named(living, name) if one.value > 0} == {"1", "2"}


def test_where_a_worker_is_killed_the_next_has_its_number_and_the_lead_is_told_of_once(living):
    leader = living.leader()
    (process,) = [one for one in living.workers() if one.pid == leader]
    process.kill()
    wait_until(lambda: living.leader() not in {leader, None}, 30)
    wait_until(
        lambda: (
            sorted((one.labels["worker"], one.value) for one in named(living, "worker_leads"))
            in ([("1", 0.0), ("2", 1.0)], [("1", 1.0), ("2", 0.0)])
        ),
        60,
    )
    assert only(living, "log_events_total") > 0


def test_every_metric_is_in_the_document_and_every_one_there_is_told(living):
    document = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    described = set(re.findall(r"`(peoplecount_\w+)`", document))
    wait_until(lambda: {name_of(family) for family in scrape(living)} == described, 30)


def name_of(family):
    """As samples and documents have it."""
    return family.name + {"counter": "_total", "info": "_info"}.get(family.type, "")


def test_rules_and_dashboard_ask_for_nothing_that_is_not_told(living):
    def told():
        families = scrape(living)
        return {sample.name for one in families for sample in one.samples} | {name_of(one) for one in families}

    wait_until(lambda: named_samples() <= told(), 30)
    assert len(named_samples()) > 40
