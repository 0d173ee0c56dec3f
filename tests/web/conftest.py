"""Pages and streams of a shop."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from peoplecount.domain.camera import CameraState
from tests.support.board_service import BoardService, Server, served
from tests.support.shop import BACK, FRONT, LEFT, RIGHT, SHOP, at


@pytest.fixture
def service() -> BoardService:
    """A shop at two in the afternoon."""
    service = BoardService([SHOP], now=at(14))
    for gate in (FRONT, LEFT, BACK):
        service.status(gate, CameraState.UP)
    for gate, entered, left in ((FRONT, 1200, 1190), (LEFT, 20, 15), (RIGHT, 7, 3), (BACK, 2, 0)):
        service.count(gate, entered, left)
    service.catch_up()
    return service


@pytest.fixture
def client(service: BoardService) -> FlaskClient:
    return service.app.test_client()


@pytest.fixture
def server(service: BoardService) -> Iterator[Server]:
    with served(service) as server:
        yield server
