import subprocess
import sys

import pytest

from tests.support.processes import ROOT


def test_a_query_of_two_seconds_stops_no_greenlet_and_many_may_ask_at_once(tmp_path):
    pytest.importorskip("gevent")
    done = subprocess.run(
        [sys.executable, ROOT / "tests/support/gevent_database.py", tmp_path / "people.db"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "the loop went on"), done.stderr
