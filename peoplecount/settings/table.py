"""The table of settings: the one place that names them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from peoplecount.settings import readers


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting, as it is written in ``.env`` or the environment."""

    name: str
    section: str
    default: str
    """The text read where it is not set. Empty: ``unset`` is the value, and the help says what happens then."""

    help: str
    read: Callable[[str], object] = readers.text
    attribute: str = ""
    """Its name in ``Settings``; empty where it is only a part of ``Settings.database``."""

    unset: object = ""
    secret: bool = False
    """Never shown; may also come from the file named by ``NAME_FILE``."""

    demo: bool = False
    """Whether the demo listens to it too."""


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "HOST",
        "Web",
        "127.0.0.1",
        "Address the service listens on. On another than this machine's own (loopback) people sign in through a "
        "reverse proxy with HTTPS ([who may do what](sign-in.md)).",
        readers.host,
        "host",
        demo=True,
    ),
    Setting("PORT", "Web", "8000", "Port the service listens on.", readers.whole(1, 65535), "port", demo=True),
    Setting(
        "PUBLIC_URL",
        "Web",
        "",
        "Address under which browsers reach the service, such as `https://counts.example`. Used in links.",
        readers.public_address,
        "public_url",
    ),
    Setting(
        "SIGNED_OUT_LOOK",
        "Web",
        "off",
        "Whether whoever sits at this machine may look without signing in, as in the demo: `on` or `off`. Only where "
        "`HOST` is this machine's own address.",
        readers.switch,
        "signed_out_look",
    ),
    Setting(
        "TRUSTED_HOSTS",
        "Web",
        "",
        "Host names browsers may call the service by, separated by commas. Not set: where `HOST` is this machine's own "
        "address its own names and that of `PUBLIC_URL`; else any.",
        readers.hosts,
        "trusted_hosts",
        unset=(),
    ),
    Setting(
        "WEB_WORKERS",
        "Web",
        "1",
        "Processes that serve pages and streams; exactly one of them polls.",
        readers.whole(1, 64),
        "workers",
    ),
    Setting(
        "TRUSTED_PROXIES",
        "Web",
        "",
        "Addresses or networks of reverse proxies, separated by commas (`127.0.0.1, 10.0.0.0/8`). Only they are "
        "believed when they say in `X-Forwarded-For` whom they ask for, and in `X-Forwarded-Proto` how.",
        readers.networks,
        "trusted_proxies",
        unset=(),
    ),
    Setting(
        "ALLOWED_ORIGINS",
        "Web",
        "",
        "Web sites whose pages may read streams and figures, separated by commas (`https://intranet.example`). Not "
        "set: only our own.",
        readers.origins,
        "allowed_origins",
        unset=(),
    ),
    Setting(
        "ADMIN_TOKEN",
        "Web",
        "",
        "What may be sent as `X-Admin-Token` to end streams (`POST /close-stream`), 16 characters or more. "
        "Administrators and API tokens with the scope `end-streams` need none.",
        readers.token,
        "admin_token",
        secret=True,
    ),
    Setting(
        "STREAMS_MAX",
        "Web",
        "2000",
        "Streams that may be open at once, in each of the `WEB_WORKERS`. Pages and health are served beside them.",
        readers.whole(1, 50_000),
        "streams_max",
    ),
    Setting(
        "STREAMS_PER_CLIENT",
        "Web",
        "100",
        "Streams that one address may have open at once, in all workers together.",
        readers.whole(1, 10_000),
        "streams_per_client",
    ),
    Setting(
        "STREAM_LIFE",
        "Web",
        "3600",
        "Seconds after which a stream ends (after four fifths of it at the earliest); its client comes back by itself.",
        readers.seconds(10, 86_400),
        "stream_life",
    ),
    Setting(
        "DATA_DIR",
        "Data",
        "var",
        "Folder of the event log, the local store and the embedded database. On a local disk.",
        readers.path,
        "data_dir",
        demo=True,
    ),
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
    Setting("CAMERA_USER", "Cameras", "", "Login of cameras that have none of their own.", attribute="camera_user"),
    Setting(
        "CAMERA_PASSWORD",
        "Cameras",
        "",
        "Password of cameras that have none of their own.",
        attribute="camera_password",
        secret=True,
    ),
    Setting(
        "POLL_INTERVAL",
        "Cameras",
        "10",
        "Seconds between two polls of a camera that has no interval of its own.",
        readers.seconds(0.05, 3600),
        "poll_interval",
        demo=True,
    ),
    Setting(
        "BACKFILL_DAYS",
        "Cameras",
        "30",
        "Days before the first reading that are filled in from a camera's own history, as far as it answers. "
        "0: earlier today only.",
        readers.whole(0, 366),
        "back_fill_days",
        demo=True,
    ),
    Setting(
        "EVENT_STREAMS",
        "Cameras",
        "on",
        "Whether the events of cameras that tell of people (WiseAI) bring their next poll forward: `on` or `off`. "
        "Counts are the same either way.",
        readers.switch,
        "event_streams",
        demo=True,
    ),
    Setting(
        "CONNECT_TIMEOUT",
        "Cameras",
        "3.05",
        "Seconds a camera has to take a connection.",
        readers.seconds(0.05, 120),
        "connect_timeout",
    ),
    Setting(
        "READ_TIMEOUT",
        "Cameras",
        "10",
        "Seconds a camera has to answer.",
        readers.seconds(0.05, 120),
        "read_timeout",
    ),
    Setting(
        "CAMERA_CA_FILE",
        "Cameras",
        "",
        "File of the certificate authorities (PEM) that vouch for cameras with HTTPS. Not set: the system's. Without "
        "one, each camera's certificate is accepted once with `camera trust`.",
        readers.authorities_file,
        "camera_ca_file",
        unset=None,
    ),
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
        readers.http_address,
        "clock_url",
        demo=True,
    ),
    Setting(
        "LOG_LEVEL",
        "Messages",
        "INFO",
        "Least level of messages on standard error: DEBUG, INFO, WARNING or ERROR.",
        readers.log_level,
        "log_level",
        demo=True,
    ),
)

DEMO_SWITCH = "PEOPLECOUNT_DEMO"
"""Set by the demo alone, in the environment of its own children: everything that does not concern it is ignored."""


def by_name() -> dict[str, Setting]:
    """The table, by name."""
    return {setting.name: setting for setting in SETTINGS}
