"""Every parser of the product: what is fed to it, what it may raise, and what holds for what it makes of it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from flask import Request as WebRequest
from werkzeug.exceptions import HTTPException

from peoplecount.domain import sign_in
from peoplecount.domain.alert_rule import QuietHours
from peoplecount.domain.asked_moment import NoMoment, asked_moment
from peoplecount.domain.day_history import DayHours
from peoplecount.domain.event import parse_utc
from peoplecount.domain.event_id import EventId, MalformedEventId
from peoplecount.domain.group_rights import read_group_rights
from peoplecount.domain.increment import Generation
from peoplecount.domain.line import LineKey
from peoplecount.domain.opening_hours import OpeningHours
from peoplecount.domain.recording_file import BadRecording, read_recording
from peoplecount.domain.redis_address import read_redis_address, read_sentinels
from peoplecount.domain.threshold import Threshold
from peoplecount.domain.user import UnfitName, new_user_name, user_name
from peoplecount.services.camera_sheet import LONGEST_CELL, SheetRefused, SheetRow, read_sheet
from peoplecount.settings import address_readers, database_url, env_file, readers
from peoplecount.simulator import replay
from peoplecount.simulator.http_message import BadRequest, read_request
from peoplecount.storage.camera_address import base_address
from peoplecount.storage.entries import certificate as pinned_certificate
from peoplecount.sunapi import (
    camera_clock,
    classic,
    classic_history,
    device,
    digest,
    search,
    system_log,
    wiseai,
    wiseai_history,
)
from peoplecount.sunapi.answers import MOST_PEOPLE, MalformedAnswer, Refusal, parse_answer
from peoplecount.sunapi.camera_events import tells_of_people
from peoplecount.sunapi.certificate import Certificate, plain_fingerprint
from peoplecount.sunapi.configuration import LiveCounts, Spot
from peoplecount.sunapi.event_parts import EventParts, boundary_of
from peoplecount.sunapi.hourly_figures import Found
from peoplecount.sunapi.query import Query
from peoplecount.sunapi.read_only import QueryNotAllowed, require_allowed
from peoplecount.sunapi.secret import Secret
from peoplecount.web.access import ANYBODY
from peoplecount.web.own_path import own_path
from peoplecount.web.parameters import demand_text
from peoplecount.web.stream_order import read_order
from tests.fuzz.samples import CERTIFICATE, DAY, MASTER, NAMES, answers

Parse = Callable[[bytes], Any]


class Broken(AssertionError):
    """What came out does not hold."""


@dataclass(frozen=True)
class Target:
    """A parser."""

    name: str
    parse: Parse
    samples: Sequence[bytes]
    refusals: tuple[type[Exception], ...] = ()
    """What it may raise; anything else is a crash."""

    holds: Callable[[bytes, Any], None] = lambda given, made: None
    """Raises ``Broken``."""


def targets() -> list[Target]:
    """All of them."""
    return [*_of_cameras(), *_of_challenges(), *_of_settings(), *_of_names(), *_of_the_web(), *_of_files()]


SPOTS = (Spot(0, 1, 1), Spot(0, 1, 2))
_ANSWERS = (MalformedAnswer, Refusal)


def _of_cameras() -> Iterator[Target]:
    said = answers()
    others = said["refusals"]

    def answer(name: str, parse: Parse, *whats: str, holds: Any = None) -> Target:
        samples = [body for what in whats for body in said[what]] + others
        return Target(name, parse, samples, _ANSWERS, holds or Target.__dataclass_fields__["holds"].default)

    by_name = classic_history.ClassicSearch(0, DAY, MASTER, dict(zip(SPOTS, NAMES, strict=True)), frozenset(NAMES))
    by_index = wiseai_history.WiseAiSearch(0, 1, DAY, SPOTS)
    yield answer("answers.parse_answer", parse_answer, "info", "classic check", "wiseai check", "token")
    yield answer("classic.parse_counts", classic.parse_counts, "classic check", holds=counts_were_said)
    yield answer(
        "classic.parse_counts of a channel",
        lambda body: classic.parse_counts(body, asked=1),
        "classic check",
        holds=counts_were_said,
    )
    yield answer("classic.parse_configuration", classic.parse_configuration, "classic view")
    yield answer("wiseai.parse_capability", wiseai.parse_capability, "capability")
    yield answer("wiseai.parse_configuration", lambda body: wiseai.parse_configuration(body, 0), "wiseai view")
    yield answer(
        "wiseai.parse_counts", lambda body: wiseai.parse_counts(body, (0,), 1), "wiseai check", holds=counts_were_said
    )
    yield answer("camera_clock.parse_date", camera_clock.parse_date, "date")
    yield answer("device.parse_device_info", device.parse_device_info, "info")
    yield answer("device.parse_wiseai_running", device.parse_wiseai_running, "apps")
    yield answer("device.parse_channel_limit", device.parse_channel_limit, "limit")
    yield answer("system_log.parse_last_start", system_log.parse_last_start, "log")
    yield answer("search.parse_token", search.parse_token, "token", holds=token_was_said)
    yield from _of_event_streams()
    yield answer("search.parse_completed", search.parse_completed, "status")
    yield answer("classic_history.parse_results", by_name.parse, "classic history", holds=hours_were_said)
    yield answer("wiseai_history.parse", by_index.parse, "wiseai history", holds=hours_were_said)


def _of_event_streams() -> Iterator[Target]:
    head = b"--SamsungTechwin\r\nContent-Type: application/json\r\n\r\n"
    counted = b'{"EventStatus":[{"EventName":"OpenSDK.WiseAI.ObjectCounting","Data":{"ObjectType":"Person"}}]}'
    motion = b'{"ChannelEvent":[{"Channel":0,"Name":"a\\"}{","MotionDetection":false}]}'
    streams = [head + counted + b"\r\n" + head + motion, motion + counted[:40] + b"\n--SamsungTechwin\n" + counted]

    def read(pieces: Iterable[bytes]) -> list[Any]:
        parts = EventParts()
        return [event for piece in pieces for event in parts.feed(piece)]

    def holds(given: bytes, made: list[Any]) -> None:
        if read([given[:7], given[7:19], given[19:]]) != made:
            raise Broken("events depend on how a stream is cut up")
        letters = re.sub("[^a-z]", "", text_of(given).lower())
        if any(map(tells_of_people, made)) and "counting" not in letters and b"\\u" not in given:
            raise Broken("people were told of that nobody spoke of")

    yield Target("event_parts.EventParts.feed", lambda given: read([given]), streams, holds=holds)
    kinds = [b"multipart/x-mixed-replace; boundary=SamsungTechwin", b'multipart/mixed; Boundary="--a b"; x=y']
    yield Target("event_parts.boundary_of", lambda given: boundary_of(given.decode("latin-1")), kinds)


def _of_challenges() -> Iterator[Target]:
    challenges = [
        b'Digest realm="iPolis", nonce="0123456789abcdef", qop="auth"',
        b'Digest qop="auth", realm="iPolis_00-00-5E-00-53-07", nonce="ab", algorithm="SHA-256", charset="UTF-8"',
        b'Basic realm="x", Digest realm="r", nonce="n", algorithm=MD5, stale=true, opaque="o"',
        b'Digest realm="r", nonce="n", algorithm=MD5-sess, Negotiate, xDigest realm="r"',
    ]

    def parse(given: bytes) -> Any:
        headers = given.decode("latin-1").split("\n")
        return digest.parse_challenges(headers), digest.offers(headers)

    def holds(_: bytes, made: Any) -> None:
        found, offered = made
        if any(not one.nonce or (one.algorithm or "MD5") not in {"MD5", "SHA-256"} for one in found):
            raise Broken("a challenge that cannot be answered was taken up")
        if len(offered) > 400:
            raise Broken("what is offered is told at length")

    yield Target("digest.parse_challenges", parse, challenges, holds=holds)
    yield Target("certificate.Certificate.read", Certificate.read, [CERTIFICATE, b"\x30\x82\x01\x0a\x02"])
    fingerprints = [b"0a:" * 31 + b"0a", b"0A" * 32, b"SHA256 Fingerprint=AA"]
    yield _text("certificate.plain_fingerprint", plain_fingerprint, fingerprints)
    yield _text("entries.certificate", pinned_certificate, fingerprints)


def _of_settings() -> Iterator[Target]:
    file = Path(".env")
    env = [
        b"DB_SERVER=sql.example\nDB_PASSWORD='a # b'\nexport PORT=8000 # web\n",
        b'\xef\xbb\xbfDB_NAME = "P\\"C"\r\n\r\n# comment\r\nTIME_ZONE=Europe/Zurich\r\n',
    ]
    urls = [
        b"mssql://user:p@ss/w;ord@server\\SQL2019:1433/People?Encrypt=yes&TrustServerCertificate=yes",
        b"postgresql+psycopg://u:p%40x@[::1]:5432/db",
        b"sqlite:///var/peoplecount.db",
        b"mssql+pyodbc:///?odbc_connect=Driver%3D%7BODBC%7D%3BServer%3Dx",
    ]
    yield _text("env_file.read_env_text", lambda text: env_file.read_env_text(text, file, ["DB_PASSWORD"]), env)
    yield _text("database_url.split_url", database_url.split_url, urls)
    yield _text("database_url.split_options", database_url.split_options, [b"Encrypt=yes;TrustServerCertificate=yes"])
    yield _text("readers.host", address_readers.host, [b"127.0.0.1", b"[::1]", b"camera.example"])
    yield _text("readers.hosts", address_readers.hosts, [b"a.example, b.example", b"[::1]"])
    yield _text("readers.whole", readers.whole(1, 65535), [b"8000", b"65535"])
    yield _text("readers.seconds", readers.seconds(0.05, 3600), [b"10", b"3.05"])
    yield _text("readers.time_zone", readers.time_zone, [b"Europe/Zurich", b"UTC", b"../../etc/passwd"])
    yield _text("readers.view_name", readers.view_name, [b"dbo.API_camaras", b"API_camaras"])
    yield _text("readers.http_address", address_readers.http_address, [b"http://127.0.0.1:9100/control/clock"])
    yield _text("redis_address.read_sentinels", read_sentinels, [b"one.example,192.0.2.2:7000", b"rediss://:p@[::1]"])
    yield _text(
        "redis_address.read_redis_address", read_redis_address, [b"redis://u:p%40@redis.example:6379/0", b"rediss://h"]
    )
    yield _text(
        "camera_address.base_address", base_address, [b"192.0.2.7:8080", b"https://camera.example/x", b"fe80::1"]
    )


def _of_names() -> Iterator[Target]:
    records = sign_in.NOTHING.failed("a", datetime(2026, 5, 4, tzinfo=UTC)).blocked(datetime(2026, 5, 4, tzinfo=UTC))
    written = (sign_in.write_sign_ins(records) or "").encode()
    yield _text("event_id.EventId.parse", EventId.parse, [b"1a2b3c4d-17", b"0-0"], (MalformedEventId,), same_again)
    yield _text("increment.Generation.parse", Generation.parse, [b"2026-03-03.2", b"2026-03-03.0"])
    yield _text("line.LineKey.parse", LineKey.parse, [b"front-door-0-1-2", b"7-0-1-1"])
    yield _text("asked_moment", asked_moment, [b"2026-05-04T12:00:00.1234567Z", b"2026-05-04T14:00+02:00"], (NoMoment,))
    yield _text("event.parse_utc", parse_utc, [b"2026-05-04T12:00:00Z", b"2026-05-04T12:00:00.125Z"])
    yield _text(
        "opening_hours.OpeningHours.parse",
        OpeningHours.parse,
        [b"Mo-Fr 09:00-18:30; Sa 10:00-16:00", b"Mo-Su 22:00-06:00"],
    )
    yield _text("alert_rule.QuietHours.parse", QuietHours.parse, [b"22:00-07:00", b" 08:30-09:15"], holds=is_read_again)
    yield _text("threshold.Threshold.parse", Threshold.parse, [b"120", b"85 %", b"1000000"])
    yield _text(
        "group_rights.read_group_rights",
        read_group_rights,
        [b"Counts admins=administrator; Shop staff=viewer@shop,mall; *=viewer", b"8f0c2a4e-51b7=operator"],
    )
    yield _text("sign_in.read_sign_ins", sign_in.read_sign_ins, [written], ())


def is_read_again(_: bytes, made: Any) -> None:
    if type(made).parse(str(made)) != made:
        raise Broken("what is written of it reads otherwise")


def _of_the_web() -> Iterator[Target]:
    end = EventId("1a2b3c4d", 17)
    places = {"cameras": ["front", "7"], "doors": ["d"], "sites": ["s"]}
    fields = {name: [{f"{name[:-1]}Id": one} for one in known] for name, known in places.items()}
    context: Any = SimpleNamespace(
        hub=SimpleNamespace(ready=True),
        snapshots=lambda: SimpleNamespace(fields=fields),
        backlog=SimpleNamespace(extent=lambda: SimpleNamespace(oldest=end, head=end)),
    )

    def asked(given: bytes) -> WebRequest:
        query, _, header = given.decode("latin-1").partition("\n")
        environ = {"QUERY_STRING": query, "HTTP_LAST_EVENT_ID": header, "REQUEST_METHOD": "GET", "PATH_INFO": "/events"}
        request = WebRequest(environ)
        demand_text(request)
        return request

    requests = [b"camera=front&camera=7&lastEventId=1a2b3c4d-17\n", b"lastEventID=x\n1a2b3c4d-17", b"camera=%C3%A9"]
    requests += [b"door=d&site=s&kind=CameraStatus&limit=3&timeout=5\n", b"since=2026-05-04T12:00:00Z&since=latest"]
    yield Target(
        "stream.read_order", lambda given: read_order(asked(given), context, ANYBODY), requests, (HTTPException,)
    )
    ways = [
        b"/sites/shop/audit?days=7",
        b"//evil.example",
        b"/\\evil.example",
        b"https://evil.example/",
        b"/%2f%2fevil",
    ]
    yield _text("own_path.own_path", own_path, ways, (), stays_here)
    yield _text("user.user_name", user_name, [b"Anna", b"anna@example.org", b"\xc3\x84nne-Lise"], (UnfitName,))
    yield _text("user.new_user_name", new_user_name, [b"Anna", b"\xd0\xb0nna", b"an\xe2\x80\x8bna"], (UnfitName,))
    questions = [
        b"GET /stw-cgi/eventsources.cgi?msubmenu=peoplecount&action=check&Channel=0",
        b"GET /stw-cgi/recording.cgi?msubmenu=peoplecountsearch&action=control&Mode=Start&Channel=0",
        b"GET /stw-cgi/system.cgi?msubmenu=databasereset&action=control&IncludeDataType=PeopleCount",
        b"GET /stw-cgi/bypass.cgi?msubmenu=bypass&action=control&Channel=1&BypassURI=%2Fstw-cgi%2Fsystem.cgi%3Fmsubmenu"
        b"%3Ddeviceinfo%26action%3Dview",
        b"PUT /opensdk/WiseAI/search/objectcounting/token/cancel",
        b"DELETE /opensdk/WiseAI/configuration/objectcounting/data?channel=0",
    ]
    yield Target("read_only.require_allowed", _ask, questions, (QueryNotAllowed,), only_reads)
    requests_of_http = [
        b"GET /cam/1/stw-cgi/system.cgi?msubmenu=date&action=view HTTP/1.1\r\nHost: x\r\nAccept: */*\r\n\r\n",
        b"POST /control/faults HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
    ]
    yield Target(
        "http_message.read_request",
        lambda given: read_request(io.BytesIO(given), "127.0.0.1"),
        requests_of_http,
        (BadRequest,),
    )
    secret = Secret("s3cret-Door")
    yield _text("secret.Secret.masked", secret.masked, [b"bad password s3cret-Door", b"'s3cret-D'", b"s3cret%2DDoor"])


def _of_files() -> Iterator[Target]:
    samples = [
        b"In,Out,Timestamp,Name\n3,4,2020-03-02T07:00:00,Ost-Nord total\n0,1,2020-03-02T07:05:00,Ost-SBB total\n",
        b"7,07/24/05,00:00:00,0\n9,07/24/05,00:00:00,12\n7,07/24/05,00:30:00,1\n9,07/24/05,00:30:00,0\n",
    ]

    def parse(text: str) -> Any:
        return replay._read(Path("counts.csv"), io.StringIO(text, newline=""), replay.Span())

    import csv  # noqa: PLC0415 - its error, for this one

    yield _text("replay (CSV of counts)", parse, samples, (replay.ReplayError, csv.Error))
    yield _text(
        "recording_file.read_recording",
        lambda text: read_recording(text.splitlines()),
        [
            b"time,camera,line,in,out\n2026-05-04 08:00:00,hall,0-1-1,3,0\n2026-05-04 08:05:00,hall,0-1-1,0,2\n",
            b"from_utc,to_utc,line_id,in,out,site\n2026-05-04T06:00:00Z,2026-05-04T06:15:00Z,hall-0-1-1,12,7,Shop\n",
        ],
        (BadRecording,),
        nobody_comes_less_than_none,
    )
    sheet = 'id;name;address;password\r\nhall;Hall;http://192.0.2.1;\'=secret\r\n;;;\r\nback;"Back; 2";;\r\n'
    encodings = ("utf-8-sig", "utf-16", "cp1252")
    yield Target(
        "camera_sheet.read_sheet", read_sheet, [sheet.encode(one) for one in encodings], (SheetRefused,), rows_follow
    )


def rows_follow(_: bytes, made: Sequence[SheetRow]) -> None:
    numbers = [row.number for row in made]
    if not numbers or numbers[0] < 2 or numbers != sorted(set(numbers)):
        raise Broken(f"rows {numbers[:20]}")
    if any(len(text) > LONGEST_CELL for row in made for text in row.texts.values() if not row.fault):
        raise Broken("a cell longer than allowed")


def nobody_comes_less_than_none(_: bytes, made: Any) -> None:
    if any(one.people and min(one.people.entered, one.people.left) < 0 for one in made.counts):
        raise Broken("people below zero")


def _text(
    name: str,
    parse: Callable[[str], Any],
    samples: Sequence[bytes],
    refusals: tuple[type[Exception], ...] = (ValueError,),
    holds: Callable[[bytes, Any], None] = lambda given, made: None,
) -> Target:
    """A parser of texts: bytes are taken for UTF-8, or for Latin-1 where they are none."""
    return Target(name, lambda given: parse(text_of(given)), samples, refusals, holds)


def text_of(given: bytes) -> str:
    try:
        return given.decode()
    except UnicodeDecodeError:
        return given.decode("latin-1")


# What must hold

_NUMERAL = re.compile(r"[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?", re.ASCII)
_ESCAPED = re.compile(r"\\u00([0-9a-fA-F]{2})")


def numbers_said(given: bytes) -> set[float]:
    """Every number that stands in an input, also behind an escape of JSON. One that is no zero never counts as one."""
    text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text_of(given))
    said = set()
    for numeral in _NUMERAL.findall(text):
        mantissa = re.split("[eE]", numeral)[0]
        number = float(numeral) if len(mantissa) < 300 else float("inf")
        if number or not re.search("[1-9]", mantissa):
            said.add(number)
        said.add(float(mantissa) if len(mantissa) < 300 else float("inf"))
    return said


def _demand_said(given: bytes, counts: Iterable[int]) -> None:
    wanted = set(counts)
    unsaid = wanted - numbers_said(given) if wanted else set()
    if unsaid:
        raise Broken(f"counts that nobody said: {sorted(unsaid)}")
    if any(not 0 <= count <= MOST_PEOPLE for count in wanted):
        raise Broken("a count that no door can have")


def counts_were_said(given: bytes, made: LiveCounts) -> None:
    _demand_said(given, [n for line in made.lines for n in (line.totals.in_total, line.totals.out_total)])
    if any(line.spot.channel not in made.channels for line in made.lines):
        raise Broken("a line of a channel that is not in the answer")


def hours_were_said(given: bytes, made: Found) -> None:
    if {*made.hours, *made.missing} != set(SPOTS):
        raise Broken("a line that is neither found nor missing")
    for hours in made.hours.values():
        if not isinstance(hours, DayHours) or len(hours.entered) != len(hours.left) or len(hours.entered) > 24:
            raise Broken("hours that are no day's")
        _demand_said(given, [*hours.entered, *hours.left])


def token_was_said(_: bytes, made: str) -> None:
    if not made:
        raise Broken("a token without a character")


def same_again(_: bytes, made: EventId) -> None:
    if EventId.parse(str(made)) != made:
        raise Broken("it is not written as it is read")


def _ask(given: bytes) -> Query:
    method, _, target = text_of(given).partition(" ")
    path, _, rest = target.partition("?")
    pairs = (pair.partition("=") for pair in rest.split("&") if pair)
    query = Query("", path, tuple((unquote(name), unquote(value)) for name, _, value in pairs), method)
    require_allowed(query)
    return query


_CHANGES = re.compile(r"databasereset|power|install|factory|(?:action=(?:set|add|update|remove))", re.IGNORECASE)


def stays_here(_: bytes, made: str) -> None:
    parts = urlsplit(urljoin("http://here.example/sign-in", made))
    if parts.netloc != "here.example" or made[:1] != "/" or made[1:2] in {"/", "\\"} or re.search(r"[\t\r\n\\]", made):
        raise Broken(f"{made!r} leads elsewhere")


def only_reads(_: bytes, made: Query) -> None:
    target = unquote(unquote(made.target))
    path = target.partition("?")[0]
    if made.method not in {"GET", "PUT"} or (made.method == "PUT" and not path.endswith("/cancel")):
        raise Broken(f"{made.method} may be sent")
    if ".." in path or re.search(_CHANGES, f"{path}?{_parameters(made)}"):
        raise Broken(f"{target!r} may be sent")


def _parameters(query: Query) -> str:
    """Without the names of lines, which may be any words."""
    named = ((name, value) for name, value in query.parameters if name in {"msubmenu", "action", "BypassURI"})
    return "&".join(f"{name}={unquote(value)}" for name, value in named)
