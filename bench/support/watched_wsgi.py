"""``wsgi:app`` with somebody in its loop who notes when it stands still. The file is named by ``LOOP_WAITS``."""

import os
from pathlib import Path

import gevent

from bench.support.loop_watch import watch
from wsgi import app

gevent.spawn(watch, Path(os.environ["LOOP_WAITS"]))

__all__ = ["app"]
