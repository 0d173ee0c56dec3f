import pytest

from peoplecount.storage.odbc_string import joined, parted, without_secrets


@pytest.mark.parametrize("value", ["plain", "a;b}c{d%@#$ e", "}", "}}", " blank ", "x=y", "", "{in braces}", "ü;中"])
def test_what_is_joined_can_be_parted_again(value):
    assert list(parted(joined([("UID", "sa"), ("PWD", value), ("APP", "x")])))[1] == ("PWD", value)


def test_values_with_signs_of_their_own_go_in_braces():
    assert joined([("Server", r"db\main"), ("PWD", "a;b}c")]) == r"Server=db\main;PWD={a;b}}c}"


def test_strings_that_people_write_are_read():
    text = " Driver = {ODBC Driver 18 for SQL Server} ; Server=tcp:db,1433;; Trusted_Connection=Yes;"
    assert dict(parted(text)) == {
        "Driver": "ODBC Driver 18 for SQL Server",
        "Server": "tcp:db,1433",
        "Trusted_Connection": "Yes",
    }


def test_nothing_secret_is_shown():
    shown = without_secrets("Driver={FreeTDS};Server=db;UID=sa;PWD={geh;eim};AccessToken=geheim")
    assert shown == "Driver=FreeTDS;Server=db"
