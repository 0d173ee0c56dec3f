"""Requests that nobody has thought of: addresses of the service with spoiled headers, cookies, queries and bodies."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

from werkzeug.routing import Map, Rule

import peoplecount
from tests.fuzz.known_forms import Form
from tests.fuzz.odd_texts import HEADERS, MARK, ODD, USUAL

_ROOT = Path(peoplecount.__file__).parent
_READ = re.compile(r'(?:args|form|values)(?:\.get(?:list)?\(|\[)"([\w-]+)"')
_FIELD = re.compile(
    r"^ {4}(\w+) = (?:fields\.|\w+\()?\w*(?:Text|Field|String|Integer|Boolean|text|one_of|several|number)", re.MULTILINE
)
_INPUT = re.compile(r'name="([\w-]+)"')

_METHODS = ("GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "get", "X")
_LEFT_OUT = {"static", "sign_in.sign_out", "account.end_others"}
"""Who signs out does nothing more."""

_WAITS = ("timeout",)
"""Parameters that let an answer wait: given values only that do not."""


@dataclass
class Spoiled:
    """A request."""

    method: str
    path: str
    query: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    kind: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.path}?{self.query} {self.headers} {self.kind} {self.body[:300]!r}"[:1500]


def known_names() -> list[str]:
    """Of all parameters and fields there are, as the code and the templates name them."""
    found: set[str] = set()
    for file in (_ROOT / "web").rglob("*.py"):
        text = file.read_text("utf-8")
        found |= {*_READ.findall(text), *_FIELD.findall(text)}
    for file in (_ROOT.parent / "templates").rglob("*.html"):
        found |= set(_INPUT.findall(file.read_text("utf-8")))
    return sorted(found - {"csrf_token"})


class Spoiler:
    """Makes requests to the addresses of a URL map; the same ones for the same seed."""

    def __init__(
        self, urls: Map, chance: Random, forms: Mapping[str, Sequence[Form]], parameters: Mapping[str, Sequence[str]]
    ) -> None:
        """``forms`` by endpoint and ``parameters`` by method and address: see ``known_forms``."""
        self._chance = chance
        self._rules = [one for one in urls.iter_rules() if one.endpoint not in _LEFT_OUT]
        self._forms = forms
        self._parameters = parameters
        self._names = known_names()

    def rules(self) -> Iterator[Rule]:
        """Each of them once in a while."""
        while True:
            rules = list(self._rules)
            self._chance.shuffle(rules)
            yield from rules

    def make(self, rule: Rule) -> Spoiled:
        """A request to one address."""
        chance = self._chance
        methods = sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        method = chance.choice(methods) if chance.random() < 0.95 else chance.choice(_METHODS)
        made = Spoiled(method, self._path(rule))
        names = self._parameters.get(f"{method} {rule.rule.replace('<', '{').replace('>', '}')}", ())
        if method in {"GET", "HEAD"} or chance.random() < 0.05:
            made.query = self._query(rule, names)
        for name in chance.sample(sorted(HEADERS), chance.choice((0, 0, 1, 1, 2, 4))):
            made.headers.append((name, chance.choice(HEADERS[name])))
        if method not in {"GET", "HEAD"} or chance.random() < 0.03:
            self._fill(made, rule, names)
        return made

    def _text(self) -> str:
        return self._chance.choice(USUAL if self._chance.random() < 0.6 else ODD)

    def _path(self, rule: Rule) -> str:
        parts = [self._text() or "x" if is_free else text for is_free, text in _parts(rule)]
        return "".join(quote(part, safe="/%" if self._chance.random() < 0.2 else "/") for part in parts)

    def _query(self, rule: Rule, names: Sequence[str]) -> str:
        chance = self._chance
        allowed = names if names and chance.random() < 0.9 else self._names
        chosen = chance.sample(list(allowed), min(len(allowed), chance.choice((0, 1, 1, 2, 3, 6))))
        told = [f"{name}={quote(self._text())}" for name in chosen if name not in _WAITS]
        if "begin" in names or ("from" in names and chance.random() < 0.8):
            told.append("from=2026-05-04")
        if "event" in rule.rule or "stream" in rule.rule:
            told.append("timeout=" + chance.choice(("0", "0", "0", "-1", "x", "9" * 400)))
        if chance.random() < 0.05:
            told.append(chance.choice(("&&&", "=", "%", "a=%ff", "a=%ed%a0%80", "x" * 3000, ";", "site=\xff")))
        chance.shuffle(told)
        return "&".join(told)

    def _fill(self, made: Spoiled, rule: Rule, names: Sequence[str]) -> None:
        chance = self._chance
        kind = chance.random()
        forms = self._forms.get(rule.endpoint)
        if made.path.startswith("/api/"):
            made.kind, made.body = "application/json", self._json(names)
        elif forms and kind < 0.8:
            made.kind = "application/x-www-form-urlencoded"
            made.path, made.body = self._known_form(chance.choice(forms))
        elif kind < 0.85:
            made.kind, made.body = "application/x-www-form-urlencoded", self._form()
        elif kind < 0.95:
            made.kind, made.body = "multipart/form-data; boundary=b", self._multipart()
        else:
            made.kind, made.body = chance.choice(HEADERS["Content-Type"]), self._json(names)

    def _known_form(self, form: Form) -> tuple[str, bytes]:
        """As it stands on its page, with some fields that hold something else."""
        chance = self._chance
        told = dict(chance.sample(form.fields, len(form.fields)))
        for name in chance.sample(sorted(told), min(len(told), chance.choice((0, 1, 1, 2, 4, 20)))):
            told[name] = self._text()
        for name in [name for name in told if chance.random() < 0.05]:
            del told[name]
        return form.path, _urlencoded(told)

    def _form(self) -> bytes:
        names = self._chance.sample(self._names, self._chance.choice((0, 3, 10, len(self._names))))
        return _urlencoded({name: self._text() for name in names})

    def _multipart(self) -> bytes:
        out = io.BytesIO()
        for name in self._chance.sample(self._names, 5):
            file = self._chance.choice(("", '; filename="a.csv"', '; filename="../../x"', "; filename*=utf-8''%ff"))
            text = f'--b\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n{self._text()}\r\n'
            out.write(text.encode("utf-8", "replace"))
        out.write(self._chance.choice((b"--b--\r\n", b"", b"--b", b"\xff\xfe")))
        return out.getvalue()

    def _json(self, names: Sequence[str]) -> bytes:
        chance = self._chance
        kind = chance.random()
        if kind < 0.1:
            return chance.choice((b"[" * 50_000, b'{"a":' * 20_000, b"{", b"\xff", b"\xef\xbb\xbf{}", b"", b"1" * 5000))
        if kind < 0.15:
            return chance.choice((b"null", b"[]", b"1", b'"x"', b"NaN", b"true", b"1e999"))
        allowed = names if names and chance.random() < 0.9 else self._names
        chosen = chance.sample(list(allowed), min(len(allowed), chance.choice((0, 1, 1, 2, 4))))
        made = {"callbackUrl": "https://hooks.example/x"} if "callbackUrl" in names else {}
        return json.dumps(made | {name: self._value(2) for name in chosen}).encode().replace(b"SURROGATE", b"\\ud800")

    def _value(self, depth: int) -> Any:
        kind = self._chance.randrange(12 if depth else 8)
        if kind < 5:
            return self._text()
        if kind == 5:
            return self._chance.choice(("SURROGATE", "a" + MARK, "https://hooks.example/SURROGATE"))
        if kind < 8:
            return self._chance.choice((None, True, False, 0, -1, 1.5, 10**30, float("nan"), float("inf")))
        if kind < 11:
            return [self._value(depth - 1) for _ in range(self._chance.randrange(3))]
        return {self._text(): self._value(depth - 1)}


def _urlencoded(fields: Mapping[str, str]) -> bytes:
    return "&".join(f"{name}={quote(text, errors='replace')}" for name, text in fields.items()).encode()


def _parts(rule: Rule) -> Iterator[tuple[bool, str]]:
    """The parts of an address; whether each is one that may be anything."""
    for text in re.split(r"(<[^>]*>)", rule.rule):
        yield text.startswith("<"), text
