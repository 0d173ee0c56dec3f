import pytest
from sqlalchemy import delete, insert, update

from peoplecount.storage import migrate, schema_version
from peoplecount.storage.errors import DatabaseUnavailable, SchemaMismatch, SchemaTooNew
from peoplecount.storage.schema_gate import SURE_FOR, SchemaGate
from peoplecount.storage.schema_version import versions
from tests.support.statements import RecordingDatabase


class Watch:
    def __init__(self):
        self.seconds = 100.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def watch():
    return Watch()


def is_at(connection, version):
    connection.execute(update(versions).values(version_num=version))


def test_tables_of_this_version_are_passed(connection):
    SchemaGate(connection).demand()


def test_a_database_without_tables_is_not_passed(blank):
    with pytest.raises(SchemaMismatch):
        SchemaGate(blank).demand()


def test_an_older_version_is_named_with_the_one_that_is_needed(connection):
    is_at(connection, "0001")
    with pytest.raises(SchemaMismatch, match=f"version 0001, this program needs {schema_version.expected()}") as caught:
        SchemaGate(connection).demand()
    assert not isinstance(caught.value, SchemaTooNew)


def test_a_newer_version_asks_for_the_newer_program(connection):
    is_at(connection, "0999")
    with pytest.raises(SchemaTooNew, match=r"0999.*newer program"):
        SchemaGate(connection).demand()


@pytest.mark.parametrize("rows", [0, 2])
def test_a_version_that_is_none_or_two_is_none(embedded, rows):
    embedded.execute(delete(versions))
    for number in range(rows):
        embedded.execute(insert(versions), {"version_num": f"000{number}"})
    with pytest.raises(SchemaMismatch):
        SchemaGate(embedded).demand()


def looks(asked):
    """How often the version was asked for."""
    return sum(versions.name in str(statement) for statement in asked.statements)


def test_it_is_looked_again_every_minute_and_after_a_refusal_at_once(embedded, watch):
    asked = RecordingDatabase(embedded)
    gate = SchemaGate(asked, monotonic=watch)
    gate.demand(), gate.demand()
    assert looks(asked) == 1
    is_at(embedded, "0001")
    watch.seconds += SURE_FOR
    for _ in range(2):
        with pytest.raises(SchemaMismatch):
            gate.demand()
    is_at(embedded, schema_version.expected())
    gate.demand()
    assert looks(asked) == 4


def test_tables_that_are_ours_are_made(make_connection, watch):
    connection = make_connection("sqlite")
    gate = SchemaGate(connection, make=lambda: migrate.upgrade(connection), monotonic=watch)
    gate.demand()
    assert schema_version.current(connection) == schema_version.expected()


def test_tables_that_cannot_be_made_are_tried_again(make_connection, watch):
    connection = make_connection("sqlite")
    answers = [DatabaseUnavailable("disk full"), None]

    def make():
        answer = answers.pop(0)
        if answer:
            raise answer
        migrate.upgrade(connection)

    gate = SchemaGate(connection, make=make, monotonic=watch)
    with pytest.raises(DatabaseUnavailable):
        gate.demand()
    gate.demand()
    gate.demand()
    assert answers == []
