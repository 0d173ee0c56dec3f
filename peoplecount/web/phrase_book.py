"""The words of one language: catalogues as translators write them, and sentences told in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, lru_cache
from gettext import c2py
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations

from peoplecount.domain.sentence import Figure, Sentence, finished

SOURCE = "en"
"""What the words in the code are."""

SAID = "said"
"""The comment in catalogues of sentences that are made below the pages, and come out of the log, too."""

SCRIPT = "script"
"""The comment in catalogues of words in ``static/js``."""

LEAST_LETTERS = 6
"""Of the fixed words in a sentence by which it is recognised: fewer would be found in names."""

_PLACE = re.compile(r"%\((\w+)\)s|%%")
_BETWEEN_SENTENCES = re.compile(r"(?<=[.?!;]) ")


@lru_cache(maxsize=8192)  # pages of the history have thousands of them, and small ones come again and again
def decimal_in(locale: str, number: float, pattern: str | None = None) -> str:
    """A number as it is written there."""
    return format_decimal(number, pattern, locale=locale)


class PhraseBook:
    """All words of one language."""

    def __init__(self, code: str, catalogue: Catalog | None) -> None:
        """``catalogue``: ``None`` for the language of the source."""
        self.code = code
        self.locale = Locale.parse(code, sep="-")
        self.formats = Locale("en", "GB") if code == SOURCE else self.locale
        """How figures and dates are written. English as most of the world writes it: 23 Nov 2026, 14:05."""
        self.formats_name = str(self.formats)
        self._percent = str(self.formats.percent_formats[None].pattern)
        self._catalogue = catalogue
        self.translations: NullTranslations = _compiled(catalogue) if catalogue else NullTranslations()
        self.recognised = lru_cache(maxsize=4096)(self._recognised)

    @property
    def name(self) -> str:
        """What the language calls itself."""
        name = self.locale.get_display_name(self.locale) or self.code
        return f"{name[:1].upper()}{name[1:]}"

    def told(self, text: str) -> str:
        """A sentence in this language. A plain text is recognised by its form, or stays as it is."""
        if not isinstance(text, Sentence):
            return self.recognised(text)
        if self._catalogue is None:
            return str(text)
        if not text.msgid:
            words = self.recognised(str(text))
        else:
            form = self.translations.ugettext(text.msgid)
            if text.plural:
                form = self.translations.ungettext(text.msgid, text.plural, text.number)
            words = form % {name: self.value(value) for name, value in text.values.items()}
        return finished(words) if text.is_whole else words

    def value(self, value: object) -> object:
        """What stands in a sentence: sentences and figures in this language, all else as it is."""
        if isinstance(value, Figure):
            return self.figure(value)
        return self.told(value) if isinstance(value, str) else value

    def figure(self, figure: Figure) -> str:
        """A number as this language writes it."""
        if figure.is_share:
            return self.share(figure.number)
        return decimal_in(self.formats_name, figure.number)

    def share(self, share: float, digits: int = 0) -> str:
        """A share of one as per cent, with so many digits behind the point."""
        form = f"0.{'0' * digits}" if digits else "0"
        return self._percent.replace("#,##0", decimal_in(self.formats_name, 100 * share, form))

    def for_script(self) -> dict[str, object]:
        """What the modules of pages say, and sentences that the stream brings: see ``static/js/words.js``."""
        words: dict[str, object] = {}
        for key, forms in self._entries(SCRIPT):
            words[key] = forms[0] if len(forms) == 1 else self._by_category(forms)
        return {"language": self.code, "words": words, "said": list(self._forms())}

    def _entries(self, kind: str) -> Iterator[tuple[str, tuple[str, ...]]]:
        for message in self._catalogue or ():
            if message.id and message.string and kind in message.auto_comments:
                key = message.id if isinstance(message.id, str) else message.id[0]
                yield key, (message.string,) if isinstance(message.string, str) else tuple(message.string)

    def _by_category(self, forms: tuple[str, ...]) -> Mapping[str, str]:
        """Plural forms by what browsers call them (``Intl.PluralRules``); catalogues number them."""
        assert self._catalogue is not None  # noqa: S101  the source language has no entries
        index: Callable[[int], int] = c2py(self._catalogue.plural_expr)
        found = {"other": forms[-1]}
        for number in (*range(200, -1, -1), 1_000_000):
            found[self.locale.plural_form(number)] = forms[min(index(number), len(forms) - 1)]
        return found

    def _recognised(self, text: str) -> str:
        if self._catalogue is None or not text:
            return text
        if " " not in text:
            return self._plain.get(text, text)
        return self._piece_by_piece(text) or self._as_known(text) or self._otherwise_begun(text) or text

    def _piece_by_piece(self, text: str) -> str | None:
        """Sentences behind each other, where each is known."""
        pieces = _BETWEEN_SENTENCES.split(text)
        told = [self.recognised(piece) for piece in pieces] if len(pieces) > 1 else []
        return " ".join(told) if told and all(map(str.__ne__, told, pieces)) else None

    def _as_known(self, text: str) -> str | None:
        if text in self._plain:
            return self._plain[text]
        for form in self._patterns:
            values = form.values_in(text)
            if values is not None:
                return form.words % {name: self.recognised(value) for name, value in values.items()}
        return None

    def _otherwise_begun(self, text: str) -> str | None:
        """A sentence that was given a capital letter and a full stop, or one of which some pieces are known."""
        bare = text.rstrip(".")
        for one in {bare, f"{bare[:1].lower()}{bare[1:]}"} - {text}:
            known = self._as_known(one)
            if known:
                return finished(known) if bare != text else f"{known[:1].upper()}{known[1:]}"
        told = " ".join(self.recognised(piece) for piece in _BETWEEN_SENTENCES.split(text) if piece != text)
        return told or None

    @cached_property
    def _plain(self) -> Mapping[str, str]:
        """Sentences without values."""
        plain = [(key, words) for key, words in self._forms() if "%(" not in key]
        return {key.replace("%%", "%"): words.replace("%%", "%") for key, words in plain}

    @cached_property
    def _patterns(self) -> list[_Form]:
        """Sentences with values, those with the most words of their own first."""
        forms = [_Form(key, words) for key, words in self._forms() if "%(" in key]
        return sorted((form for form in forms if form.letters >= LEAST_LETTERS), key=lambda form: -form.letters)

    def _forms(self) -> Iterator[tuple[str, str]]:
        for message in self._catalogue or ():
            if message.id and message.string and SAID in message.auto_comments:
                if isinstance(message.id, tuple | list):
                    yield message.id[0], message.string[0]
                    yield message.id[1], message.string[-1]
                else:
                    yield str(message.id), str(message.string)


class _Form:
    """What a sentence looks like in English, and its words in another language."""

    def __init__(self, msgid: str, words: str) -> None:
        self.words = words
        fixed = _PLACE.split(msgid)[::2]
        self.letters = sum(letter.isalpha() for part in fixed for letter in part)
        self._begins, self._ends = fixed[0].replace("%%", "%"), fixed[-1].replace("%%", "%")
        self._pattern = _pattern_of(msgid)

    def values_in(self, text: str) -> Mapping[str, str] | None:
        """The values that stand in a text of this form; ``None`` where it has another."""
        if not (text.startswith(self._begins) and text.endswith(self._ends)):
            return None
        found = self._pattern.fullmatch(text)
        return found and found.groupdict()


def _pattern_of(msgid: str) -> re.Pattern[str]:
    parts: list[str] = []
    seen: set[str] = set()
    at = 0
    for place in _PLACE.finditer(msgid):
        parts.append(re.escape(msgid[at : place.start()]))
        name = place[1]
        if not name:
            parts.append("%")
        elif name in seen:
            parts.append(f"(?P={name})")
        else:
            parts.append(f"(?P<{name}>.+?)")
            seen.add(name)
        at = place.end()
    return re.compile("".join([*parts, re.escape(msgid[at:])]), re.DOTALL)


def _compiled(catalogue: Catalog) -> Translations:
    """As gettext reads it, in memory: nothing compiled lies about that could be older than its source."""
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


def catalogue_files(folder: Path) -> Mapping[str, Path]:
    """The catalogues of a folder by language."""
    return {path.parts[-3]: path for path in sorted(folder.glob("*/LC_MESSAGES/messages.po"))}


def read_catalogue(path: Path, code: str) -> Catalog:
    """A catalogue as translators write it."""
    with path.open("rb") as file:
        return read_po(file, locale=code.replace("-", "_"))


@lru_cache(maxsize=32)
def phrase_book(path: Path, code: str, changed: int) -> PhraseBook:  # noqa: ARG001  a file that changed is read anew
    """The words in a catalogue. ``changed``: when its file was."""
    return PhraseBook(code, read_catalogue(path, code))
