"""The part of ``/metrics`` that each worker counts for itself, and what one of them tells for all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf

from prometheus_client import ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric

from peoplecount.services.worker_figures import WorkerFigures


@dataclass(frozen=True, slots=True)
class Family:
    """A metric that is made of a figure."""

    name: str
    """Without ``peoplecount_``."""

    help: str
    labels: tuple[str, ...] = ()
    """Beside ``worker``."""

    grows: bool = True
    """A counter; else a gauge."""


OF_WORKERS = {
    "streams_open": Family("streams", "Streams that are open.", grows=False),
    "streams_opened": Family("streams_opened", "Streams that were opened."),
    "streams_refused": Family("streams_refused", "Streams that were refused for want of room."),
    "stream_deliveries": Family("stream_deliveries", "Events given to streams, counted for each of them."),
    "lag": Family("worker_lag_events", "Events of the log that are not on its pages yet.", grows=False),
    "requests": Family("http_requests", "Requests over HTTP that were answered.", ("part", "status")),
    "database_calls": Family("database_calls", "Transactions and single statements asked for."),
    "database_failures": Family("database_call_failures", "Those that failed."),
    "database_retries": Family("database_call_retries", "Those that were tried once more."),
    "database_refused": Family("database_calls_held_back", "Those not made, for the server was away a moment before."),
    "database_outages": Family("database_outages", "How often the server went away."),
    "database_answers": Family("database_up", "1: the database answers; 0: it is away.", grows=False),
    "queries": Family("database_queries", "Statements that were sent, by verb and table.", ("statement",)),
    "query_seconds": Family("database_query_seconds", "Seconds they took, all together.", ("statement",)),
}
"""By the names of their figures; each with the worker's number."""

TOLD_ONCE = {
    "consumer_lag": Family(
        "consumer_lag_events", "Events of the log that a consumer has not taken up yet.", ("consumer",), grows=False
    ),
    "log_missed": Family(
        "log_missed_events", "Events that went from the log before a consumer had read them.", ("consumer",)
    ),
    "log_head": Family("log_events", "The number of the newest event; falls where the log was put back."),
    "disk_free": Family("disk_free_bytes", "Room left on the disk of the data folder.", grows=False),
    "certificate_end": Family(
        "certificate_end_timestamp_seconds", "Until when the service's own certificate is good.", grows=False
    ),
    "webhook_active": Family("webhook_active", "1: it is sent to; 0: paused or disabled.", ("webhook",), grows=False),
    "webhook_waiting": Family("webhook_waiting_events", "Events that wait to be sent.", ("webhook",), grows=False),
    "webhook_failures": Family("webhook_failures", "Attempts in a row that failed.", ("webhook",), grows=False),
    "webhook_delivered": Family("webhook_delivered_events", "Events that were taken there.", ("webhook",)),
    "webhook_dropped": Family("webhook_dropped_events", "Events that were never sent.", ("webhook",)),
    "mail_waiting": Family("mail_waiting", "Letters that wait to be sent.", grows=False),
    "mail_waiting_since": Family("mail_waiting_since_timestamp_seconds", "When the oldest was written.", grows=False),
    "redis_answers": Family("redis_up", "1: the Redis that holds the log answers; 0: it is away.", grows=False),
    "machines": Family("machines", "Machines that share the cameras.", grows=False),
    "sites_here": Family("sites_here", "Sites whose cameras this machine polls.", grows=False),
    "mqtt_connected": Family("mqtt_connected", "1: the broker takes what is published; 0: it does not.", grows=False),
}
"""Without the worker's number: by the worker that polls, which knows them all, and where none of this machine does by
the one that was asked last."""

DURATIONS = {
    "poll": ("poll_duration_seconds", "How long polls took, also those that failed."),
    "request": ("http_request_duration_seconds", "How long requests waited until their answer began."),
    "stall": ("loop_stall_seconds", "By how much a worker was late, looked at ten times a second."),
}


def worker_families(workers: Sequence[WorkerFigures]) -> Iterable[Metric]:
    """The metrics of workers that run."""
    yield from _workers(workers)
    yield from _processes(workers)
    for figure, family in OF_WORKERS.items():
        yield _metric(figure, family, workers, "worker")
    teller = max(workers, key=lambda one: (one.leads, one.at), default=None)
    for figure, family in TOLD_ONCE.items():
        yield _metric(figure, family, [teller] if teller else [])
    for figure, (name, words) in DURATIONS.items():
        histogram = HistogramMetricFamily(f"peoplecount_{name}", words, labels=("worker",))
        for one in workers:
            if figure in one.durations:
                durations = one.durations[figure]
                buckets = [("+Inf" if bound == inf else str(bound), count) for bound, count in durations.up_to()]
                histogram.add_metric((one.worker,), buckets, durations.seconds)
        yield histogram


def _workers(workers: Sequence[WorkerFigures]) -> Iterable[Metric]:
    leads = GaugeMetricFamily(
        "peoplecount_worker_leads", "1: it polls the cameras; 0: another does.", None, ("worker",)
    )
    started = GaugeMetricFamily("peoplecount_worker_start_timestamp_seconds", "When it was started.", None, ("worker",))
    for one in workers:
        leads.add_metric((one.worker,), float(one.leads))
        started.add_metric((one.worker,), one.started.timestamp())
    return leads, started


def _processes(workers: Sequence[WorkerFigures]) -> Iterable[Metric]:
    """Memory, processor time and open files, as the library has them for any process of Linux."""
    found: dict[str, Metric] = {}
    for one in workers:
        for family in ProcessCollector(pid=lambda one=one: one.pid, registry=None).collect():  # type: ignore[misc]
            name = family.name.replace("process_", "peoplecount_worker_", 1)
            kept = found.setdefault(name, Metric(name, family.documentation, family.type))
            for sample in family.samples:
                kept.add_sample(
                    sample.name.replace("process_", "peoplecount_worker_", 1), {"worker": one.worker}, sample.value
                )
    return found.values()


def _metric(figure: str, family: Family, workers: Sequence[WorkerFigures], *more: str) -> Metric:
    kind = CounterMetricFamily if family.grows else GaugeMetricFamily
    metric = kind(f"peoplecount_{family.name}", family.help, None, (*more, *family.labels))
    sums: defaultdict[tuple[str, ...], float] = defaultdict(float)
    for one in workers:
        own = (one.worker,) if more else ()
        for name, labels, value in one.numbers:
            if name == figure and len(labels) == len(family.labels):
                sums[*own, *labels] += value
    for labels, value in sums.items():
        metric.add_metric(labels, value)
    return metric
