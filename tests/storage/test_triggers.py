"""Tables of others may have triggers: what those do is not counted, and what they refuse is told in their words."""

import pytest
from sqlalchemy import select

from peoplecount.storage.dialects import Product
from peoplecount.storage.errors import DatabaseError
from peoplecount.storage.registros import Registros, Row, ShownTotals
from peoplecount.storage.registros_shape import look_at
from tests.support.counting_line import EIGHT
from tests.support.installation import Installation

SQLITE = "CREATE TRIGGER tras_registro AFTER INSERT ON registros BEGIN UPDATE mis_camaras SET in1 = in1 + 1; {} END"
T_SQL = """
    CREATE TRIGGER {schema}.tras_registro ON {schema}.registros AFTER INSERT AS
    BEGIN UPDATE {schema}.mis_camaras SET in1 = in1 + 1; {refusal} END"""
POSTGRESQL = """
    CREATE FUNCTION {schema}.tras() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN UPDATE {schema}.mis_camaras SET in1 = in1 + 1; {refusal} RETURN NULL; END';
    CREATE TRIGGER tras_registro AFTER INSERT ON {schema}.registros FOR EACH STATEMENT EXECUTE FUNCTION {schema}.tras()
    """
REFUSALS = {
    Product.SQLITE: "SELECT RAISE(ABORT, 'closed for today');",
    Product.POSTGRESQL: "RAISE EXCEPTION ''closed for today'';",
    Product.SQL_SERVER: "THROW 50001, 'closed for today', 1;",
}


@pytest.fixture
def installation(blank):
    """With three cameras, of which the trigger changes each with every statement."""
    made = Installation(blank).make()
    for camera in ("7", "8", "9"):
        made.has_camera(camera)
    yield made
    made.take_away()


def has_trigger(installation, *, refuses=False):
    product = installation.connection.product
    refusal = REFUSALS[product] if refuses else ""
    trigger = {
        Product.SQLITE: SQLITE.format(refusal),
        Product.POSTGRESQL: POSTGRESQL.format(schema=installation.schema, refusal=refusal),
        Product.SQL_SERVER: T_SQL.format(schema=installation.schema, refusal=refusal),
    }[product]
    installation.connection.run(lambda raw: raw.exec_driver_sql(trigger))


def adds(installation, *cameras):
    """Raises where the server does not say that it has as many rows more."""
    connection = installation.connection
    registros = Registros(look_at(connection, connection.product, installation.table_name, connection.schema))
    rows = [Row(camera, ShownTotals(1, 0, 0, 0)) for camera in cameras]
    connection.transaction(lambda transaction: registros.add(transaction, rows, EIGHT))


@pytest.mark.parametrize("cameras", [("7",), ("7", "8", "9", "10", "11")])
def test_what_a_trigger_changes_is_not_counted(installation, cameras):
    has_trigger(installation)
    adds(installation, *cameras)
    assert sorted(row[0] for row in installation.rows()) == sorted(cameras)


def test_what_a_trigger_refuses_is_told_in_its_words_also_after_it_has_changed_something(installation):
    has_trigger(installation, refuses=True)
    with pytest.raises(DatabaseError, match="closed for today"):
        adds(installation, "7")
    assert installation.rows() == []
    assert len(installation.connection.execute(select(installation.cameras))) == 3
