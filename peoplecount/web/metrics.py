"""``/metrics``: how the installation is doing, for Prometheus.

All of it is read from what processes share, so that it is the same whichever of them answers; what each counts for
itself carries its number. What is not known has no sample; it is never 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from peoplecount import __version__
from peoplecount.domain.camera import CameraState
from peoplecount.domain.visitor import Visitor
from peoplecount.eventlog.log import LogError
from peoplecount.services.fleet_camera import PAUSED, FleetCamera
from peoplecount.services.fleet_desk import FleetDesk, FleetPicture, Keeping
from peoplecount.services.worker_figures import WorkerFigures, WorkerNotes
from peoplecount.web.worker_metrics import worker_families

_OF_CAMERA = ("camera", "site")


def routes(desk: FleetDesk, workers: WorkerNotes | None = None) -> Blueprint:
    """``/metrics``."""
    blueprint = Blueprint("metrics", __name__)

    @blueprint.get("/metrics")
    def metrics() -> Response:
        registry = CollectorRegistry()
        registry.register(_Picture(desk.picture(Visitor()), _running(workers)))
        answer = Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    return blueprint


def _running(workers: WorkerNotes | None) -> Sequence[WorkerFigures]:
    """Nobody, while the local store cannot be read."""
    try:
        return [] if workers is None else workers.all()
    except LogError:
        return []


class _Picture(Collector):
    """The fleet and the workers at one moment, as Prometheus reads them."""

    def __init__(self, picture: FleetPicture, workers: Sequence[WorkerFigures]) -> None:
        self._picture = picture
        self._workers = workers

    def collect(self) -> Iterable[Metric]:
        yield InfoMetricFamily("peoplecount_build", "The program.", {"version": __version__})
        yield from _states(self._picture)
        yield from _polls(self._picture.cameras)
        yield from _readings(self._picture.cameras)
        yield from _keeping(self._picture.keeping)
        yield from worker_families(self._workers)


def _states(picture: FleetPicture) -> Iterable[Metric]:
    up = GaugeMetricFamily(
        "peoplecount_camera_up", "1: answers; 0: does not. Of those that are polled.", None, _OF_CAMERA
    )
    states = GaugeMetricFamily("peoplecount_cameras", "Cameras by state.", None, ("state",))
    counted = Counter(camera.state for camera in picture.cameras)
    for camera in picture.cameras:
        if camera.state not in {PAUSED, CameraState.UNKNOWN}:
            up.add_metric(_labels(camera), float(camera.state == CameraState.UP))
    known = {one.value for one in CameraState if one is not CameraState.REMOVED}
    for state in sorted({*counted, *known, *([PAUSED] if picture.knows_paused else [])}):
        states.add_metric((state,), counted[state])
    return up, states


def _polls(cameras: Iterable[FleetCamera]) -> Iterable[Metric]:
    polls = CounterMetricFamily("peoplecount_camera_polls", "Polls, noted once a minute.", None, _OF_CAMERA)
    failures = CounterMetricFamily("peoplecount_camera_poll_failures", "Polls that failed.", None, _OF_CAMERA)
    seconds = CounterMetricFamily(
        "peoplecount_camera_poll_seconds", "Seconds that polls took which went well, all together.", None, _OF_CAMERA
    )
    for camera in cameras:
        if camera.ever:
            polls.add_metric(_labels(camera), camera.ever.polls)
            failures.add_metric(_labels(camera), camera.ever.failures)
            seconds.add_metric(_labels(camera), camera.ever.milliseconds / 1000)
    return polls, failures, seconds


def _readings(cameras: Iterable[FleetCamera]) -> Iterable[Metric]:
    read = GaugeMetricFamily(
        "peoplecount_camera_last_reading_timestamp_seconds", "When it was last read.", None, _OF_CAMERA
    )
    clock = GaugeMetricFamily(
        "peoplecount_camera_clock_error_seconds", "How far its clock is ahead of ours.", None, _OF_CAMERA
    )
    for camera in cameras:
        if camera.read_at is not None:
            read.add_metric(_labels(camera), camera.read_at.timestamp())
        if camera.clock_error is not None:
            clock.add_metric(_labels(camera), camera.clock_error)
    return read, clock


def _keeping(keeping: Keeping) -> Iterable[Metric]:
    told = (
        ("noted_timestamp_seconds", "When the process that polls last said so.",
         keeping.noted_at.timestamp() if keeping.noted_at else None),
        ("database_writes", "1: the database takes what is written; 0: it does not.",
         None if keeping.writes is None else int(keeping.writes)),
        ("database_refused_events", "Events that the database did not take, and that were set aside.", keeping.refused),
        ("log_bytes", "Size of the event log.", keeping.log_bytes),
        ("log_budget_bytes", "Size that the event log may have.", keeping.log_budget),
    )  # fmt: skip
    for name, words, value in told:
        if value is not None:
            yield GaugeMetricFamily(f"peoplecount_{name}", words, value)


def _labels(camera: FleetCamera) -> tuple[str, str]:
    return camera.camera_id, camera.site.site_id
