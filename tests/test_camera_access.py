"""Whoever asks a camera keeps to the networks that the settings name."""

import socket
from contextlib import closing

import pytest

from peoplecount.camera_access import camera_access
from peoplecount.domain.camera import Camera
from peoplecount.services.played_clock import PlayedClock
from peoplecount.settings import load_settings
from peoplecount.sunapi.errors import CameraUnreachable

WAYS = {
    "a poll": lambda access, camera: access.client(camera, PlayedClock()).read(),
    "a look at the certificate": lambda access, camera: access.connection(camera, PlayedClock()).look(),
    "events": lambda access, camera: access.event_stream(camera).follow(lambda: None),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_nobody_is_called_outside_camera_networks(tmp_path, way, scheme):
    settings = load_settings({"DATA_DIR": str(tmp_path), "CAMERA_NETWORKS": "10.20.0.0/16"}, None)
    with socket.create_server(("127.0.0.1", 0)) as listening, camera_access(settings) as access:
        listening.setblocking(False)
        camera = Camera("front", "Front", f"{scheme}://127.0.0.1:{listening.getsockname()[1]}", "admin", "secret")
        with pytest.raises(CameraUnreachable, match=r"CAMERA_NETWORKS allows 10\.20\.0\.0/16"):
            WAYS[way](access, camera)
        with pytest.raises(BlockingIOError), closing(listening.accept()[0]):
            pass
