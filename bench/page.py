"""The dashboard in a browser: how soon it shows something, and whether 200 lines that change each second hold it up."""

from __future__ import annotations

import argparse
import os
import shutil
import time

from playwright.sync_api import CDPSession, sync_playwright

from tests.support.board_service import Gate, served
from tests.support.busy_day import STATION, busy_afternoon

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")

WATCH = """() => {
  window.longTasks = [];
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) window.longTasks.push(Math.round(task.duration));
  }).observe({ type: "longtask", buffered: false });
}"""
WORK = {
    "TaskDuration": "at work",
    "ScriptDuration": "of that scripts",
    "RecalcStyleDuration": "styles",
    "LayoutDuration": "layout",
}
"""Seconds that Chromium counts, and what they are; the rest is drawing."""

FIRST = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=30)
    wanted = parser.parse_args()
    service = busy_afternoon()
    gates = [Gate(STATION, f"Gate {index}", f"gate-{index}") for index in range(wanted.lines)]
    for gate in gates:
        service.count(gate, 1)
    with served(service) as server, sync_playwright() as session:
        browser = session.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        firsts = []
        for path in ("/", "/sites/station"):
            page = browser.new_page(viewport={"width": 1440, "height": 1000})
            for _ in range(3):
                page.goto(server.url + path)
                page.wait_for_function(f"{FIRST} !== null")
                firsts.append(page.evaluate(FIRST))
            print(f"{path:16} first content after {min(firsts[-3:]):.0f} ms (best of 3)")
        page.wait_for_selector('#connection[data-state="live"]')
        page.wait_for_timeout(3000)
        page.evaluate(WATCH)
        measured = page.context.new_cdp_session(page)
        measured.send("Performance.enable")
        before = _work(measured)
        for _ in range(wanted.seconds):
            began = time.monotonic()
            for gate in gates:
                service.count(gate, 1)
            page.wait_for_timeout(max(1, 1000 * (1 - (time.monotonic() - began))))
        tasks = sorted(page.evaluate("window.longTasks"), reverse=True)
        changing = f"{wanted.lines} lines changing each second for {wanted.seconds} s"
        print(f"{changing}: {len(tasks)} tasks over 50 ms {tasks[:8]}")
        after = _work(measured)
        told = (f"{words} {after[name] - before[name]:.2f} s" for name, words in WORK.items())
        print(f"The page's own thread: {', '.join(told)}")
        load = os.getloadavg()[0]
        print(f"The load of the machine meanwhile was {load:.1f} on {os.cpu_count()} cores.")
        browser.close()


def _work(session: CDPSession) -> dict[str, float]:
    """What Chromium has counted of a page so far."""
    return {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}


if __name__ == "__main__":
    main()
