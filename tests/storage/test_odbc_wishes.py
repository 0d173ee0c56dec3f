"""What is wished of a connection, said in the words of each driver, or refused."""

import pytest

from peoplecount.storage.errors import DriverUnfit
from peoplecount.storage.odbc_driver import OdbcDriver
from peoplecount.storage.odbc_wishes import failover_partner, in_words_of, wish

EIGHTEEN = OdbcDriver("ODBC Driver 18 for SQL Server")
SEVENTEEN = OdbcDriver("ODBC Driver 17 for SQL Server")
FREETDS = OdbcDriver("FreeTDS")


@pytest.mark.parametrize(
    ("wished", "microsofts", "freetds"),
    [
        ({"Encrypt": "yes"}, {"Encrypt": "yes"}, {"Encryption": "require"}),
        ({"encrypt": "Mandatory"}, {"Encrypt": "yes"}, {"Encryption": "require"}),
        ({"Encrypt": "optional"}, {"Encrypt": "no"}, {"Encryption": "request"}),
        ({"Encryption": "require"}, {"Encrypt": "yes"}, {"Encryption": "require"}),
        ({"TrustServerCertificate": "yes"}, {"TrustServerCertificate": "yes"}, {}),
        ({"Trust Server Certificate": "True"}, {"TrustServerCertificate": "True"}, {}),
        ({"MultiSubnetFailover": "Yes"}, {"MultiSubnetFailover": "Yes"}, {}),
        ({"Application Name": "Doors"}, {"APP": "Doors"}, {"APP": "Doors"}),
        ({"applicationintent": "ReadWrite"}, {"ApplicationIntent": "ReadWrite"}, {"ApplicationIntent": "ReadWrite"}),
        ({"ServerSPN": "MSSQLSvc/db"}, {"ServerSPN": "MSSQLSvc/db"}, {"ServerSPN": "MSSQLSvc/db"}),
        ({"Failover Partner": "other"}, {}, {}),
    ],
)
def test_the_same_wish_in_the_words_of_either_driver(wished, microsofts, freetds):
    assert in_words_of(EIGHTEEN, wished) == microsofts
    assert in_words_of(FREETDS, wished) == freetds


@pytest.mark.parametrize(
    ("driver", "wished", "says"),
    [
        (FREETDS, {"TrustServerCertificate": "no"}, "`ca file`"),
        (FREETDS, {"HostNameInCertificate": "db.example"}, "`ca file`"),
        (FREETDS, {"ServerCertificate": "/etc/db.pem"}, "Microsoft's driver"),
        (FREETDS, {"Encrypt": "strict"}, "Microsoft's driver 18"),
        (FREETDS, {"Authentication": "ActiveDirectoryMsi"}, "Microsoft's driver"),
        (SEVENTEEN, {"Encrypt": "strict"}, "version 18"),
        (SEVENTEEN, {"HostNameInCertificate": "db.example"}, "version 18"),
        (EIGHTEEN, {"TDS_Version": "7.4"}, "Leave it out, or use FreeTDS"),
        (EIGHTEEN, {"Encryption": "off"}, "Encrypt=no"),
        (EIGHTEEN, {"Encript": "yes"}, "did you mean Encrypt?"),
        (FREETDS, {"Encript": "yes"}, "did you mean Encrypt?"),
        (EIGHTEEN, {"Encrypt": "perhaps"}, "yes (mandatory), no (optional) and strict"),
        (EIGHTEEN, {"Server": "db"}, "DB_SERVER"),
        (EIGHTEEN, {"PWD": "geheim"}, "DB_PASSWORD"),
        (FREETDS, {"Connection Timeout": "5"}, "DB_LOGIN_TIMEOUT"),
    ],
)
def test_a_wish_that_cannot_be_said_is_refused_and_never_dropped(driver, wished, says):
    with pytest.raises(DriverUnfit) as refused:
        in_words_of(driver, wished)
    assert says in str(refused.value)
    assert "geheim" not in str(refused.value)


def test_a_driver_that_nobody_knows_gets_the_words_as_they_are():
    assert in_words_of(OdbcDriver("Acme SQL"), {"EncryptionMethod": "1", "Failover_Partner": "x"}) == {
        "EncryptionMethod": "1"
    }


@pytest.mark.parametrize("name", ["Failover_Partner", "Failover Partner", "failoverpartner"])
def test_the_failover_partner_is_found_by_any_spelling(name):
    assert failover_partner({"APP": "x", name: "other,1433"}) == "other,1433"


def test_a_wish_is_found_by_any_spelling():
    assert wish({"trust server certificate": "yes"}, "TrustServerCertificate") == "yes"
    assert wish({}, "TrustServerCertificate") == ""


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ODBC Driver 17 for SQL Server", "Microsoft's driver 17"),
        ("/opt/microsoft/lib64/libmsodbcsql-18.6.so.1.1", "Microsoft's driver 18"),
        ("/usr/lib/x86_64-linux-gnu/odbc/libtdsodbc.so", "FreeTDS"),
        ("Acme SQL", "this driver"),
    ],
)
def test_a_driver_is_known_by_its_name_or_its_path(name, said):
    assert str(OdbcDriver(name)) == said
