"""The proxy before PostgreSQL, on a server that says what it heard."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from tests.chaos.tcp_proxy import COMMIT, TcpProxy
from tests.support.waiting import wait_until


class Echo:
    """Answers whatever it hears with ``heard``."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self.heard: list[bytes] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            self._threads.append(threading.Thread(target=self._answer, args=(connection,), daemon=True))
            self._threads[-1].start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            try:
                while data := connection.recv(1000):
                    self.heard.append(data)
                    connection.sendall(b"heard")
            except OSError:
                return

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for thread in self._threads:
            thread.join(5)


@pytest.fixture
def echo() -> Iterator[Echo]:
    one = Echo()
    yield one
    one.close()


@pytest.fixture
def proxy(echo: Echo) -> Iterator[TcpProxy]:
    one = TcpProxy(echo.port)
    yield one
    one.close()


def ask(proxy: TcpProxy, question: bytes) -> bytes:
    """The answer; nothing where the connection is cut."""
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as client:
        client.sendall(question)
        try:
            return client.recv(1000)
        except ConnectionResetError:
            return b""


def test_it_passes_on_what_is_said(proxy: TcpProxy, echo: Echo) -> None:
    assert ask(proxy, b"SELECT") == b"heard"
    assert ask(proxy, COMMIT) == b"heard"
    assert echo.heard == [b"SELECT", COMMIT]


def test_an_answer_to_a_commit_is_lost_after_it_was_heard(proxy: TcpProxy, echo: Echo) -> None:
    proxy.lose_answers_to_commits(1)
    assert ask(proxy, b"SELECT") == b"heard"
    assert ask(proxy, COMMIT) == b""
    assert echo.heard == [b"SELECT", COMMIT]
    assert proxy.commits_cut == 1
    assert ask(proxy, COMMIT) == b"heard"


def test_a_commit_is_lost_before_it_is_heard(proxy: TcpProxy, echo: Echo) -> None:
    proxy.lose_commits(1)
    assert ask(proxy, COMMIT) == b""
    assert echo.heard == []
    assert ask(proxy, COMMIT) == b"heard"


def test_forgiven_it_loses_nothing_more(proxy: TcpProxy) -> None:
    proxy.lose_commits(9)
    proxy.lose_answers_to_commits(9)
    proxy.forgive()
    assert ask(proxy, COMMIT) == b"heard"


def test_while_it_hangs_nothing_is_passed_on_and_then_all_of_it(proxy: TcpProxy, echo: Echo) -> None:
    proxy.hang()
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as client:
        client.sendall(b"SELECT")
        client.settimeout(0.05)
        with pytest.raises(TimeoutError):
            client.recv(1000)
        assert echo.heard == []
        proxy.forgive()
        client.settimeout(5)
        assert client.recv(1000) == b"heard"


def test_where_nobody_listens_behind_it_the_connection_ends() -> None:
    echo = Echo()
    echo.close()
    proxy = TcpProxy(echo.port)
    try:
        assert ask(proxy, b"SELECT") == b""
    finally:
        proxy.close()


def test_all_connections_can_be_cut(proxy: TcpProxy) -> None:
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as client:
        client.sendall(b"SELECT")
        assert client.recv(1000) == b"heard"
        proxy.cut_all()
        wait_until(lambda: _is_cut(client))


def _is_cut(client: socket.socket) -> bool:
    try:
        return client.recv(1000) == b""
    except ConnectionResetError:
        return True
