"""What the audit log tells of a webhook."""

from __future__ import annotations

from peoplecount.domain.change import Value
from peoplecount.domain.webhook import Topic, Webhook


def webhook_facts(webhook: Webhook) -> dict[str, Value]:
    """Its wish and whose it is; of the address the host alone."""
    wish = webhook.wish
    facts: dict[str, Value] = {
        "host": webhook.host,
        "events": ", ".join(one.value for one in Topic if one in wish.topics),
        "sites": "all"
        if not (wish.site_ids or webhook.sites)
        else ", ".join(sorted(wish.site_ids or webhook.sites or ())),
        "doors": ", ".join(sorted(wish.door_ids)) or "all",
        "cameras": ", ".join(sorted(wish.camera_ids)) or "all",
        "threshold": str(wish.threshold) if wish.threshold else "",
        "gap": wish.min_gap,
        "by": f"token {webhook.owner}" if webhook.owner else "",
    }
    return {name: value for name, value in facts.items() if value not in ("", 0)}
