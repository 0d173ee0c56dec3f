"""The bill of materials is whole and valid, and no licence in it asks for more than we give."""

from __future__ import annotations

import json
import tomllib
from email.message import Message

import pytest
from packaging.requirements import Requirement

from tests.sbom import __main__ as chore
from tests.sbom.bill import VERSION, bill_of
from tests.sbom.licences import LicenceUnknown, licence_of, strange_in
from tests.sbom.materials import EXTRAS, ROOT, SERVICE, VENDORED, materials, pinned, vendored, word_list

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:jsonschema")


@pytest.fixture(scope="module")
def bill() -> dict:
    return json.loads(bill_of(materials()))


def test_it_is_valid(bill: dict) -> None:
    from cyclonedx.validation.json import JsonStrictValidator  # noqa: PLC0415 - compiles grammars for seconds

    validator = JsonStrictValidator(VERSION)
    assert validator.validate_str(json.dumps(bill)) is None
    assert validator.validate_str(json.dumps(bill | {"components": [{"name": "no type"}]})) is not None


def test_everything_is_in_it_that_is_pinned_and_every_file_of_others(bill: dict) -> None:
    told = {one["name"]: one.get("version", "") for one in bill["components"]}
    for wanted in pinned(SERVICE.read_text("utf-8")):
        assert told[wanted.name.replace(".", "-")] in wanted.specifier
    folders = {folder.name for folder in VENDORED.parent.iterdir() if folder.is_dir()}
    assert folders == {one.name for one in vendored(VENDORED.read_text("utf-8"))} <= told.keys()


def test_the_list_of_passwords_is_in_it_with_the_licence_it_says(bill: dict) -> None:
    [told] = [one for one in bill["components"] if one["type"] == "data"]
    assert (told["purl"], told["licenses"]) == ("pkg:github/danielmiessler/seclists", [{"license": {"id": "MIT"}}])
    with pytest.raises(LicenceUnknown):
        word_list("# From somewhere\nqwertyqwerty\n")


def test_it_says_who_needs_whom(bill: dict) -> None:
    needs = {one["ref"].partition("@")[0]: one.get("dependsOn", []) for one in bill["dependencies"]}
    assert any(one.startswith("pkg:pypi/werkzeug@") for one in needs["pkg:pypi/flask"])
    assert any(one.startswith("pkg:pypi/greenlet@") for one in needs["pkg:pypi/gevent"])
    assert any(one.startswith("pkg:pypi/flask-smorest@") for one in needs["peoplecount"])
    assert not any(one.startswith("pkg:pypi/werkzeug@") for one in needs["peoplecount"])


def test_what_the_service_does_without_is_optional(bill: dict) -> None:
    optional = {one["name"] for one in bill["components"] if one["scope"] == "optional"}
    optional.discard("async-timeout")  # before Python 3.11.3
    assert optional == {"authlib", "hiredis", "joserfc", "paho-mqtt", "psycopg", "psycopg-binary", "redis"}


def test_every_extra_of_the_package_is_in_it_and_has_its_requirements(bill: dict) -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    assert {file.name for file in EXTRAS} == {f"requirements-{extra}.txt" for extra in extras}
    for file in EXTRAS:
        wanted = {Requirement(line).name for line in extras[file.stem.removeprefix("requirements-")]}
        assert wanted <= {one.name for one in pinned(file.read_text("utf-8"))}


def test_no_licence_asks_for_more_than_we_give() -> None:
    assert {one.name: one.strange_licences for one in materials() if one.strange_licences} == {}


@pytest.mark.parametrize(
    ("licence", "strange"),
    [
        ("MIT", []),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", []),
        ("GPL-3.0-or-later", ["GPL-3.0-or-later"]),
        ("MIT OR AGPL-3.0-only", ["AGPL-3.0-only"]),
    ],
)
def test_licences_that_ask_for_more_are_found(licence: str, strange: list[str]) -> None:
    assert strange_in(licence) == strange


def test_what_nobody_is_handed_by_us_may_ask_for_its_own_files() -> None:
    assert strange_in("LGPL-3.0-only") == ["LGPL-3.0-only"]
    assert strange_in("LGPL-3.0-only", is_optional=True) == []
    assert strange_in("GPL-3.0-only", is_optional=True) == ["GPL-3.0-only"]


def test_a_package_that_does_not_say_is_read_by_a_person() -> None:
    told = Message()
    told["Name"], told["License"] = "new", "see the file"
    with pytest.raises(LicenceUnknown, match="new does not say"):
        licence_of(told)


def test_the_chore_writes_it_and_lists_licences(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr("sys.argv", ["sbom", "--output", str(tmp_path / "bill.json")])
    assert chore.main() == 0
    assert json.loads((tmp_path / "bill.json").read_text("utf-8"))["bomFormat"] == "CycloneDX"
    monkeypatch.setattr("sys.argv", ["sbom", "--licences"])
    assert chore.main() == 0
    assert "flask " in capsys.readouterr().out
