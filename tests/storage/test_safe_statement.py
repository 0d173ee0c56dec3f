import pytest
from sqlalchemy import column, literal_column, select, table, text, true

from peoplecount.storage.errors import UnsafeStatement
from peoplecount.storage.safe_statement import label_of, refuse_values
from peoplecount.storage.schema import records

camera = "cam'; DROP TABLE records; --"


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1",
        b"SELECT",
        None,
        text(f"SELECT name FROM cameras WHERE camera_id = '{camera}'"),
        text("SELECT name FROM cameras WHERE number = 17"),
        text("SELECT name FROM cameras WHERE share > .5"),
        text("SELECT name FROM cameras WHERE number=-3"),
        text("UPDATE t SET a = N'x'"),
        text("SELECT a FROM b WHERE c = $tag$x$tag$"),
        select(column("a")).select_from(table("t")).where(text("b = 'x'")),
        select(literal_column("'x'")),
        select(literal_column("1").label("one")),
    ],
    ids=str,
)
def test_values_in_sql_are_refused(statement):
    with pytest.raises(UnsafeStatement):
        refuse_values(statement)


@pytest.mark.parametrize(
    "statement",
    [
        text("SELECT name FROM cameras WHERE camera_id = :camera1 AND in1 > :in_2"),
        text('SELECT "it\'s a 2nd name", [2 names] FROM t1'),
        text("SELECT @@VERSION"),
        select(literal_column("*")).select_from(table("API_camaras")),
        select(records).where(records.c.in_count > 5, true()).limit(3),
        records.insert(),
    ],
    ids=str,
)
def test_statements_with_bind_parameters_pass(statement):
    refuse_values(statement)


def test_the_refusal_says_how_to_do_it():
    with pytest.raises(UnsafeStatement, match=r"bind parameters.*:camera"):
        refuse_values(text("SELECT a FROM b WHERE c = 'd'"))


def test_the_refusal_does_not_repeat_the_value():
    with pytest.raises(UnsafeStatement) as refusal:
        refuse_values(text("SELECT a FROM b WHERE password = 'geheim'"))
    assert "geheim" not in str(refusal.value)


@pytest.mark.parametrize(
    ("statement", "label"),
    [
        (select(records), "select records"),
        (records.insert(), "insert records"),
        (records.update().where(records.c.line_id == "x"), "update records"),
        (text("SELECT a"), "textclause"),
    ],
)
def test_statements_are_counted_by_verb_and_table(statement, label):
    assert label_of(statement) == label
