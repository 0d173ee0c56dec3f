"""What catalogues are made from: every word on pages, in scripts and in sentences. ``./run.sh words`` runs it."""

from __future__ import annotations

import re
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import write_po

from peoplecount.web.phrase_book import SAID, SCRIPT, catalogue_files, read_catalogue

ROOT = Path(__file__).resolve().parents[2]

PAGE = "page"
"""The comment of words on pages, beside ``said`` and ``script``."""

_SAID_KEYWORDS = {"say": None, "say_number": (1, 2)}
_PAGE_KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2)}

_SOURCES = (
    ("templates", "**/*.html", "jinja2.ext:babel_extract", PAGE, _PAGE_KEYWORDS),
    ("peoplecount", "**/*.py", "python", SAID, _SAID_KEYWORDS),
    ("peoplecount", "**/*.py", "python", PAGE, _PAGE_KEYWORDS),
    ("static/js", "**/*.js", "javascript", SCRIPT, _PAGE_KEYWORDS),
)

_HEADER = (
    ("Content-Type", "text/plain; charset=utf-8"),
    ("Content-Transfer-Encoding", "8bit"),
    ("MIME-Version", "1.0"),
)


def extracted(root: Path = ROOT) -> Catalog:
    """All words there are, without translations."""
    template = Catalog(charset="utf-8")
    for folder, pattern, method, kind, keywords in _SOURCES:
        calls = re.compile(rf"\b({'|'.join(keywords)})\s*\(")
        for path in sorted((root / folder).glob(pattern)):
            if not calls.search(path.read_text("utf-8")):  # to take a file apart takes a hundred times as long
                continue
            for _, words, _, context in extract_from_file(method, path, keywords, options=_OPTIONS.get(method, {})):
                template.add(words, auto_comments=[kind], context=context)
    for message in template:
        message.auto_comments = sorted(set(message.auto_comments))
        message.flags.discard("python-format")
    return template


_OPTIONS = {
    "javascript": {"parse_template_string": "true"},
    "jinja2.ext:babel_extract": {"trimmed": "true", "newstyle_gettext": "true", "silent": "false"},
}


def updated(catalogue: Catalog, template: Catalog) -> Catalog:
    """A catalogue with the words of now; translations of words that are no more are left out."""
    made = Catalog(locale=catalogue.locale, charset="utf-8")
    for message in template:
        if message.id:
            made[message.id] = _with_translation(message, catalogue)
    return made


def _with_translation(message: Message, catalogue: Catalog) -> Message:
    key = message.id[0] if isinstance(message.id, tuple | list) else message.id
    known = catalogue.get(key)
    is_plural = isinstance(message.id, tuple | list)
    blank: str | tuple[str, ...] = ("",) * catalogue.num_plurals if is_plural else ""
    fits = known is not None and isinstance(known.id, tuple | list) == is_plural
    string = known.string if known is not None and fits else blank
    comments = known.user_comments if known is not None else ()
    return Message(message.id, string, auto_comments=message.auto_comments, user_comments=comments)


def as_text(catalogue: Catalog) -> str:
    """As it is kept: sorted, and without places and dates, so that two changes seldom touch each other."""
    file = BytesIO()
    write_po(file, catalogue, sort_output=True, no_location=True, omit_header=True, width=0)
    plural = (("Language", str(catalogue.locale)), ("Plural-Forms", catalogue.plural_forms))
    lines = ['msgid ""', 'msgstr ""', *(f'"{name}: {value}\\n"' for name, value in (*plural, *_HEADER))]
    return "\n".join(lines) + "\n\n" + file.getvalue().decode().strip() + "\n"


def differences(folder: Path, root: Path = ROOT) -> Iterator[tuple[Path, str]]:
    """The catalogues that are not as they should be, and what they should be."""
    template = extracted(root)
    for code, path in catalogue_files(folder).items():
        text = as_text(updated(read_catalogue(path, code), template))
        if text != path.read_text("utf-8"):
            yield path, text


def main(arguments: Sequence[str] | None = None) -> int:
    """Bring the catalogues up to date, or tell which are not."""
    parser = ArgumentParser(prog="./run.sh words", description="Bring the catalogues in translations/ up to date.")
    parser.add_argument("--check", action="store_true", help="change nothing; fail where there is something to do")
    parser.add_argument("--new", metavar="LANGUAGE", help="begin a catalogue: de, fr, pt-BR, …")
    chosen = parser.parse_args(arguments)
    folder = ROOT / "translations"
    if chosen.new:
        locale = Locale.parse(chosen.new, sep="-")
        path = folder / chosen.new / "LC_MESSAGES" / "messages.po"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(as_text(updated(Catalog(locale=locale), extracted())), "utf-8")
    found = list(differences(folder))
    for path, text in found:
        if chosen.check:
            sys.stderr.write(f"{path.relative_to(ROOT)} is not up to date: ./run.sh words\n")
        else:
            path.write_text(text, "utf-8")
    _tell_what_is_missing(folder)
    return 1 if found and chosen.check else 0


def _tell_what_is_missing(folder: Path) -> None:
    for code, path in catalogue_files(folder).items():
        missing = untranslated(read_catalogue(path, code))
        sys.stdout.write(f"{code}: {len(missing)} to be translated.\n")


def untranslated(catalogue: Catalog) -> list[str]:
    """The words of a catalogue that nobody has translated yet."""
    found = []
    for message in catalogue:
        strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
        if message.id and (not all(strings) or message.fuzzy):
            found.append(str(message.id))
    return found


if __name__ == "__main__":
    sys.exit(main())
