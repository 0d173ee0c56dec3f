"""A backup made while people cross, put back after the disk was lost: nobody is lost or doubled, no id comes twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.agreeing_shop import TWICE, AgreeingShop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[AgreeingShop]:
    one = AgreeingShop(tmp_path)
    one.enter_cameras()
    yield one
    one.end()


def test_nobody_is_lost_or_doubled_by_it(shop: AgreeingShop, tmp_path: Path) -> None:
    shop.begins()
    file = tmp_path / "kept.zip"
    shop.service.command("backup", str(file))
    shop.counts(6)  # of whom the backup knows nothing
    heard = len(shop.reader.seen_ids)
    shop.service.kill()
    (tmp_path / "var").rename(tmp_path / "lost")
    shop.service.command("restore", str(file))
    shop.service.start()
    shop.counts(3)
    shop.agrees()
    assert shop.reader.names["gap"] == 1
    assert shop.reader.disagreements == []
    assert not set(shop.reader.seen_ids[:heard]) & set(shop.reader.seen_ids[heard:])
    assert shop.asked(TWICE) == []
    assert shop.service.stop() == 0
