"""The script for a database administrator: on real servers where they are, and held against the grammar of T-SQL."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import column, delete, insert, select, table, text

from peoplecount.storage import migrate, schema_version
from peoplecount.storage.administrator_script import administrator_script, role_names
from peoplecount.storage.dialects import SCHEMA, Product
from peoplecount.storage.engine import EngineConnection
from peoplecount.storage.errors import DatabaseError, SchemaMismatch
from peoplecount.storage.rights import REPORTS, Right
from peoplecount.storage.schema import sites
from peoplecount.storage.schema_version import versions
from tests.support.administrator import run_script
from tests.support.schema_differences import differences_of

SITE = {"site_id": "a", "name": "A", "time_zone": "UTC", "capacity": None, "reset_time": "00:00"}


@pytest.fixture(params=["postgresql", "mssql"])
def empty(request: pytest.FixtureRequest, make_connection: Callable[..., EngineConnection]) -> EngineConnection:
    """A server without our tables."""
    return make_connection(request.param, "script")


def script_for(connection: EngineConnection, **options) -> str:
    return administrator_script(connection.product, connection.schema, **options)


def test_it_makes_what_an_upgrade_makes_and_may_be_run_again(empty):
    for _ in range(2):
        run_script(empty, script_for(empty))
        assert schema_version.current(empty) == schema_version.expected()
        assert differences_of(empty) == []
    empty.execute(insert(sites), SITE)
    run_script(empty, script_for(empty))
    assert len(empty.execute(select(sites))) == 1


@pytest.mark.parametrize("since", ["0001", "0002", "0003"])
def test_it_takes_an_earlier_version_to_this_one(empty, since):
    steps = [step.revision for step in migrate.steps(empty.product, empty.schema)]
    whole = script_for(empty)
    run_script(empty, whole[: whole.index(f"-- {steps[steps.index(since) + 1]}:")])
    assert schema_version.current(empty) == since
    run_script(empty, script_for(empty, since=since))
    assert schema_version.current(empty) == schema_version.expected()
    assert differences_of(empty) == []


def test_what_comes_after_a_version_says_so_where_the_database_is_at_another(empty):
    run_script(empty, script_for(empty))
    empty.execute(delete(versions))
    empty.execute(insert(versions), {"version_num": "0001"})
    with pytest.raises(DatabaseError, match=f"not at version {schema_version.expected()}"):
        run_script(empty, script_for(empty, since="0002"))
    assert schema_version.current(empty) == "0001"


def test_a_step_that_fails_is_undone_and_none_is_taken_after_it(empty):
    whole = script_for(empty)
    begin = whole.index("-- 0002:")
    run_script(empty, whole[:begin])
    empty.execute(text(f"CREATE TABLE {empty.schema}.hand_counts (something INTEGER)"))
    with pytest.raises(DatabaseError):
        run_script(empty, whole, goes_on=True)
    assert schema_version.current(empty) == "0001"
    empty.execute(text(f"DROP TABLE {empty.schema}.hand_counts"))
    run_script(empty, whole)
    assert differences_of(empty) == []


def test_an_owners_own_view_of_cameras_stays_as_it_is(empty):
    whole = script_for(empty)
    run_script(empty, whole[: whole.index("-- 0001:")])
    name = {Product.POSTGRESQL: '"API_camaras"', Product.SQL_SERVER: "[API_camaras]"}[empty.product]
    empty.execute(
        text(f"CREATE VIEW {empty.schema}.{name} AS SELECT version_num AS ip FROM {empty.schema}.alembic_version")
    )
    run_script(empty, whole)
    view = table("API_camaras", column("ip"), schema=empty.schema)
    assert [row.ip for row in empty.execute(select(view))] == [schema_version.expected()]


@pytest.mark.parametrize("schema", ["dbo; DROP", "x]y", "", "1st", "a" * 64])
def test_a_schema_must_have_a_plain_name(schema):
    with pytest.raises(SchemaMismatch, match="plain name"):
        administrator_script(Product.SQL_SERVER, schema)


def test_a_version_that_never_was_is_refused_with_those_that_are():
    with pytest.raises(SchemaMismatch, match=r"no schema version '7'; there are: 0001, 0002"):
        administrator_script(Product.POSTGRESQL, since="7")


def test_it_names_the_schema_everywhere():
    script = administrator_script(Product.SQL_SERVER, "counts")
    for said in ("CREATE SCHEMA [counts]", "CREATE TABLE counts.records", "CREATE VIEW counts.[API_camaras]"):
        assert said in script
    assert f"{SCHEMA}." not in script
    assert f"[{SCHEMA}" not in script


def test_nobody_who_makes_reports_is_let_near_a_password():
    for product in (Product.SQL_SERVER, Product.POSTGRESQL):
        granted = [
            line
            for line in administrator_script(product).splitlines()
            if line.startswith("GRANT") and role_names(SCHEMA)[1] in line
        ]
        assert len(granted) >= len(REPORTS)
        assert not [
            line for line in granted if re.search("camaras|cameras|positions|writer|INSERT|UPDATE|DELETE", line)
        ]


def test_rights_to_an_installations_own_tables_are_given_to_the_service_only():
    others = {"dbo.API_camaras": [Right.SELECT], "dbo.registros": [Right.SELECT, Right.INSERT]}
    script = administrator_script(Product.SQL_SERVER, others=others)
    assert "GRANT SELECT, INSERT ON [dbo].[registros] TO [peoplecount_service];" in script
    assert script.count("[dbo]") == 2


def test_long_names_of_schemas_make_roles_that_servers_can_keep():
    names = role_names("a" * 63)
    assert max(map(len, names)) <= 63
    assert len(set(names)) == 2


def test_sqlites_script_runs_as_it_is(make_connection):
    connection = make_connection("sqlite")
    raw = connection._open_engine().raw_connection()
    try:
        raw.driver_connection.executescript(administrator_script(Product.SQLITE))
    finally:
        raw.close()
    assert schema_version.current(connection) == schema_version.expected()
    assert len(connection.execute(select(sites))) == 0


def batches():
    found = re.split(r"^GO$", administrator_script(Product.SQL_SERVER, "counts"), flags=re.MULTILINE)
    return [re.sub(r"^\s*--.*$", "", batch, flags=re.MULTILINE).strip() for batch in found]


def guarded():
    """What stands in the guards, as it would be run."""
    for batch in batches():
        match = re.fullmatch(r"IF @@TRANCOUNT > 0 AND .*?\nBEGIN\n(.*);\nEND;", batch, re.DOTALL)
        if match:
            inside = re.fullmatch(r"EXEC\(N'(.*)'\)", match[1], re.DOTALL)
            yield inside[1].replace("''", "'") if inside else match[1]


def test_every_statement_of_it_is_t_sql():
    sqlglot = pytest.importorskip("sqlglot")
    statements = [*guarded(), *(batch for batch in batches() if batch.startswith("GRANT"))]
    assert len(statements) > 30
    for said in statements:
        for parsed in sqlglot.parse(said, dialect="tsql", error_level=sqlglot.ErrorLevel.RAISE):
            assert not isinstance(parsed, sqlglot.exp.Command), said


def test_every_statement_is_in_a_transaction_and_looks_whether_its_step_was_taken():
    frames = (
        "SET XACT",
        "IF SCHEMA_ID",
        "IF OBJECT_ID",
        "BEGIN TRAN",
        "IF @@TRANCOUNT",
        "IF NOT EXISTS",
        "IF DATABASE_P",
    )
    for batch in filter(None, batches()):
        assert batch.startswith((*frames, "GRANT")), batch
    assert len(list(guarded())) == sum("\nBEGIN\n" in batch for batch in batches())


def test_views_are_made_by_words_that_all_servers_understand_and_alone_in_their_batches():
    """SQL Server demands the second; others that speak its language do not know ``CREATE OR ALTER VIEW``."""
    views = [said for said in guarded() if re.search(r"\bVIEW\b", said)]
    assert [said.split()[0] for said in views] == ["CREATE", "DROP", "CREATE", "CREATE", "CREATE"]
    assert not [said for said in views if re.search(r"\bALTER\b", said)]
    assert administrator_script(Product.SQL_SERVER).count("EXEC(N'CREATE VIEW") == 4
