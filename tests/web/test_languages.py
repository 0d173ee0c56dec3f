"""In what language a page is."""

import pytest

from peoplecount.domain.sentence import figure, joined, per_cent, say, say_number, whole
from peoplecount.services.user_book import UserRefused
from peoplecount.web.extraction import ROOT
from peoplecount.web.formats import age, clock_time, day_and_time, decimal, people
from peoplecount.web.phrase_book import PhraseBook, catalogue_files, read_catalogue
from tests.support.board_service import BoardService
from tests.support.people import People, form_token, signed_in
from tests.support.shop import SHOP

SPANISH = {"Accept-Language": "es-AR,es;q=0.9,en;q=0.5"}


@pytest.fixture(scope="module")
def spanish():
    return PhraseBook("es", read_catalogue(catalogue_files(ROOT / "translations")["es"], "es"))


def test_a_browser_is_answered_in_its_language(client):
    answer = client.get("/", headers=SPANISH)
    assert '<html lang="es"' in answer.text
    assert answer.headers["Content-Language"] == "es"
    assert {"Accept-Language", "Cookie"} <= set(answer.vary)


def test_english_is_spoken_where_the_browser_wants_what_there_is_not(client):
    assert '<html lang="en"' in client.get("/", headers={"Accept-Language": "tlh"}).text
    assert '<html lang="en"' in client.get("/").text


def test_a_choice_is_kept_and_leads_back_to_the_page(client):
    answer = client.post("/language", data={"language": "es", "next": "/?a=b"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/?a=b")
    assert '<html lang="es"' in client.get("/", headers={"Accept-Language": "en"}).text
    client.post("/language", data={"language": "en"})
    assert '<html lang="en"' in client.get("/", headers=SPANISH).text


@pytest.mark.parametrize("strange", ["", "tlh", "../es"])
def test_a_language_that_there_is_not_is_not_taken(client, strange):
    assert client.post("/language", data={"language": strange}).status_code == 400


def test_choosing_leads_to_no_page_of_somebody_else(client):
    answer = client.post("/language", data={"language": "es", "next": "//elsewhere.example/"})
    assert answer.headers["Location"] == "/"


def test_the_choice_of_somebody_who_is_signed_in_is_kept_with_their_account(tmp_path):
    people = People(tmp_path)
    people.enters("anna")
    app = people.app(BoardService([SHOP]))
    anna = signed_in(app, "anna")
    assert anna.post("/language", data={"language": "es"}).status_code == 400, "not one of our forms"
    assert people.accounts.book.find("anna").language == ""
    form = {"language": "es", "csrf_token": form_token(anna, "/account")}
    assert anna.post("/language", data=form).status_code == 303
    assert people.accounts.book.find("anna").language == "es"
    elsewhere = signed_in(app, "anna")
    assert '<html lang="es"' in elsewhere.get("/account", headers={"Accept-Language": "en"}).text
    assert '<html lang="en"' in app.test_client().get("/sign-in").text
    people.close()


def test_whoever_was_removed_just_now_has_the_choice_in_the_cookie(tmp_path, monkeypatch):
    people = People(tmp_path)
    people.enters("anna")
    anna = signed_in(people.app(BoardService([SHOP])), "anna")
    form = {"language": "es", "csrf_token": form_token(anna, "/account")}

    def removed(user, language):
        raise UserRefused("There is no user anna.")

    monkeypatch.setattr(people.accounts, "choose_language", removed)
    answer = anna.post("/language", data=form)
    assert answer.status_code == 303
    assert "language=es" in answer.headers["Set-Cookie"]
    people.close()


def test_words_for_scripts_may_be_kept_for_ever_under_the_address_that_pages_name(client):
    page = client.get("/", headers=SPANISH).text
    address = page.partition('<script src="/words/')[2].partition('"')[0]
    answer = client.get(f"/words/{address}")
    assert answer.mimetype == "text/javascript"
    assert "immutable" in answer.headers["Cache-Control"]
    assert '"never":"nunca"' in answer.text
    assert "immutable" not in client.get("/words/es-0.js").headers["Cache-Control"]
    assert client.get("/words/tlh-0.js").status_code == 404


def test_english_pages_load_no_words(client):
    assert "/words/" not in client.get("/").text


def test_a_sentence_is_english_as_a_text_and_carries_its_words():
    sentence = say("about %(about)s, %(low)s to %(high)s", about=figure(1234), low=figure(2), high=figure(3))
    assert sentence == "about 1,234, 2 to 3"
    assert f"{sentence}" == "about 1,234, 2 to 3"


def test_a_sentence_is_told_with_its_figures_in_another_language(spanish):
    sentence = say("about %(about)s, %(low)s to %(high)s", about=figure(1234), low=figure(2), high=figure(3))
    assert spanish.told(sentence) == "unas 1.234, entre 2 y 3"
    assert spanish.told(whole(sentence)) == "Unas 1.234, entre 2 y 3."
    assert spanish.told(joined([say("open"), say("%(count)s h ago", count=figure(3))], "; ")) == "abierto; hace 3 h"
    assert spanish.value(per_cent(0.98)) == "98\N{NO-BREAK SPACE}%"


def test_a_text_out_of_the_log_is_recognised_by_its_form(spanish):
    assert spanish.told("about 7, 5 to 9; 2 more were seen to leave than to come") == (
        "unas 7, entre 5 y 9; se vio salir a 2 más de las que entraron"
    )
    assert spanish.told("Main entrance") == "Main entrance"


def test_words_that_nobody_has_translated_stay_english(spanish):
    sentence = say_number("%(num)s thing unheard of", "%(num)s things unheard of", 2)
    assert spanish.told(sentence) == "2 things unheard of"


def test_times_have_two_digits_in_every_language(client):
    with client.application.test_request_context("/", headers=SPANISH):
        assert clock_time("2026-05-04T05:04:03Z", "UTC") == "05:04"
        assert day_and_time("2026-05-04T05:04:03Z", "UTC") == "4 may 2026, 05:04"
        assert (decimal(1234.5), people(1234)) == ("1.234,5", "1.234")
        assert age(7300) == "hace 2 h"
