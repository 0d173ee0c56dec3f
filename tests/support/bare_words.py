"""Words in templates that no catalogue knows of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from jinja2 import Environment, nodes

SAME_EVERYWHERE = {
    *("Peoplecount", "SHA-256", "UTC", "MB", "HTTPS", "CSV", "XLSX"),
    "Authorization: Bearer pc_…",
}
"""Names, units and code."""

SHOWN_ATTRIBUTES = {"alt", "aria-label", "data-asking", "label", "placeholder", "title"}
HIDDEN_ELEMENTS = {"code", "pre", "script", "style"}

_TAG = re.compile(r"<[a-z/!]", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]{2,}|\b[Aa]\b")
_SENTENCE = re.compile(r"[A-Za-z]{2,}.* .*[A-Za-z]|^[A-Z][a-z]+[ .…]*$")
_CODE = {"autocapitalize", "autocomplete", "class", "inputmode", "type"}
_NO_WORDS = {"_", "gettext", "ngettext", "url_for", "strftime", "selectattr", "rejectattr", "map"}


def bare_words(source: str) -> list[str]:
    """What somebody would read in English whatever their language is: text of the page, attributes, strings."""
    tree = Environment(extensions=["jinja2.ext.i18n"], autoescape=True).parse(source)
    return [*_texts(tree), *_strings(tree)]


def _texts(tree: nodes.Template) -> Iterator[str]:
    """Of the HTML; what Jinja puts in has no letters there."""
    page = "".join(
        node.data if isinstance(node, nodes.TemplateData) else "{}"
        for output in tree.find_all(nodes.Output)
        for node in output.nodes
    )
    reader = _Reader()
    reader.feed(page)
    reader.close()
    yield from (text for text in reader.found if _WORD.search(text) and text not in SAME_EVERYWHERE)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in HIDDEN_ELEMENTS
        self.found += [value for name, value in attrs if name in SHOWN_ATTRIBUTES and value]

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in HIDDEN_ELEMENTS

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.found += [part.strip(" \n.,;:()·›–") for part in data.split("{}") if part.strip()]


def _strings(tree: nodes.Template) -> Iterator[str]:
    """Literals of Jinja that read like words and are not handed to a translation."""
    known = {
        id(constant)
        for call in tree.find_all((nodes.Call, nodes.Filter))
        if _name_of(call) in _NO_WORDS
        for constant in call.find_all(nodes.Const)
    }
    known |= {
        id(constant)
        for keyword in tree.find_all(nodes.Keyword)
        if keyword.key in _CODE
        for constant in keyword.find_all(nodes.Const)
    }
    known |= {id(one) for lookup in tree.find_all(nodes.Getitem) for one in lookup.arg.find_all(nodes.Const)}
    for constant in tree.find_all(nodes.Const):
        is_words = isinstance(constant.value, str) and _SENTENCE.search(constant.value.strip())
        if is_words and id(constant) not in known and constant.value not in SAME_EVERYWHERE:
            yield constant.value


def _name_of(call: nodes.Call | nodes.Filter) -> str:
    if isinstance(call, nodes.Filter):
        return call.name
    target = call.node
    return target.name if isinstance(target, nodes.Name) else target.attr if isinstance(target, nodes.Getattr) else ""
