"""Templates hold no words that stay English."""

import pytest

from peoplecount.web.extraction import ROOT
from tests.support.bare_words import bare_words

TEMPLATES = sorted((ROOT / "templates").glob("**/*.html"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_every_word_of_a_template_can_be_translated(path):
    assert bare_words(path.read_text("utf-8")) == [], "wrap it: {{ _('…') }}, see docs/translating.md"


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("<p>People</p>", ["People"]),
        ("<p>{{ count }} people inside</p>", ["people inside"]),
        ('<img alt="A door">', ["A door"]),
        ("{{ 'not known yet' if gone else name }}", ["not known yet"]),
        ("<p>{{ _('People') }}</p>", []),
        ("<p>{{ ngettext('%(num)s door', '%(num)s doors', doors) }} – {{ name }}</p>", []),
        ("<code>python -m peoplecount</code><style>a { color: red }</style>", []),
        ("<p class='big one'>{{ field(form.name, class='short wide') }}</p>", []),
    ],
)
def test_bare_words_are_found_and_nothing_else(template, found):
    assert bare_words(template) == found
