#!/usr/bin/env python3
"""The page with 20,000 keys of 4,000 devices: how soon it is there, and whether search and the long lists stutter.

    Benchmarks/page_large.py BINARIES [--devices 4000] [--files] [--json FILE]

Needs what page.py needs. Figures: milliseconds. `longest` is the longest task of the page meanwhile: what a person would notice as a
stutter. --files reads the page from the sources.
"""
import argparse
import json
import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from page import ROOMS, Publisher, metrics, open_page, sync_playwright  # noqa: E402

from house import House  # noqa: E402

# `online` of the bridge is told for each; these are the others of five keys.
READINGS = [("temperature", "°C"), ("humidity", "%"), ("battery", "%")]


def exposes():
    state = {"type": "binary", "name": "state", "property": "state", "access": 7, "value_on": "ON", "value_off": "OFF"}
    brightness = {"type": "numeric", "name": "brightness", "property": "brightness", "access": 7, "value_min": 0, "value_max": 254}
    return [{"type": "light", "features": [state, brightness]}] + [
        {"type": "numeric", "name": name, "property": name, "unit": unit, "access": 1} for name, unit in READINGS]


def names(count):
    return [f"{ROOMS[i % len(ROOMS)]}_lamp_{i}" for i in range(count)]


def state(chance):
    return {"state": chance.choice(["ON", "OFF"]), "brightness": chance.randrange(255), "temperature": round(chance.uniform(15, 25), 1),
            "humidity": round(chance.uniform(30, 60), 1), "battery": chance.randrange(100)}


def fill(house, count):
    devices = [{"ieee_address": f"0x{0x158d0000 + i:016x}", "friendly_name": name, "type": "Router", "supported": True, "interview_completed": True,
                "definition": {"vendor": "Bench", "model": "B1", "description": "lamp", "exposes": exposes()}} for i, name in enumerate(names(count))]
    house.publish("zigbee2mqtt/bridge/state", {"state": "online"}, retain=True)
    house.publish("zigbee2mqtt/bridge/devices", [{"ieee_address": "0x0", "friendly_name": "Coordinator", "type": "Coordinator"}] + devices, retain=True)
    house.wait(lambda: house.api("GET", "keys/" + names(count)[-1] + ".battery").get("value", 0) is None, 180)
    publisher, chance = Publisher(house.broker), random.Random(1)
    for i, name in enumerate(names(count)):
        publisher.send(f"zigbee2mqtt/{name}", state(chance))
        if i % 100 == 99:
            time.sleep(0.05)
    house.wait(lambda: house.get(f"{names(count)[-1]}.battery") is not None, 180)
    return publisher


def measured(page, work):
    """How long it took until `work` was done and drawn, and the longest task meanwhile."""
    page.wait_for_timeout(300)
    page.evaluate("() => { window.longest = 0 }")
    start = time.monotonic()
    work()
    page.evaluate("() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))")
    took = (time.monotonic() - start) * 1000
    page.wait_for_timeout(300)
    return {"took_ms": round(took), "longest_ms": round(page.evaluate("window.longest"))}


def at(page, view, selector):
    page.evaluate("(view) => { location.hash = view }", view)
    page.wait_for_selector(f"main {selector}")


def typed(page, selector, text):
    def work():
        for letter in text:
            page.type(selector, letter)
    return measured(page, work)


def figures_of(browser, house, count):
    figures = {"devices": count}
    context, page, session = open_page(browser, house.url)
    figures["opened"] = {"usable_ms": round(page.evaluate("performance.now()")), "longest_ms": round(page.evaluate("window.longest")),
                         "first_paint_ms": round(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? -1"))}
    page.wait_for_timeout(2000)
    figures["keys"] = page.evaluate("async () => (await import(new URL('keys/store.js', document.querySelector('script[type=module]').src))).keys.size")
    figures["heap_mib"] = round(metrics(session)["JSHeapUsedSize"] / 2**20, 1)
    # Each half minute the catalogue is read anew.
    figures["catalogue_again"] = measured(page, lambda: page.evaluate(
        "async () => (await import(new URL('devices/store.js', document.querySelector('script[type=module]').src))).loadDevices()"))
    figures["search_opened"] = measured(page, lambda: (page.keyboard.press("/"), page.wait_for_selector("#find input")))
    figures["search_typed"] = typed(page, "#find input", "kitchen lamp 3990")
    page.wait_for_selector("#find-list li")
    figures["search_by_letters"] = (page.fill("#find input", ""), typed(page, "#find input", "ktchn"))[1]
    page.keyboard.press("Escape")
    figures["device_list"] = measured(page, lambda: at(page, "#/devices", ".device"))
    figures["device_list_typed"] = typed(page, "main input[type=search]", "lamp 3990")
    figures["device_list_batteries"] = (page.fill("main input[type=search]", ""), measured(page, lambda: page.get_by_role("button", name="Batteries").click()))[1]
    figures["room"] = measured(page, lambda: at(page, "#/rooms/kitchen", ".card.device"))
    figures["key_list"] = measured(page, lambda: at(page, "#/keys", "[href^='#/keys/']"))
    figures["house_again"] = measured(page, lambda: at(page, "#/", ".card.room"))
    context.close()
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binaries")
    parser.add_argument("--devices", type=int, default=4000)
    parser.add_argument("--files", action="store_true")
    parser.add_argument("--json")
    options = parser.parse_args()
    house = House(options.binaries, simulated=False, files=options.files)
    try:
        fill(house, options.devices)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-dev-shm-usage"])
            figures = figures_of(browser, house, options.devices)
            browser.close()
    finally:
        house.stop()
    print(json.dumps(figures, indent=2))
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(figures))


if __name__ == "__main__":
    main()
