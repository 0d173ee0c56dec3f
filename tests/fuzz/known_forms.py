"""What browsers and programs usually send: the forms of our pages as they are, and the fields of the API's document."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map


@dataclass
class Form:
    """One that is sent by ``POST``."""

    path: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    """Names, and what stands in them at first."""

    @property
    def names(self) -> set[str]:
        """Of the fields."""
        return {name for name, _ in self.fields}


class _Forms(HTMLParser):
    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path
        self._select = ""
        self.found: list[Form] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        name, value = told.get("name") or "", told.get("value") or ""
        if tag == "form" and (told.get("method") or "").lower() == "post":
            self.found.append(Form((told.get("action") or self._path).partition("?")[0]))
        elif tag == "a":
            self.links.append((told.get("href") or "").partition("#")[0])
        elif tag == "select":
            self._select = name
        elif self.found and tag == "option" and ("selected" in told or value):
            self.found[-1].fields.append((self._select, value))
        elif self.found and tag in {"input", "textarea", "button"} and name and name != "csrf_token":
            self.found[-1].fields.append((name, value))


def forms_of(clients: Iterable[FlaskClient], urls: Map, begin: Iterable[str]) -> Mapping[str, list[Form]]:
    """All forms that are found on pages that lead to each other, by the endpoint that they are sent to."""
    found: defaultdict[str, list[Form]] = defaultdict(list)
    adapter = urls.bind("localhost")
    begin = tuple(begin)
    for form in (form for client in clients for form in _found(client, begin)):
        try:
            endpoint, _ = adapter.match(form.path, "POST")
        except HTTPException:
            continue
        if all(form.path != other.path or form.names != other.names for other in found[endpoint]):
            found[endpoint].append(form)
    return found


def _found(client: FlaskClient, begin: Iterable[str]) -> Iterator[Form]:
    waiting, seen = list(begin), set()
    while waiting:
        path = waiting.pop().partition("?")[0]
        if path in seen or not path.startswith("/"):
            continue
        seen.add(path)
        with client.get(path) as answer:  # of a file more is left open than a page
            if answer.mimetype != "text/html":
                continue
            page = _Forms(path)
            page.feed(answer.text)
        waiting += page.links
        yield from page.found


def parameters_of(document: Mapping[str, Any]) -> Mapping[str, list[str]]:
    """Names of the parameters of the API's addresses, and of the fields of their bodies, by address and method."""
    schemas = document["components"]["schemas"]
    found: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            if method == "parameters":
                continue
            names = [one["name"] for one in told.get("parameters", ()) if one.get("in") == "query"]
            body = told.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            schema = schemas.get(str(body.get("$ref", "")).rpartition("/")[2], {})
            found[f"{method.upper()} {path}"] = [*names, *schema.get("properties", ())]
    return found
