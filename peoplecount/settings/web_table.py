"""The table of settings, as far as it is about the web: where it listens, and who may come."""

from __future__ import annotations

from peoplecount.settings import address_readers, readers
from peoplecount.settings.setting import Setting

WEB_SETTINGS: tuple[Setting, ...] = (
    Setting(
        "HOST",
        "Web",
        "127.0.0.1",
        "Address the service listens on. On another than this machine's own (loopback) people sign in over HTTPS: set "
        "`TLS_CERT`, or put a reverse proxy in front ([who may do what](sign-in.md)).",
        address_readers.host,
        "host",
        demo=True,
    ),
    Setting("PORT", "Web", "8000", "Port the service listens on.", readers.whole(1, 65535), "port", demo=True),
    Setting(
        "PUBLIC_URL",
        "Web",
        "",
        "Address under which browsers reach the service, such as `https://counts.example`. Used in links.",
        address_readers.public_address,
        "public_url",
    ),
    Setting(
        "TLS_CERT",
        "Web",
        "",
        "File with the certificate (PEM, those between it and its authority behind it) by which the service itself "
        "speaks HTTPS on `PORT`. A renewed one is taken up within a minute. Not set: plain HTTP.",
        readers.certificates_file,
        "tls_cert",
        unset=None,
    ),
    Setting(
        "TLS_KEY",
        "Web",
        "",
        "File with its key (PEM, without a password). Not set: it is in `TLS_CERT`, too.",
        readers.key_file,
        "tls_key",
        unset=None,
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
        address_readers.hosts,
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
        address_readers.networks,
        "trusted_proxies",
        unset=(),
    ),
    Setting(
        "HSTS_MAX_AGE",
        "Web",
        "31536000",
        "Seconds for which browsers that came over HTTPS come no other way to this host, whatever its port "
        "([HTTPS](sign-in.md#https)). `0`: they are to forget it.",
        readers.whole(0, 63_072_000),
        "hsts_max_age",
    ),
    Setting(
        "ALLOWED_ORIGINS",
        "Web",
        "",
        "Web sites whose pages may read streams and figures, separated by commas (`https://intranet.example`). Not "
        "set: only our own.",
        address_readers.origins,
        "allowed_origins",
        unset=(),
    ),
    Setting(
        "API_REQUESTS_PER_MINUTE",
        "Web",
        "1000",
        "Requests that one key may make within a minute, of the [API](api.md) and anything else, of all `WEB_WORKERS` "
        "together; more are answered with 429.",
        readers.whole(500, 1_000_000),
        "api_requests",
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
)
