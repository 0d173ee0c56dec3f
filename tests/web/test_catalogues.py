"""Catalogues: they hold every word there is, and Spanish is complete."""

import re

import pytest
from babel.messages.catalog import Catalog

from peoplecount.web.extraction import ROOT, as_text, differences, extracted, untranslated, updated
from peoplecount.web.phrase_book import catalogue_files, read_catalogue

FOLDER = ROOT / "translations"
PLACES = re.compile(r"%\(\w+\)s|%%|%")
IN_SCRIPTS = re.compile(r"""\b(?:_|ngettext)\(\s*"([^"\\]+)\"""")
TAGS = re.compile(r"</?\w+")


@pytest.fixture(scope="module")
def spanish():
    return read_catalogue(catalogue_files(FOLDER)["es"], "es")


def test_catalogues_are_up_to_date():
    assert [str(path) for path, _ in differences(FOLDER)] == [], "./run.sh words brings them up to date"


def test_no_word_of_a_script_stands_where_it_is_not_found(spanish):
    scripts = [path.read_text("utf-8") for path in (ROOT / "static" / "js").glob("*.js")]
    written = {word for script in scripts for word in IN_SCRIPTS.findall(script)}
    assert len(written) > 50
    assert [word for word in written if word not in spanish] == [], "inside a template literal it is not looked for"


def test_spanish_is_complete(spanish):
    assert untranslated(spanish) == []
    assert not any(message.fuzzy for message in spanish if message.id)


def test_translations_have_the_places_and_tags_of_their_source(spanish):
    different = []
    for message in spanish:
        if not message.id:
            continue
        sources = message.id if isinstance(message.id, (list, tuple)) else [message.id]
        strings = message.string if isinstance(message.string, (list, tuple)) else [message.string]
        for source, string in zip([sources[0], *[sources[-1]] * (len(strings) - 1)], strings, strict=True):
            if any(set(pattern.findall(source)) != set(pattern.findall(string)) for pattern in (PLACES, TAGS)):
                different.append((source, string))
    assert different == []


def test_places_are_named(spanish):
    unnamed = [message.id for message in spanish if message.id and "%" in PLACES.findall(str(message.id))]
    assert unnamed == []


def test_a_new_language_begins_with_all_words_and_none_translated():
    template = extracted()
    begun = updated(Catalog(locale="de"), template)
    assert len(untranslated(begun)) == len([message for message in template if message.id])
    assert 'msgid "Sign in"\nmsgstr ""' in as_text(begun)
