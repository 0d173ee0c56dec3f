"""The real service for real clients: two workers, cameras polled five times a second."""

import pytest

pytest.importorskip("gunicorn", reason="gunicorn runs on POSIX only")
pytest.importorskip("psutil", reason="psutil is in requirements-dev.txt")

from tests.support.living_service import LivingService, living_service
from tests.support.nginx import NGINX, nginx_before


@pytest.fixture(scope="module")
def living(tmp_path_factory) -> LivingService:
    with living_service(tmp_path_factory.mktemp("service"), WEB_WORKERS="2") as living:
        yield living


@pytest.fixture(scope="module")
def proxied(living, tmp_path_factory) -> str:
    """The service's address through nginx with its default settings."""
    if not NGINX:
        pytest.skip("no nginx: install Debian's package nginx")
    with nginx_before(living.port, tmp_path_factory.mktemp("proxy") / "nginx") as port:
        yield f"http://127.0.0.1:{port}"
