"""Axe in the browser tests: what of WCAG a machine can look at (https://github.com/dequelabs/axe-core)."""

from __future__ import annotations

from typing import Any

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
"""WCAG 2.2 AA, and what axe recommends beside it."""

_RUN = """rules => axe.run(document, { runOnly: rules, resultTypes: ["violations"] })"""


def axe_finds(page: Any, *, light_and_dark: bool = True) -> list[str]:
    """What axe finds wrong with what a page shows just now, a sentence each; in light colours and in dark ones.

    ``assert axe_finds(page) == []`` tells by itself what to mend.
    """
    found = []
    for scheme in ("light", "dark") if light_and_dark else ("light",):
        if light_and_dark:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found += [f"{scheme}: {words}" for words in _violations(page)]
    return found


def _violations(page: Any) -> list[str]:
    from axe_playwright_python.base import AXE_FILE_PATH  # noqa: PLC0415  in requirements-dev.txt only

    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE_FILE_PATH.read_text(encoding="utf-8"))
    told = page.evaluate(_RUN, list(RULES))
    return [_sentence(one, node) for one in told["violations"] for node in one["nodes"]]


def _sentence(violation: dict[str, Any], node: dict[str, Any]) -> str:
    why = " ".join(check["message"] for kind in ("any", "all", "none") for check in node[kind])
    return f"{violation['id']} ({violation['help']}) at {' '.join(map(str, node['target']))}: {why}"
