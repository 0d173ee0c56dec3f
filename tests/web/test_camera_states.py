"""How cameras are, in words of the visitor's language."""

import pytest

from peoplecount.domain.camera import Camera, CameraState
from peoplecount.domain.sentence import Sentence
from peoplecount.services.camera_desk import EnteredCamera
from peoplecount.web.admin.camera_states import CameraStates
from tests.support.shop import SHOP

CAMERA = Camera("front", "Front", "http://192.0.2.7", "admin", "x", site_id="shop")


def row(state):
    return {"cameraId": "front", "state": state, "reason": "", "since": ""}


@pytest.mark.parametrize("state", [*CameraState, None])
@pytest.mark.parametrize("paused", [False, True])
def test_every_state_can_be_said_in_every_language(state, paused):
    states = CameraStates([row(state)] if state else [])
    assert isinstance(states.of(EnteredCamera(CAMERA, SHOP, paused)).words, Sentence)
