"""Who we are at an MQTT broker."""

import platform
import shutil
from dataclasses import replace

import pytest

from peoplecount.eventlog.data_folder import DataFolder
from peoplecount.publishing import CLIENT_ID, client_id_in, home_of


@pytest.fixture
def open_folder():
    opened = []

    def open_folder(path):
        folder = DataFolder.at(path)
        folder.open()
        opened.append(folder)
        return folder

    yield open_folder
    for folder in opened:
        folder.close()


def name_in(folder):
    return client_id_in(folder.store, home_of(folder))


def test_the_name_is_the_same_over_restarts(tmp_path, open_folder):
    name = name_in(open_folder(tmp_path / "var"))
    assert name.startswith("peoplecount-")
    assert name_in(open_folder(tmp_path / "var")) == name


def test_a_copy_of_the_folder_is_somebody_else(tmp_path, open_folder):
    first = open_folder(tmp_path / "var")
    name = name_in(first)
    first.close()
    shutil.copytree(tmp_path / "var", tmp_path / "copy")
    other = name_in(open_folder(tmp_path / "copy"))
    assert other != name
    assert name_in(open_folder(tmp_path / "copy")) == other
    assert name_in(open_folder(tmp_path / "var")) == name


def test_the_same_folder_on_another_machine_is_somebody_else(tmp_path, open_folder, monkeypatch):
    folder = open_folder(tmp_path / "var")
    name = name_in(folder)
    monkeypatch.setattr(platform, "node", lambda: "another-machine")
    assert name_in(folder) != name


def test_machines_that_share_a_log_are_one_for_one_of_them_publishes(tmp_path, open_folder, monkeypatch):
    folder = replace(open_folder(tmp_path / "var"), shared=object())
    name = name_in(folder)
    monkeypatch.setattr(platform, "node", lambda: "another-machine")
    assert name_in(folder) == name


def test_a_name_that_was_kept_without_its_home_is_kept(tmp_path, open_folder):
    folder = open_folder(tmp_path / "var")
    folder.store.put(CLIENT_ID, "peoplecount-0123456789ab")
    assert name_in(folder) == "peoplecount-0123456789ab"
    assert name_in(folder) == "peoplecount-0123456789ab"
