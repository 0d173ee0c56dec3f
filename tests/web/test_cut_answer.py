"""An export whose database dies half-way, through the real server: nobody takes what came of it for all."""

import http.client
import socket
from contextlib import closing

import pytest

from tests.support.failing_counts import TOLD
from tests.support.processes import ROOT, bare_environment, free_port, python, running
from tests.support.waiting import wait_until

pytest.importorskip("gunicorn")

if not hasattr(socket, "AF_UNIX"):
    pytest.skip("gunicorn is for POSIX", allow_module_level=True)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Its port and the file of what it says."""
    port, output = free_port(), tmp_path_factory.mktemp("server") / "output"
    worker = ("--worker-class", "peoplecount.stream_worker.StreamWorker", "--config", "/dev/null")
    command = python("-m", "gunicorn", *worker, "--bind", f"127.0.0.1:{port}", "tests.support.failing_export:app")
    with running(command, bare_environment(), ROOT, output) as process:
        wait_until(lambda: process.poll() is not None or "Booting worker" in output.read_text(), 60)
        yield port, output


def export(port, line, version, heard=None):
    """A finished answer's body, read as a client does. Raises what it is told of an unfinished one.

    The id of the request is added to ``heard`` before.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection._http_vsn, connection._http_vsn_str = version, f"HTTP/1.{version - 10}"
    with closing(connection):
        connection.request("GET", f"/export/counts.csv?from=2026-05-04&line={line}")
        answer = connection.getresponse()
        assert answer.status == 200
        assert (answer.getheader("Transfer-Encoding") == "chunked") == (version == 11)
        if heard is not None:
            heard.append(answer.getheader("X-Request-Id"))
        return answer.read().decode()


@pytest.mark.parametrize("version", [10, 11])
def test_an_export_that_went_well_ends(server, version):
    assert export(server[0], "whole", version).count("\r\n") == 1 + TOLD


@pytest.mark.parametrize("version", [10, 11])
def test_one_that_failed_half_way_is_known_to_be_cut_and_the_log_says_so(server, version):
    port, output = server
    before, heard = output.read_text().count("was cut in the middle"), []
    with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
        export(port, "gone", version, heard)
    wait_until(lambda: output.read_text().count("was cut in the middle") > before)
    said = output.read_text()
    assert "The export counts-20260504-" in said
    assert f"the server closed the connection (request {heard[0]})" in said, "as the answer says"
    assert "Traceback" not in said.split("a fault of ours")[0]


def test_a_fault_of_ours_is_told_with_where_it_was(server):
    port, output = server
    with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
        export(port, "broken", 11)
    wait_until(lambda: "ValueError: a fault of ours" in output.read_text())
    assert "Traceback" in output.read_text()
