"""In what language a page is: whose choice it is, and where the words come from."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import cast

from babel import Locale
from flask import Blueprint, Flask, Response, abort, current_app, g, has_app_context, redirect, request, url_for
from flask_babel import Babel, Domain, get_locale
from werkzeug.wrappers import Response as AnyResponse

from peoplecount.domain.sentence import Figure, Sentence, figure
from peoplecount.domain.user import User
from peoplecount.services.accounts import Accounts
from peoplecount.services.signed_in import AccountsUnavailable
from peoplecount.services.user_book import UserRefused
from peoplecount.web import gate, signing
from peoplecount.web.client_address import ClientAddresses
from peoplecount.web.own_path import HOME, own_path
from peoplecount.web.phrase_book import SOURCE, PhraseBook, catalogue_files, phrase_book
from peoplecount.web.transport import Transport, transport_of

COOKIE = "language"
A_YEAR = 365 * 86_400
"""Seconds."""

_Translate = Callable[..., str]

_EXTENSION = "peoplecount-languages"
_OF_SOURCE = PhraseBook(SOURCE, None)


class Languages:
    """Those there are: the source's, and one for each catalogue in a folder."""

    def __init__(self, folder: Path) -> None:
        self._files = catalogue_files(folder)
        self.codes = (SOURCE, *(code for code in self._files if code != SOURCE))
        self._scripts: dict[str, tuple[str, str]] = {}

    def book(self, code: str) -> PhraseBook:
        """The words of a language; those of the source for one that there is not."""
        path = self._files.get(code)
        return phrase_book(path, code, path.stat().st_mtime_ns) if path else _OF_SOURCE

    def books(self) -> list[PhraseBook]:
        """All of them."""
        return [self.book(code) for code in self.codes]

    def script(self, code: str) -> tuple[str, str]:
        """What the modules of pages say, as a script, and a mark that changes with it."""
        if code not in self._scripts:
            words = json.dumps(self.book(code).for_script(), ensure_ascii=False, separators=(",", ":"))
            text = f"globalThis.peoplecountWords={words};\n"
            self._scripts[code] = text, hashlib.sha256(text.encode()).hexdigest()[:12]
        return self._scripts[code]


class _OwnDomain(Domain):  # type: ignore[misc]  # Flask-Babel has no types
    """Flask-Babel's door to catalogues, which reads them as translators write them."""

    def __init__(self, languages: Languages) -> None:
        super().__init__()
        self._languages = languages

    def get_translations(self) -> object:
        """See ``Domain``."""
        return self._languages.book(code_now()).translations


def register(app: Flask, folder: Path, addresses: ClientAddresses, accounts: Accounts | None = None) -> Languages:
    """Let pages be in the visitor's language: as they chose, else as their browser wishes."""
    languages = Languages(folder)
    babel = Babel(
        app,
        default_locale=SOURCE,
        locale_selector=lambda: _choice(languages.codes, _signed_in(accounts)).replace("-", "_"),
    )
    babel.domain_instance = _OwnDomain(languages)
    app.extensions[_EXTENSION] = languages
    app.jinja_env.filters["said"] = said
    app.jinja_env.finalize = _finalized
    for name in ("_", "gettext", "ngettext"):
        app.jinja_env.globals[name] = _with_values_told(cast("_Translate", app.jinja_env.globals[name]))
    app.register_blueprint(_routes(languages, addresses, accounts))

    @app.context_processor
    def tell_templates() -> dict[str, object]:
        return {
            "language": book_now(),
            "languages": languages.books(),
            "words": _address(languages),
            "own_address": _own_address(),
            "keeps_language": _signed_in(accounts) is not None,
        }

    @app.after_request
    def say_which(response: Response) -> Response:
        if response.mimetype == "text/html":
            response.headers["Content-Language"] = code_now()
            response.vary.update(("Accept-Language", "Cookie"))
        return response

    return languages


def code_now() -> str:
    """The language of this request; the source's outside of one."""
    locale: Locale | None = get_locale()
    return str(locale).replace("_", "-") if locale else SOURCE


def book_now() -> PhraseBook:
    """The words of this request's language; looked for once, because every figure of a page asks."""
    if not has_app_context():
        return _OF_SOURCE
    known: PhraseBook | None = g.get(_EXTENSION)
    if known is None:
        languages: Languages | None = current_app.extensions.get(_EXTENSION)
        known = languages.book(code_now()) if languages else _OF_SOURCE
        setattr(g, _EXTENSION, known)
    return known


def language_choices() -> list[tuple[str, str]]:
    """The languages there are: their codes, and what they call themselves."""
    languages: Languages | None = current_app.extensions.get(_EXTENSION)
    return [(book.code, book.name) for book in (languages.books() if languages else [_OF_SOURCE])]


def said(text: str) -> str:
    """A sentence that was made below the pages, in the visitor's language; the filter of templates."""
    return book_now().told(text) if text else text


def _finalized(value: object) -> object:
    """What templates write: no sentence stays English because somebody forgot the filter."""
    return book_now().told(value) if isinstance(value, Sentence) else value


def _with_values_told(translate: _Translate) -> _Translate:
    """``_`` and ``ngettext`` of templates, with sentences and numbers among the values in the visitor's language."""

    @functools.wraps(translate)  # Jinja passes its context by a mark that this keeps
    def told(*words: object, **values: object) -> str:
        book = book_now()
        if words and isinstance(words[-1], int):  # ngettext
            values.setdefault("num", figure(words[-1]))
        return translate(*words, **{name: _told_value(book, value) for name, value in values.items()})

    return told


def _told_value(book: PhraseBook, value: object) -> object:
    return book.value(value) if isinstance(value, Sentence | Figure) else value


def _signed_in(accounts: Accounts | None) -> User | None:
    """Who reads the page, where somebody is signed in and the store tells whom."""
    if accounts is None:
        return None
    try:
        known = signing.signed_in()
    except AccountsUnavailable:
        return None
    return known.user if known else None


def _choice(codes: tuple[str, ...], user: User | None) -> str:
    """What the visitor has chosen; else the best that there is of what their browser asks for."""
    for chosen in (user.language if user else "", request.cookies.get(COOKIE, "")):
        if chosen in codes:
            return chosen
    return str(request.accept_languages.best_match(codes, default=SOURCE))


def _own_address() -> str:
    """Where to come back to; the dashboard, where this address shows no page."""
    methods = request.url_rule.methods if request.url_rule else None
    if request.method not in {"GET", "HEAD"}:
        return request.path if methods and "GET" in methods else HOME
    query = request.query_string.decode(errors="replace")  # also of what was refused because it is no text
    return f"{request.path}?{query}" if query else request.path


def _address(languages: Languages) -> str:
    """Of the words for scripts; empty for the source's language, whose words stand in the scripts themselves."""
    code = code_now()
    return "" if code == SOURCE else url_for("languages.words", code=code, mark=languages.script(code)[1])


def _routes(languages: Languages, addresses: ClientAddresses, accounts: Accounts | None) -> Blueprint:
    """``/language``, where another one is chosen, and ``/words/…``, which pages load."""
    blueprint = Blueprint("languages", __name__)

    @blueprint.post("/language")
    def choose() -> AnyResponse:
        code = request.form.get("language", "")
        if code not in languages.codes:
            abort(400, f"There are the languages {', '.join(languages.codes)}.")
        user = _signed_in(accounts)
        if accounts is not None and user is not None:
            gate.demand_own_form()  # a page under a sibling's name sends the cookie along, too
            with suppress(AccountsUnavailable, UserRefused):  # the cookie has it, too; they may just have been removed
                accounts.choose_language(user, code)
        answer = redirect(own_path(request.form.get("next", HOME)), 303)
        is_secure = transport_of(request, addresses) is Transport.SECURE
        answer.set_cookie(COOKIE, code, max_age=A_YEAR, secure=is_secure, httponly=True, samesite="Lax")
        return answer

    @blueprint.get("/words/<code>-<mark>.js")
    def words(code: str, mark: str) -> Response:
        if code not in languages.codes:
            abort(404, "There is no such language.")
        script, now = languages.script(code)
        answer = Response(script, content_type="text/javascript; charset=utf-8")
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable" if mark == now else "no-cache"
        return answer

    return blueprint
