"""Texts and headers that are odd: ends of ranges, halves of characters, what other programs take for orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

MARK = "<script>attack()</script>"
"""Stands in no page of ours; where it comes back in one as it was, somebody's script would run."""

INJECTED = "X-Injected"

# fmt: off
USUAL = (
    *("shop", "front", "left", "default", "viewer", "full", "none", "door", "site", "line", "2026-05-04", "2026-05"),
    *("2026-05-04T08:00:00Z", "2026-05-04T08:00:00+02:00", "day", "week", "60", "15", "hour", "on", "1", "0", "es"),
    *("/", "earliest", "latest", "read", "administrator", "IntervalClosed", "flow", "own", "a@b.example", "09:00"),
    *("https://hooks.example/x", "192.0.2.7", "camera.example:8080", "Mo-Fr 08:00-18:00", "85 %", "UTC"),
    "PeopleCountingUpdate",
)
ODD = (
    *("", " ", "-1", "00", "1.5", "1e999", "-1e999", "NaN", "inf", "9" * 400, "9" * 5000, "18446744073709551616"),
    *("\N{ARABIC-INDIC DIGIT THREE}", "\N{SUPERSCRIPT TWO}", "0001-01-01", "9999-12-31", "0000-00-00", "2026-02-30"),
    *("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "0001-01", "9999-12", "10000-01-01", "2026-W60"),
    *("24:00", "25:61", "2026-05-04T08:00:00", "-" * 300, "\x00", "a\x00b", f"\r\n{INJECTED}: 1", "\n", "\x1b[31m"),
    *("\u202e", "\ufeff", "\U0001f6b6", "é" * 300, "\x7f", MARK, f'">{MARK}', f"'{MARK}", "{{7*7}}", "%(name)s"),
    *("%s%n", "=1+1", "';--", "' OR '1'='1", "../../../etc/passwd", "%00", "%2e%2e%2f", "%", "%zz"),
    *("//evil.example", "/\\evil.example", "javascript:alert(1)", "http://[", "https://a:99999/", "[]", "{}", "null"),
    *("true", "a" * 10_000, "1-1", "00000000-999999999999999999999", "abcdef12-99999999999999999999"),
)
HEADERS: Mapping[str, Sequence[str]] = {
    "Last-Event-ID": ("3f9a61c2-1", "x", "-1", "9" * 400),
    "If-None-Match": ('"x"', 'W/"x"', "*", '"', "x" * 5000, '""""'),
    "If-Modified-Since": ("Mon, 01 Jan 99999999999 00:00:00 GMT", "x", "Mon, 04 May 2026 00:00:00 GMT"),
    "If-Range": ('"x"', "Mon, 01 Jan 99999999999 00:00:00 GMT"),
    "If-Unmodified-Since": ("Mon, 01 Jan 2001 00:00:00 +99999999999999999",),
    "Range": ("bytes=0-1", "bytes=-1", "bytes=9-1", "bytes=0-,0-,0-", "bytes=" + "9" * 400 + "-", "x=1"),
    "Accept": ("application/json", "text/event-stream", "text/html;q=x", "*/*;q=1e999", ",;,;=", "a/b;" * 500),
    "Accept-Encoding": ("gzip", "gzip;q=x", "gzip;q=0", "*;q=1e400", ",,,"),
    "Accept-Language": ("es", "es-419;q=0.5", "*", "x-" * 300, "en;q=NaN", "\xff"),
    "Authorization": (
        *("Bearer", "Bearer x", "Basic x", "Basic Og==", "Basic //8=", "Digest x", "Bearer \xff", "basic " + "A" * 500),
    ),
    "Content-Encoding": ("gzip", "deflate", "x"),
    "Content-Length": ("-1", "x", "9" * 40),
    "Content-Type": (
        *("application/json", "application/json; charset=x", "multipart/form-data", "\xff", ";", "text/plain"),
        *("multipart/form-data; boundary=" + "b" * 500, "application/x-www-form-urlencoded; charset=utf-7"),
        "application/vnd.x+json",
    ),
    "Cookie": (
        *("peoplecount=x", "peoplecount=eyJhIjoxfQ.x.y", "peoplecount-screen=x.y", "__Host-peoplecount=\xff", "="),
        *("language=../x", ";" * 500, "peoplecount=.eJw.x.x", 'language="\\377"', "peoplecount-screen=\\000"),
    ),
    "Forwarded": ("for=x", 'for="[::1]";proto=https'),
    "Host": ("evil.example", "[::1", "127.0.0.1:99999", "x y", "\xff", "localhost:x", "[::1]:0"),
    "Origin": ("null", "https://evil.example", "http://[", "\xff"),
    "Referer": ("https://evil.example/", "\xff"),
    "Sec-Fetch-Site": ("cross-site", "same-origin", "none", "x"),
    "User-Agent": ("", "\xff" * 500, MARK),
    "X-API-Key": ("x", "", "\xff", "pc_" + "x" * 5000),
    "X-Admin-Token": ("x", "\xff"),
    "X-CSRFToken": ("x", "\xff"),
    "X-Forwarded-For": ("1.2.3.4", "x", "[::1", "::ffff:1.2.3.4%x", "1.2.3.4," * 500),
    "X-Forwarded-Host": ("evil.example", "http://["),
    "X-Forwarded-Proto": ("https", "http", "\xff"),
    "X-HTTP-Method-Override": ("DELETE",),
    "X-MS-APIM-Referrer-Prefix": (
        *("https://x.azure-apim.net/a", "https://x.azure-apim.net@evil.example/", "https://[", MARK),
    ),
    "X-Remote-User": ("administrator", "\xff"),
    "X-Request-Id": ("x", "a" * 5000, "\xff", MARK),
}
# fmt: on
