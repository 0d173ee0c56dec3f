"""The table of settings: the one place that names them."""

from __future__ import annotations

from peoplecount.settings import address_readers, readers
from peoplecount.settings.cameras_table import CAMERA_SETTINGS
from peoplecount.settings.mail_table import MAIL_SETTINGS
from peoplecount.settings.mqtt_table import MQTT_SETTINGS
from peoplecount.settings.outbound_table import OUTBOUND_SETTINGS
from peoplecount.settings.redis_table import REDIS_SETTINGS
from peoplecount.settings.setting import Setting
from peoplecount.settings.sign_in_table import SIGN_IN_SETTINGS
from peoplecount.settings.web_table import WEB_SETTINGS

SETTINGS: tuple[Setting, ...] = (
    *WEB_SETTINGS,
    *SIGN_IN_SETTINGS,
    *OUTBOUND_SETTINGS,
    *MQTT_SETTINGS,
    Setting(
        "DATA_DIR",
        "Data",
        "var",
        "Folder of the event log, the local store and the embedded database. On a local disk.",
        readers.path,
        "data_dir",
        demo=True,
    ),
    *REDIS_SETTINGS,
    Setting(
        "LOG_KEEP_DAYS",
        "Data",
        "7",
        "Days the event log keeps events that are safe in the database.",
        readers.whole(1, 3650),
        "log_keep_days",
    ),
    Setting(
        "LOG_DISK_BUDGET",
        "Data",
        "2GB",
        "Room on disk for the event log. Past it, events that are in the database go earlier, and the oldest others "
        "become one a line and hour.",
        readers.size("100MB", "100TB"),
        "log_disk_budget",
    ),
    Setting(
        "INTERVALS",
        "Data",
        "15,60,day",
        "Lengths of the intervals that are told when they are over, in minutes, and `day`. `5` may be added.",
        readers.interval_steps,
        "intervals",
        demo=True,
    ),
    Setting(
        "HOLIDAYS",
        "Data",
        "",
        "Holidays, for the views of the history: countries or regions (`CH-ZH`) and days of one's own, "
        "`CH-ZH, 2026-12-24; SITE: DE-BY` with the ids of sites that have others.",
        readers.holidays,
        "holidays",
        unset={},
    ),
    Setting(
        "RECORDS_KEEP_DAYS",
        "Data",
        "396",
        "Days the database keeps single changes (`records`); hours, quarter hours and corrections stay.",
        readers.whole(40, 36500),
        "records_keep_days",
    ),
    Setting(
        "RECORDS_INTERVAL",
        "Data",
        "change",
        "What a row of `records` is: each `change`, or all changes of a line within `1`, `5` or `15` minutes. Hours "
        "and quarter hours are the same either way.",
        readers.grain,
        "records_interval",
        unset=None,
    ),
    Setting(
        "DATABASE_URL",
        "Database",
        "",
        "The database in one line: `mssql://USER:PASSWORD@SERVER:1433/NAME`, `postgresql://…` or `sqlite:///FILE`; "
        "ODBC options follow a `?`. Wins over the `DB_…` settings, which fill what it lacks. "
        "Not set, and `DB_SERVER` neither: an embedded database in `DATA_DIR`.",
        secret=True,
    ),
    Setting("DB_SERVER", "Database", "", "SQL Server's name or address, `SERVER\\INSTANCE` where it has instances."),
    Setting("DB_PORT", "Database", "", "Its port. Not set: the usual one.", readers.whole(1, 65535)),
    Setting("DB_NAME", "Database", "", "Name of the database on the server."),
    Setting("DB_USER", "Database", "", "Login. Not set: the account the service runs under (trusted connection)."),
    Setting("DB_PASSWORD", "Database", "", "Its password, as it is: nothing is encoded here.", secret=True),
    Setting(
        "DB_KEYTAB",
        "Database",
        "",
        "Keytab to sign in to SQL Server with (Kerberos), in place of `DB_USER`. Not set: the ticket the system has.",
        readers.key_file,
    ),
    Setting(
        "DB_DRIVER",
        "Database",
        "",
        "Name of the ODBC driver. Not set: the best one present (18, 17, FreeTDS).",
    ),
    Setting(
        "DB_OPTIONS",
        "Database",
        "",
        "Further options, such as `TrustServerCertificate=yes`; for SQL Server in Microsoft's words, whichever the "
        "driver ([SQL Server](sql-server.md)).",
        secret=True,
    ),
    Setting("DB_LOGIN_TIMEOUT", "Database", "10", "Seconds a server has to let us in.", readers.whole(1, 300)),
    Setting(
        "DB_QUERY_TIMEOUT",
        "Database",
        "30",
        "Seconds a server has for one statement.",
        readers.whole(1, 3600),
    ),
    Setting(
        "DB_SCHEMA",
        "Database",
        "peoplecount",
        "Schema that holds all our tables on a server. SQLite has none.",
        readers.identifier,
    ),
    Setting(
        "CAMERAS_VIEW",
        "Database",
        "API_camaras",
        "View the cameras are read from.",
        readers.view_name,
        "cameras_view",
    ),
    Setting(
        "RECORDS_TABLE",
        "Database",
        "",
        "An installation's own table of totals, such as `dbo.registros`, in which changes are written in its old "
        "shape, too. `python -m peoplecount db attach` finds it and says what to set. Not set: there is none.",
        readers.view_name,
        "records_table",
    ),
    Setting(
        "OWN_TABLES",
        "Database",
        "database",
        "Where our own tables are: in the `database` or, because that takes none of ours, `embedded` in `DATA_DIR`. "
        "Then only `CAMERAS_VIEW` and `RECORDS_TABLE` are in the database.",
        readers.one_of("database", "embedded"),
    ),
    *CAMERA_SETTINGS,
    Setting(
        "TIME_ZONE",
        "Time",
        "",
        "Time zone of cameras without a site, such as `Europe/Zurich`. Not set: this machine's.",
        readers.time_zone,
        "time_zone",
        demo=True,
    ),
    Setting(
        "CLOCK_URL",
        "Time",
        "",
        "Address of a simulator's clock (`http://127.0.0.1:9100/control/clock`), for replays. Not set: real time.",
        address_readers.http_address,
        "clock_url",
        demo=True,
    ),
    *MAIL_SETTINGS,
    Setting(
        "LOG_LEVEL",
        "Messages",
        "INFO",
        "Least level of messages on standard error: DEBUG, INFO, WARNING or ERROR.",
        readers.log_level,
        "log_level",
        demo=True,
    ),
    Setting(
        "LOG_FORMAT",
        "Messages",
        "plain",
        "Form of messages: `plain` lines, or `json`, an object a line ([operating](operate.md#the-log)).",
        readers.one_of("plain", "json"),
        "log_format",
        demo=True,
    ),
    Setting(
        "ACCESS_LOG",
        "Messages",
        "off",
        "Whether every request is a message, at level INFO, with the address of who asks: `on` or `off`.",
        readers.switch,
        "access_log",
        demo=True,
    ),
)

DEMO_SWITCH = "PEOPLECOUNT_DEMO"
"""Set by the demo alone, in the environment of its own children: everything that does not concern it is ignored."""


def by_name() -> dict[str, Setting]:
    """The table, by name."""
    return {setting.name: setting for setting in SETTINGS}
