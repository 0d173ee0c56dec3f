import pytest

from peoplecount.storage.sql_server_place import SQLServerPlace
from peoplecount.storage.sql_server_target import SQLServerTarget


def target(text):
    return SQLServerTarget.parse(text)


@pytest.mark.parametrize(
    ("text", "encrypts", "checks"),
    [
        ("Driver=ODBC Driver 18 for SQL Server;Server=db", True, True),
        ("Driver=ODBC Driver 17 for SQL Server;Server=db", False, False),
        ("Driver=ODBC Driver 17 for SQL Server;Server=db;Encrypt=yes", True, True),
        ("Driver=ODBC Driver 18 for SQL Server;Server=db;Encrypt=Optional", False, False),
        ("Driver=ODBC Driver 18 for SQL Server;Server=db;TrustServerCertificate=Yes", True, False),
        ("Driver=ODBC Driver 18 for SQL Server;Server=db;Encrypt=strict;TrustServerCertificate=Yes", True, True),
        ("Driver=FreeTDS;Server=db;Encryption=require", True, False),
        ("Driver=FreeTDS;Server=db;Encryption=request", False, False),
    ],
)
def test_what_is_encrypted_and_whether_the_certificate_is_checked(text, encrypts, checks):
    assert (target(text).encrypts, target(text).checks_certificate) == (encrypts, checks)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Server=tcp:db,1444", SQLServerPlace("db", 1444)),
        (r"Server=db\main", SQLServerPlace(r"db\main")),
        ("Address=db;Port=1444", SQLServerPlace("db", 1444)),
        ("DSN=doors", None),
    ],
)
def test_where_it_leads(text, place):
    assert target(text).place == place


def test_the_certificate_is_for_the_machine_unless_another_name_is_given():
    assert target(r"Server=db\main").certificate_name == "db"
    assert target("Server=db;HostNameInCertificate=db.example").certificate_name == "db.example"
