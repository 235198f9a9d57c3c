#!/usr/bin/env python3
"""Graphs of the page in headless Chromium: a year of a key, ten graphs of 30 days, and zooming them.

    Benchmarks/page_graphs.py BINARIES [--slow 4] [--address http://localhost:7274/]

BINARIES has komokud, komoku and komoku-demo-house, Debian's mosquitto and chromium are installed, and so is Playwright for
Python. Without an address a house with a year of past is made first, which takes a minute or two. Times are from the address to
the moment when everything in sight is drawn with what it was loaded for; long tasks are those of the browser's own account; busy is
the processor's time of the page's main thread, which other programs on the machine do not change.
"""
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Tests/Web"))
from playwright.sync_api import sync_playwright  # noqa: E402

from house import House  # noqa: E402

TEN = ["kitchen_climate.temperature", "garden_climate.temperature", "bedroom_climate.temperature", "bathroom_climate.temperature",
       "kitchen_climate.humidity", "garden_climate.humidity", "bedroom_climate.humidity", "washer.energy.power", "garden.wind", "house.energy"]

# Drawn: there are graphs, nothing in sight waits to be loaded, and no task was pending for a moment.
WATCH = """() => {
  window.longTasks = []
  new PerformanceObserver((list) => { for (const each of list.getEntries()) window.longTasks.push(Math.round(each.duration)) }).observe({ type: 'longtask', buffered: true })
}"""
DRAWN = """() => {
  const notes = [...document.querySelectorAll('.graph-panel')].filter((each) => each.getBoundingClientRect().top < innerHeight)
  if (!notes.length || !notes.every((each) => each.getAttribute('aria-busy') === 'false')) return false
  window.drawnAt ??= performance.now()
  return true
}"""


def busy(client):
    return next(each["value"] for each in client.send("Performance.getMetrics")["metrics"] if each["name"] == "TaskDuration") * 1000


def figure(page, client, address, query):
    page.goto("about:blank")
    page.goto(f"{address}#/graphs")
    page.wait_for_selector("h1")
    # The library and the page's modules are there: what a person has on the second graph that he opens.
    page.evaluate("import('./page/x/graph/graphs.js').catch(() => 0)")
    page.wait_for_timeout(500)
    page.evaluate(WATCH)
    before = busy(client)
    start = page.evaluate(f"() => {{ window.drawnAt = undefined; location.hash = '#/graphs?{query}'; return performance.now() }}")
    page.wait_for_function(DRAWN, polling=20, timeout=30_000)
    return page.evaluate("window.drawnAt") - start, busy(client) - before, page.evaluate("window.longTasks")


def zoom(page, client):
    page.evaluate("window.longTasks.length = 0")
    box = page.locator(".graph-plot").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.locator(".graph-panels").focus()
    start, before = time.monotonic(), busy(client)
    for delta in [-120] * 12 + [120] * 12:
        page.mouse.wheel(0, delta)
        page.wait_for_timeout(30)
    page.wait_for_timeout(1500)
    return (time.monotonic() - start - 1.5) * 1000, busy(client) - before, page.evaluate("window.longTasks")


def main():
    arguments = sys.argv[1:]
    slow = int(arguments[arguments.index("--slow") + 1]) if "--slow" in arguments else 1
    address = arguments[arguments.index("--address") + 1] if "--address" in arguments else None
    house = None if address else House(arguments[0], files=True, past=366)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            client = page.context.new_cdp_session(page)
            client.send("Performance.enable", {"timeDomain": "threadTicks"})
            if slow > 1:
                client.send("Emulation.setCPUThrottlingRate", {"rate": slow})
            address = address or house.url
            for name, query in (("first graph of all (library loaded)", f"keys={TEN[0]}&since=-86400"), ("a year of a key", f"keys={TEN[0]}&since=-31536000"),
                                ("the same again", f"keys={TEN[0]}&since=-31536000"), ("ten graphs of 30 days", f"keys={','.join(TEN)}&since=-2592000&layout=stacked")):
                length, work, tasks = figure(page, client, address, query)
                print(f"{name:40} {length:6.0f} ms   busy {work:5.0f} ms   long tasks {sorted(tasks, reverse=True)[:5]}", flush=True)
            length, work, tasks = zoom(page, client)
            print(f"{'zoomed by 24 steps of the wheel':40} {length:6.0f} ms   busy {work:5.0f} ms   long tasks {sorted(tasks, reverse=True)[:8]}", flush=True)
            browser.close()
    finally:
        if house:
            house.stop()


if __name__ == "__main__":
    main()
