"""The index of pictures."""

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is in requirements-dev.txt")

from tests.pictures.album import FOLDER, SCHEMES, SIZES, write_index


def test_the_index_shows_each_page_once_in_both_sizes(tmp_path):
    for kind in ("wall-wall", "alerts-alerts"):
        for size in SIZES:
            for scheme in SCHEMES:
                (tmp_path / f"{kind}-{size}-{scheme}.webp").touch()
    told = write_index(tmp_path)
    rows = [line for line in told.splitlines() if line.startswith(("| wall", "| alerts"))]
    assert [row.split(" | ")[0] for row in rows] == ["| alerts-alerts", "| wall-wall"]
    assert all(
        f"({kind}-{size}-{scheme}.webp)" in told for kind in ("wall-wall",) for size in SIZES for scheme in SCHEMES
    )


def test_every_picture_of_the_documents_is_there_in_both_sizes_and_colours():
    names = {path.stem for path in FOLDER.glob("*.webp")}
    kinds = {name.removesuffix("-spanish") for name in names if name.endswith("-spanish")}
    assert names == {f"{kind}-{size}-{scheme}" for kind in kinds for size in SIZES for scheme in SCHEMES} | {
        f"{kind}-spanish" for kind in kinds
    }
