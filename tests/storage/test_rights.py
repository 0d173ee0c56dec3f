"""What the service needs to be let do, and what it and people who make reports are let do on real servers."""

import pytest
from sqlalchemy import MetaData, column, func, insert, select, text
from sqlalchemy.sql import visitors
from sqlalchemy.sql.schema import Table

from peoplecount.services.database_copy import DatabaseCopy
from peoplecount.storage.administrator_script import administrator_script, role_names
from peoplecount.storage.errors import DatabaseError, DatabaseRefused
from peoplecount.storage.rights import REPORTS, SERVICE, Right, numbered
from peoplecount.storage.schema import metadata, sites
from peoplecount.storage.schema_gate import SchemaGate
from peoplecount.storage.schema_version import versions
from tests.storage.test_administrator_script import SITE
from tests.support.administrator import let_in, run_script
from tests.support.every_statement import do_everything, enter_places, purge, remove_places, write_history
from tests.support.statements import RecordingDatabase


def needs_of(statements):
    """What an account must be let do to run ``statements``, by table."""
    needs = {}
    for statement in statements:
        verb = next(right for right in Right if right.lower() == statement.__visit_name__)
        changed = getattr(statement, "table", None)
        for table in {one for one in visitors.iterate(statement) if isinstance(one, Table)} | {changed} - {None}:
            found = needs.setdefault(table.name, set())
            found.add(verb if table is changed else Right.SELECT)
            if verb in {Right.UPDATE, Right.DELETE}:  # they say which rows
                found.add(Right.SELECT)
    return needs


def test_the_service_is_let_do_what_its_statements_need_and_nothing_else(embedded):
    db = RecordingDatabase(embedded)
    do_everything(db)
    assert {table: set(rights) for table, rights in SERVICE.items()} == needs_of(db.statements)


def test_there_is_no_table_that_nobody_thought_of():
    names = {table.name for table in metadata.sorted_tables}
    assert names <= SERVICE.keys()
    assert {table.name: number for table, number in numbered()} == {
        "records": "record_id",
        "corrections": "correction_id",
    }


@pytest.fixture(params=["postgresql", "mssql"])
def administrator(request, make_connection):
    connection = make_connection(request.param, "rights")
    run_script(connection, administrator_script(connection.product, connection.schema))
    return connection


@pytest.fixture
def service(administrator):
    connection = let_in(administrator, role_names(administrator.schema)[0])
    yield connection
    connection.disconnect()


@pytest.fixture
def reporter(administrator):
    connection = let_in(administrator, role_names(administrator.schema)[1])
    yield connection
    connection.disconnect()


def test_with_these_rights_everything_works(service):
    do_everything(service)


def test_with_these_rights_a_copy_can_be_made_and_made_again(service, embedded):
    enter_places(embedded)
    write_history(embedded)
    DatabaseCopy(embedded, service).run()
    remove_places(embedded)
    purge(embedded)
    assert DatabaseCopy(embedded, service).run().finished


def test_the_services_account_changes_no_tables(service):
    for words in ("CREATE TABLE {}.mine (a INTEGER)", "DROP TABLE {}.records", "CREATE SCHEMA mine_{}"):
        with pytest.raises(DatabaseError, match=r"denied|must be owner|permission|does not exist"):
            service.execute(text(words.format(service.schema)))
    with pytest.raises(DatabaseRefused):
        service.execute(versions.update().values(version_num="0001"))
    SchemaGate(service).demand()


def test_people_who_make_reports_read_what_is_documented_for_them(administrator, reporter):
    do_everything(administrator)
    for name in REPORTS:
        everything = Table(name, MetaData(), schema="peoplecount")
        reporter.execute(select(func.count()).select_from(everything))
    hourly = Table("report_hourly", MetaData(), schema="peoplecount")
    (row,) = reporter.execute(select(func.sum(column("people_in")).label("people")).select_from(hourly))
    assert row.people > 0


@pytest.mark.parametrize("name", sorted(SERVICE.keys() - set(REPORTS)))
def test_people_who_make_reports_read_nothing_else(reporter, name):
    everything = Table(name, MetaData(), schema="peoplecount")
    with pytest.raises(DatabaseRefused):
        reporter.execute(select(func.count()).select_from(everything))


def test_people_who_make_reports_change_nothing(reporter):
    with pytest.raises(DatabaseRefused):
        reporter.execute(insert(sites), SITE)
