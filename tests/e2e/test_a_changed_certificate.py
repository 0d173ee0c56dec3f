"""A camera whose certificate changes under the running service: no password until somebody has accepted it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests

from peoplecount.configuration import register_fleet
from peoplecount.settings import load_settings
from tests.support.running import Service, Simulator, plain_environment, wait_until


class SecuredShop:
    """Cameras behind HTTPS whose certificates are accepted, polled twice a second."""

    def __init__(self, simulator: Simulator, service: Service) -> None:
        self.simulator = simulator
        self.service = service

    def states(self) -> dict[str, int]:
        answer: dict[str, Any] = requests.get(f"{self.service.url}/health/ready", timeout=5).json()
        return dict(answer["cameras"])

    def requests_at(self, camera_id: str) -> int:
        return int(self.simulator.get("requests")[camera_id]["requests"])


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[SecuredShop]:
    with ExitStack() as running:
        simulator = Simulator(tmp_path, "--port", "0", "--cameras", "2", "--https")
        running.callback(simulator.end)
        service = Service(tmp_path, POLL_INTERVAL="0.5")
        settings = load_settings(plain_environment(**service.settings), env_file=None)
        register_fleet(settings, simulator.get("cameras"))
        running.callback(service.end)
        service.start()
        yield SecuredShop(simulator, service)


def test_it_is_a_state_of_its_own_until_it_is_accepted(shop: SecuredShop) -> None:
    wait_until(lambda: shop.states() == {"up": 2}, 30, "both cameras up", shop.service.process)
    shop.simulator.inject(camera="1", fault="certificate-changed")
    told = {"up": 1, "certificate changed": 1}
    wait_until(lambda: shop.states() == told, 30, "the change seen", shop.service.process)
    asked, others = shop.requests_at("1"), shop.requests_at("2")
    wait_until(lambda: shop.requests_at("2") >= others + 5, 30, "the other camera's polls", shop.service.process)
    assert shop.requests_at("1") == asked

    assert "1 certificate is accepted" in shop.service.command("camera", "trust", "1", "--yes")

    wait_until(lambda: shop.states() == {"up": 2}, 60, "the new certificate taken up", shop.service.process)
    assert shop.requests_at("1") > asked
