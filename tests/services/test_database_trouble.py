import pytest

from peoplecount.services.database_trouble import MEANWHILE, camera_list_trouble, trouble_of
from peoplecount.services.writer_state import WriterState
from peoplecount.storage.errors import (
    CircuitOpen,
    DatabaseBusy,
    DatabaseError,
    DatabaseRefused,
    DatabaseSilent,
    DatabaseUnavailable,
    RowsLost,
    SchemaMismatch,
    SchemaTooNew,
)


def writing_fails_with(kind):
    return WriterState(error="login failed for user 'sa' at 192.0.2.9", fault=kind)


@pytest.mark.parametrize("writer", [None, WriterState(), WriterState(refused=3)])
def test_while_the_database_answers_and_the_writer_writes_there_is_no_trouble(writer):
    assert trouble_of(None, writer) is None


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (DatabaseUnavailable, "The database is away."),
        (CircuitOpen, "The database is away."),
        (DatabaseSilent, "The database does not answer."),
        (DatabaseBusy, "takes too long"),
        (DatabaseRefused, "does not let the service in"),
        (SchemaMismatch, "`python -m peoplecount db upgrade`"),
        (SchemaTooNew, "A newer version of this program"),
        (RowsLost, "does not keep all"),
        (DatabaseError, "the log says why"),
        (ZeroDivisionError, "the log says why"),
    ],
)
def test_it_says_what_it_is_and_that_counting_goes_on(kind, words):
    said = trouble_of(None, writing_fails_with(kind))
    assert words in said
    assert said.endswith(MEANWHILE)
    assert "192.0.2.9" not in said


def test_what_keeps_everybody_out_is_said_before_what_the_writer_met_first():
    assert "does not answer" in trouble_of(DatabaseSilent, writing_fails_with(SchemaMismatch))


def test_an_outage_is_told_by_a_process_that_does_not_write_too():
    assert "is away" in trouble_of(DatabaseUnavailable, None)


def test_what_is_wrong_with_the_list_of_cameras_is_one_sentence():
    assert camera_list_trouble(0) == []
    assert camera_list_trouble(1)[0].startswith("In the list of cameras an entry")
    assert camera_list_trouble(3)[0].startswith("In the list of cameras 3 entries")
