"""Folders that can hold a log, and those that cannot."""

import sys
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

from peoplecount.eventlog.folder import is_share, require_suitable_folder
from peoplecount.eventlog.log import UnsuitableFolder

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="mount points are POSIX paths")

ROOT_ONLY = "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard\n"


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "with blank" / "var"
    folder.mkdir(parents=True)
    return folder.resolve()


def mounted(point, kind, source="somewhere", options="rw", optional=""):
    """A line of /proc/self/mountinfo."""
    escaped = str(point).replace("\\", "\\134").replace(" ", "\\040")
    return f"77 27 0:61 / {escaped} rw,noatime{optional} - {kind} {source} {options}\n"


def refusal(folder, mountinfo):
    with pytest.raises(UnsuitableFolder) as caught:
        require_suitable_folder(folder, mountinfo)
    return str(caught.value)


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "ceph", "fuse.glusterfs"])
def test_network_drives_are_refused_by_name(folder, kind):
    message = refusal(folder, ROOT_ONLY + mounted(folder.parent, kind))
    assert f"{folder} cannot hold the data: {folder.parent} is a network drive ({kind})" in message
    assert "Set DATA_DIR to a folder on a disk of this machine" in message
    assert "share memory" in message


@pytest.mark.parametrize("kind", ["9p", "drvfs", "vboxsf", "prl_fs", "fuse.vmhgfs-fuse", "fakeowner", "osxfs"])
def test_folders_of_the_surrounding_system_are_refused(folder, kind):
    message = refusal(folder, ROOT_ONLY + mounted(folder, kind))
    assert f"a folder of the surrounding system ({kind})" in message
    assert "/mnt/c" in message


@pytest.mark.parametrize(
    ("kind", "options"), [("9p", "rw,aname=drvfs;path=C:\\;uid=1000"), ("virtiofs", "rw,drvfsC"), ("drvfs", "rw")]
)
def test_windows_drives_under_wsl_are_refused_however_they_come(folder, kind, options):
    mountinfo = ROOT_ONLY + mounted(folder.parent, kind, source="C:\\134", options=options)
    assert "as Windows drives are under WSL" in refusal(folder, mountinfo)


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "zfs", "overlay", "tmpfs", "virtiofs", "fuseblk", "wslfs"])
def test_disks_of_this_machine_are_taken(folder, kind):
    require_suitable_folder(folder, mounted("/", "ext4") + mounted(folder.parent, kind))


def test_the_closest_mount_decides(folder):
    far, near = folder.parent.parent, folder.parent
    require_suitable_folder(folder, mounted(near, "ext4") + ROOT_ONLY + mounted(far, "nfs"))
    assert "nfs" in refusal(folder, mounted(near, "nfs") + ROOT_ONLY + mounted(far, "ext4"))


def test_a_mount_whose_name_only_begins_the_same_does_not_count(folder):
    require_suitable_folder(folder, ROOT_ONLY + mounted(f"{folder.parent}-other", "nfs") + mounted(f"{folder}2", "nfs"))


def test_of_two_mounts_on_one_point_the_later_one_covers_the_other(folder):
    require_suitable_folder(folder, mounted(folder, "nfs") + mounted(folder, "ext4"))
    assert "nfs" in refusal(folder, mounted(folder, "ext4") + mounted(folder, "nfs"))


def test_optional_fields_before_the_dash_are_skipped(folder):
    assert "nfs4" in refusal(folder, mounted(folder, "nfs4", optional=" shared:1 master:2"))


def test_a_link_onto_a_network_drive_is_followed(folder, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(folder)
    assert "nfs" in refusal(link, ROOT_ONLY + mounted(folder, "nfs"))


@pytest.mark.parametrize(
    ("path", "shared"),
    [
        (r"\\server\share\counts", True),
        ("//server/share/counts", True),
        (r"\\?\UNC\server\share\counts", True),
        (r"\\?\C:\counts", False),
        (r"C:\counts", False),
        ("counts", False),
    ],
)
def test_on_windows_shares_are_told_from_disks(path, shared):
    assert is_share(PureWindowsPath(path)) is shared
    assert not is_share(PurePosixPath(path))


class OnShare(type(Path())):
    """A folder for which a drive's letter stands, as Windows resolves it."""

    drive = r"\\server\share"


def test_a_windows_share_is_refused_by_name(tmp_path):
    with pytest.raises(UnsuitableFolder, match=r"cannot hold the data: \\\\server\\share is a network drive"):
        require_suitable_folder(OnShare(tmp_path))


@pytest.mark.parametrize("mountinfo", ["", "nonsense\n", "27 1 - ext4\n"])
def test_where_mounts_are_unknown_the_folder_is_taken(folder, mountinfo):
    require_suitable_folder(folder, mountinfo)


def test_this_machines_own_mounts_can_be_read(folder):
    require_suitable_folder(folder)


def test_a_folder_that_takes_no_file_is_refused_in_words(tmp_path):
    not_a_folder = tmp_path / "file"
    not_a_folder.touch()
    message = refusal(not_a_folder, "")
    assert "nothing can be written there" in message
    assert "set DATA_DIR" in message


def test_a_missing_folder_is_refused_in_words():
    assert "No such file" in refusal(Path("/nowhere/at/all"), "")
