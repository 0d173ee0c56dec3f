"""Secrets as they are kept."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from peoplecount.eventlog.sealer import FileSealer, SealBroken

ROOT = Path(__file__).parents[2]

SECRET = "pässword: {;}#@/ 4711"


@pytest.fixture
def key_path(tmp_path):
    return tmp_path / "seal.key"


@pytest.fixture
def sealer(key_path):
    return FileSealer(key_path)


@pytest.mark.parametrize("text", [SECRET, "", "x" * 10_000, "sealed:looks like it"])
def test_what_is_sealed_can_be_unsealed(sealer, text):
    sealed = sealer.seal(text)
    assert sealed.startswith("sealed:")
    assert sealer.unseal(sealed) == text


def test_the_secret_cannot_be_read_in_its_sealed_form(sealer):
    assert "4711" not in sealer.seal(SECRET)
    assert sealer.seal(SECRET) != sealer.seal(SECRET), "not even that two are the same"


@pytest.mark.parametrize("text", ["clear", "", "Sealed:no", " sealed:no"])
def test_a_text_that_is_not_sealed_is_clear_and_needs_no_key(sealer, key_path, text):
    assert sealer.unseal(text) == text
    assert not key_path.exists()


def test_the_key_outlives_the_process(sealer, key_path):
    assert FileSealer(key_path).unseal(sealer.seal(SECRET)) == SECRET


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX rights")
def test_only_the_owner_may_read_the_key_whatever_the_umask(sealer, key_path):
    before = os.umask(0)
    try:
        sealer.seal(SECRET)
    finally:
        os.umask(before)
    assert stat.S_IMODE(key_path.stat().st_mode) == 0o600


def test_making_the_key_leaves_nothing_else_behind(sealer, key_path):
    sealer.seal(SECRET)
    assert list(key_path.parent.iterdir()) == [key_path]


def test_another_key_does_not_open_it_and_the_message_keeps_the_secret(sealer, tmp_path):
    sealed = sealer.seal(SECRET)
    other = FileSealer(tmp_path / "other.key")
    other.seal("")
    with pytest.raises(SealBroken, match=r"other\.key does not open.*enter the secret again") as caught:
        other.unseal(sealed)
    assert "4711" not in str(caught.value)
    assert sealed.removeprefix("sealed:") not in str(caught.value)


def test_a_key_that_is_missing_is_not_made_anew_by_opening_something(sealer, tmp_path):
    sealed = sealer.seal(SECRET)
    gone = tmp_path / "gone.key"
    with pytest.raises(SealBroken, match=r"gone\.key is missing\. Put back.*camera password"):
        FileSealer(gone).unseal(sealed)
    assert not gone.exists()


def test_what_an_old_key_has_sealed_is_renewed_and_the_rest_is_left_as_it_is(sealer):
    old = sealer.seal(SECRET)
    assert sealer.renew(old) == old
    sealer.key_file.add()
    new = sealer.renew(old)
    assert new != old
    assert sealer.renew(new) == new
    assert sealer.renew("clear") == "clear"
    assert sealer.unseal(new) == sealer.unseal(old) == SECRET
    sealer.key_file.keep_first()
    assert sealer.unseal(new) == SECRET
    with pytest.raises(SealBroken, match="does not open"):
        sealer.unseal(old)
    with pytest.raises(SealBroken, match="does not open"):
        sealer.renew(old)


@pytest.mark.parametrize("spoil", [lambda text: text[:-5], lambda text: f"{text[:40]}AAAA{text[44:]}"])
def test_a_damaged_text_is_refused(sealer, spoil):
    with pytest.raises(SealBroken, match="damaged"):
        sealer.unseal(spoil(sealer.seal(SECRET)))


def test_a_new_key_on_top_seals_and_the_old_one_still_opens(sealer, key_path, tmp_path):
    old = sealer.seal(SECRET)
    FileSealer(tmp_path / "new.key").seal("")
    key_path.write_text((tmp_path / "new.key").read_text() + key_path.read_text())
    both = FileSealer(key_path)
    assert both.unseal(old) == SECRET
    assert FileSealer(tmp_path / "new.key").unseal(both.seal(SECRET)) == SECRET


@pytest.mark.parametrize("content", ["", "\n", "short", "not base64 at all, and much too long to be a key"])
def test_a_file_that_holds_no_key_is_refused_and_kept(sealer, key_path, content):
    key_path.write_text(content)
    with pytest.raises(SealBroken, match="holds no key") as caught:
        sealer.seal(SECRET)
    assert key_path.read_text() == content
    assert "much too long" not in str(caught.value), "what is in a key file is nobody's business"


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SealBroken, match="missing"):
        FileSealer(tmp_path / "missing" / "seal.key").seal(SECRET)


def test_processes_that_need_the_key_at_once_all_use_the_same(key_path):
    program = (
        "import sys; from pathlib import Path; from peoplecount.eventlog.sealer import FileSealer; "
        "sealer = FileSealer(Path(sys.argv[1])); sys.stdin.read(); print(sealer.seal('secret'))"
    )
    children = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(key_path)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for child in children:
        child.stdin.close()
    sealed = [child.stdout.read().strip() for child in children]
    for child in children:
        child.stdout.close()
        assert child.wait(20) == 0
    assert [FileSealer(key_path).unseal(text) for text in sealed] == ["secret"] * 4
