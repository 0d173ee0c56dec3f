"""Templates that a process has compiled are there for the next one."""

import sys

import pytest
from flask.templating import Environment

from peoplecount.web.app import compile_templates
from peoplecount.web.compiled_templates import CompiledTemplates
from tests.support.busy_day import busy_afternoon


@pytest.fixture
def compiled(monkeypatch):
    """Names of the templates that are compiled from now on."""
    names, compile_one = [], Environment.compile

    def compile_and_note(self, source, name=None, *rest, **options):
        names.append(name)
        return compile_one(self, source, name, *rest, **options)

    monkeypatch.setattr(Environment, "compile", compile_and_note)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    return names


def test_the_next_process_compiles_none(compiled, tmp_path):
    compile_templates(busy_afternoon().app, tmp_path)
    assert "dashboard.html" in compiled
    compiled.clear()
    again = busy_afternoon().app
    compile_templates(again, tmp_path)
    assert compiled == []
    assert "<html" in again.test_client().get("/sites/station").get_data(as_text=True)


def test_where_they_cannot_be_kept_each_process_compiles_its_own(compiled, tmp_path):
    compile_templates(busy_afternoon().app, tmp_path / "not there")
    assert "dashboard.html" in compiled
    assert list(tmp_path.iterdir()) == []


def test_where_python_keeps_nothing_neither_do_we(compiled, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    compile_templates(busy_afternoon().app, tmp_path)
    assert "dashboard.html" in compiled
    assert list(tmp_path.iterdir()) == []


def test_they_lie_beside_compiled_modules():
    assert CompiledTemplates().directory.endswith("__pycache__")
