"""Examples in the API's document: answers of a shop. ``python -m tests.support.api_examples`` asks for them anew."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from peoplecount.domain.visitor import Scope, Visitor, Way
from peoplecount.web.api import document
from tests.support.api_shop import ApiShop

EXAMPLES = document.EXAMPLES
EPOCH = "3f9a61c2"

ASKED = {
    "Ping": ("/ping", "200"),
    "ListSites": ("/sites", "200"),
    "ListDoors": ("/doors", "200"),
    "ListCameras": ("/cameras", "200"),
    "ListLines": ("/lines", "200"),
    "GetLatest": ("/counts/latest?site=shop", "200"),
    "GetCounts": ("/counts?from=2026-05-04&scope=door&limit=2", "200"),
    "GetRecords": (f"/records?after={EPOCH}-1&limit=2", "200"),
    "GetEvents": (f"/events?since={EPOCH}-4&limit=2", "200"),
    "PollEvents": (f"/events/poll?kind=PeopleCountingUpdate&door=shop-back&triggerState={EPOCH}-0", "200"),
    "GetHealth": ("/health", "200"),
    "ListExports": ("/exports", "200"),
}


class OneKey:
    """Everybody has the same, which may read and look after the service."""

    key = Visitor(
        "Power BI", scopes=frozenset({Scope.READ, Scope.HEALTH, Scope.OPERATE}), way=Way.TOKEN, holder="token:1"
    )

    def visitor(self, asked) -> Visitor:
        return self.key

    def of_holders(self, holders) -> dict[str, Visitor]:
        return dict.fromkeys(holders, self.key)


def examples_of(folder: Path) -> dict[str, Any]:
    """By operation and status."""
    shop = ApiShop(folder, hours=1, access=OneKey())
    epoch = shop.log.head().epoch
    try:
        found = {}
        for name, (address, status) in ASKED.items():
            answer = shop.get(address.replace(EPOCH, epoch), int(status))
            found[name] = {status: _shortened(json.loads(answer.text.replace(epoch, EPOCH)))}
        ordered = shop.client.post("/api/v1/cameras/front/poll")
        return found | {"PollCamera": {str(ordered.status_code): ordered.json}}
    finally:
        shop.end()


def _shortened(told: Any) -> Any:
    """Of lists the beginning: it shows what there is."""
    if isinstance(told, list):
        return told[:2]
    return {key: _shortened(value) if isinstance(value, list) else value for key, value in told.items()}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        written = json.dumps(examples_of(Path(folder)), indent=1, ensure_ascii=False) + "\n"
    EXAMPLES.write_text(written, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
