"""What is said of a camera, and when it is news."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from peoplecount.domain.camera import CameraState
from peoplecount.domain.event_body import Place
from peoplecount.services.camera_health import CameraHealth, state_after
from peoplecount.sunapi.errors import (
    AccountBlocked,
    CameraBusy,
    CameraError,
    CameraUnreachable,
    CertificateChanged,
    CertificateUnknown,
    CountingUnavailable,
    CredentialsRejected,
    SignInsHeldBack,
    UnexpectedAnswer,
)

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
PLACE = Place(camera_id="7", camera_name="Front", site_id="shop", site_name="Shop")


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        (CertificateChanged, CameraState.CERTIFICATE_CHANGED),
        (CertificateUnknown, CameraState.CERTIFICATE_UNKNOWN),
        (CredentialsRejected, CameraState.CREDENTIALS_REJECTED),
        (SignInsHeldBack, CameraState.CREDENTIALS_REJECTED),
        (AccountBlocked, CameraState.CREDENTIALS_REJECTED),
        (CameraUnreachable, CameraState.DOWN),
        (CameraBusy, CameraState.DOWN),
        (CountingUnavailable, CameraState.DOWN),
        (UnexpectedAnswer, CameraState.DOWN),
    ],
)
def test_each_failure_is_a_state(kind: type[CameraError], state: CameraState) -> None:
    assert state_after(kind("7", "why")) is state


def noted(health: CameraHealth, state: CameraState, reason: str) -> bool:
    """Whether it was news."""
    news = health.news(PLACE, state, reason, NOW)
    if news is not None:
        health.take(news)
    return news is not None


@pytest.mark.parametrize("state", [CameraState.DOWN, CameraState.CREDENTIALS_REJECTED])
def test_a_state_is_told_once_whatever_its_reason(state: CameraState) -> None:
    health = CameraHealth()
    assert [noted(health, state, reason) for reason in ("a", "a", "b")] == [True, False, False]


@pytest.mark.parametrize("state", [CameraState.CERTIFICATE_UNKNOWN, CameraState.CERTIFICATE_CHANGED])
def test_another_certificate_is_told_anew_because_somebody_has_to_decide_on_it(state: CameraState) -> None:
    health = CameraHealth()
    assert [noted(health, state, reason) for reason in ("shown: AA", "shown: AA", "shown: BB")] == [True, False, True]
    status = health.of("7")
    assert status is not None
    assert status.reason == "shown: BB"
