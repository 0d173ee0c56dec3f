"""What only a real PostgreSQL server can show."""

import signal

import pytest
from sqlalchemy import func, select, text

from peoplecount.storage.errors import DatabaseRefused, DatabaseUnavailable, DriverMissing
from peoplecount.storage.migrate import upgrade
from peoplecount.storage.postgresql import PostgreSQLConnection
from peoplecount.storage.proxy import ProxyDB
from peoplecount.storage.schema import sites
from tests.support.processes import free_port


@pytest.fixture
def by_tcp(postgres_server):
    made = []

    def connect(password, user="peoplecount", name="postgres", port=None):
        made.append(
            PostgreSQLConnection("127.0.0.1", name, port=port or postgres_server.port, user=user, password=password)
        )
        return made[-1]

    yield connect
    for connection in made:
        connection.disconnect()


def test_a_password_with_any_sign_opens_it(by_tcp):
    from tests.support.postgres import PASSWORD  # noqa: PLC0415  POSIX only

    assert by_tcp(PASSWORD).check().product == "PostgreSQL"


@pytest.mark.parametrize("wrong", [{"password": "geheim"}, {"password": "geheim", "user": "nobody"}])
def test_a_wrong_password_is_refused_and_not_shown(by_tcp, wrong):
    with pytest.raises(DatabaseRefused) as refused:
        by_tcp(**wrong).connect()
    assert refused.value.at_sign_in
    assert "geheim" not in str(refused.value)


def test_a_database_that_is_not_there_is_refused(by_tcp):
    from tests.support.postgres import PASSWORD  # noqa: PLC0415

    with pytest.raises(DatabaseRefused, match="does not exist"):
        by_tcp(PASSWORD, name="nothing").connect()


def test_a_server_that_is_not_there_is_an_outage(by_tcp):
    with pytest.raises(DatabaseUnavailable):
        by_tcp("x", port=free_port()).connect()


def test_without_rights_it_says_so(make_connection, postgres_server):
    owner = make_connection("postgresql", "owned")
    upgrade(owner)
    owner.execute(text("CREATE ROLE visitor LOGIN"))
    visitor = PostgreSQLConnection(
        postgres_server.socket_folder, "postgres", port=postgres_server.port, user="visitor", schema=owner.schema
    )
    try:
        with pytest.raises(DatabaseRefused) as refused:
            visitor.execute(select(sites))
        assert not refused.value.at_sign_in
    finally:
        visitor.disconnect()
        owner.execute(text("DROP ROLE visitor"))


def test_a_connection_that_was_killed_is_replaced(make_connection):
    """Idle ones silently, by a look before use; one in the middle of a transaction by doing it again."""
    connection, killer = make_connection("postgresql", "a"), make_connection("postgresql", "b")
    proxy = ProxyDB(connection, pause=lambda seconds: None)
    own_id = select(func.pg_backend_pid())
    kill_it = select(func.pg_terminate_backend(text(":victim")))
    killed = []

    def work(transaction):
        victim = transaction.execute(own_id)[0][0]
        if not killed:
            killed.append(victim)
            killer.execute(kill_it, {"victim": victim})
        return transaction.execute(own_id)[0][0]

    assert proxy.transaction(work) != killed[0]
    assert proxy.statistics.retries == 1
    killer.execute(kill_it, {"victim": proxy.execute(own_id)[0][0]})
    assert proxy.execute(own_id)
    assert proxy.statistics.retries == 1


def test_a_server_killed_in_mid_batch_comes_back_without_loss(tmp_path):
    pytest.importorskip("psycopg", reason="psycopg is not installed (requirements-dev.txt)")
    postgres = pytest.importorskip("tests.support.postgres", reason="PostgreSQL is not started on this system")
    binaries = postgres.binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed")
    with postgres.running_postgres(binaries) as server:
        connection = PostgreSQLConnection(server.socket_folder, "postgres", port=server.port, user="peoplecount")
        upgrade(connection)

        def killed_in_the_middle(transaction):
            transaction.execute(select(sites))
            server.process.send_signal(signal.SIGQUIT)
            server.process.wait(20)
            transaction.execute(select(sites))

        with pytest.raises(DatabaseUnavailable):
            connection.transaction(killed_in_the_middle)
        with pytest.raises(DatabaseUnavailable):
            connection.check()
        connection.disconnect()


def test_without_psycopg_the_error_says_what_to_install(monkeypatch):
    import importlib  # noqa: PLC0415

    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(DriverMissing, match="psycopg"):
        PostgreSQLConnection("h", "n").connect()
