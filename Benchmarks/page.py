#!/usr/bin/env python3
"""The page in headless Chromium, with 2,000 keys of 200 devices: how soon it is there, how soon it shows a change, and what a busy house costs it.

    Benchmarks/page.py BINARIES [--seconds 60] [--json FILE]

BINARIES holds komokud (a release build) and komoku. Needs Mosquitto, Debian's chromium and libjs-chart.js, and a Python with playwright
(`make web` makes one in .build/web). Figures: milliseconds unless said otherwise. The page is opened from an empty cache.
"""
import argparse
import gzip
import json
import pathlib
import random
import socket
import statistics
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "Tests/Web"))
from playwright.sync_api import sync_playwright  # noqa: E402

from house import House  # noqa: E402

DEVICES, VALUES = 200, 10
ROOMS = ["kitchen", "hall", "bedroom", "bathroom", "study", "attic", "cellar", "garage", "garden", "lounge"]


def exposes():
    """A lamp with brightness and eight readings: ten keys."""
    def numeric(name, unit, access=1, **more):
        return {"type": "numeric", "name": name, "property": name, "unit": unit, "access": access} | more
    state = {"type": "binary", "name": "state", "property": "state", "access": 7, "value_on": "ON", "value_off": "OFF"}
    light = {"type": "light", "features": [state, numeric("brightness", None, 7, value_min=0, value_max=254)]}
    readings = [("temperature", "°C"), ("humidity", "%"), ("power", "W"), ("voltage", "V"), ("current", "A"), ("illuminance", "lx"), ("pressure", "hPa")]
    return [light] + [numeric(name, unit) for name, unit in readings]


def names():
    return [f"{ROOMS[i % len(ROOMS)]}_lamp_{i}" for i in range(DEVICES)]


def describe(house):
    devices = [{"ieee_address": f"0x{0x158d0000 + i:016x}", "friendly_name": name, "type": "Router", "supported": True, "interview_completed": True,
                "definition": {"vendor": "Bench", "model": "B1", "description": "lamp", "exposes": exposes()}} for i, name in enumerate(names())]
    house.publish("zigbee2mqtt/bridge/state", {"state": "online"}, retain=True)
    house.publish("zigbee2mqtt/bridge/devices", [{"ieee_address": "0x0", "friendly_name": "Coordinator", "type": "Coordinator"}] + devices, retain=True)


def packet(topic, payload):
    body = len(topic).to_bytes(2, "big") + topic.encode() + payload.encode()
    length, size = b"", len(body)
    while True:
        size, digit = size >> 7, size & 0x7f
        length += bytes([digit | (0x80 if size else 0)])
        if not size:
            return b"\x30" + length + body


class Publisher:
    """MQTT 3.1.1, QoS 0, over one socket."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connect = b"\x00\x04MQTT\x04\x02\x00\x3c" + b"\x00\x05bench"
        self.socket.sendall(b"\x10" + bytes([len(connect)]) + connect)
        self.socket.recv(4)

    def send(self, topic, values):
        self.socket.sendall(packet(topic, json.dumps(values)))


def state(chance):
    return {"state": chance.choice(["ON", "OFF"]), "brightness": chance.randrange(255), "temperature": round(chance.uniform(15, 25), 1),
            "humidity": round(chance.uniform(30, 60), 1), "power": round(chance.uniform(0, 60), 1), "voltage": round(chance.uniform(228, 234), 1),
            "current": round(chance.uniform(0, 0.3), 3), "illuminance": chance.randrange(500), "pressure": round(chance.uniform(990, 1030), 1)}


def fill(house):
    describe(house)
    publisher, chance = Publisher(house.broker), random.Random(1)
    house.wait(lambda: len(house.api("GET", "devices?limit=256")["devices"]) >= DEVICES)
    for name in names():
        publisher.send(f"zigbee2mqtt/{name}", state(chance))
    house.wait(lambda: house.get(f"{names()[-1]}.pressure") is not None)
    return publisher


def open_page(browser, url, slow=1, view=""):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, service_workers="block")
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Performance.enable")
    if slow > 1:
        session.send("Emulation.setCPUThrottlingRate", {"rate": slow})
    page.add_init_script("""
        window.shifts = 0; window.longest = 0
        new PerformanceObserver((list) => { for (const each of list.getEntries()) if (!each.hadRecentInput) window.shifts += each.value }).observe({ type: 'layout-shift', buffered: true })
        new PerformanceObserver((list) => { for (const each of list.getEntries()) window.longest = Math.max(window.longest, each.duration) }).observe({ type: 'longtask', buffered: true })
    """)
    page.goto(url + view)
    page.wait_for_selector("main .card:visible")
    return context, page, session


def metrics(session):
    return {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}


def opening(browser, house, slow, rounds=3):
    paints, usable = [], []
    for _ in range(rounds):
        context, page, _ = open_page(browser, house.url, slow)
        page.wait_for_selector("main .card button:visible")
        usable.append(page.evaluate("performance.now()"))
        paints.append(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? -1"))
        context.close()
    return {"first_paint_ms": statistics.median(paints), "usable_ms": statistics.median(usable)}


def reaction(browser, house, publisher, rounds=40):
    context, page, _ = open_page(browser, house.url, view="#/rooms/kitchen")
    name = names()[0]
    page.wait_for_selector("main .card:visible")
    page.evaluate("""() => { window.seen = {}; new MutationObserver(() => {
        for (const found of document.querySelector('main').innerText.matchAll(/3\\d\\.\\d/g)) window.seen[found[0]] ??= Date.now() }).observe(document.querySelector('main'), { subtree: true, childList: true, characterData: true }) }""")
    delays = []
    for i in range(rounds):
        value = round(30.1 + i // 9 + i % 9 / 10, 1)
        start = time.time() * 1000
        publisher.send(f"zigbee2mqtt/{name}", {"temperature": value})
        text = f"{value:.1f}"
        try:
            page.wait_for_function("(text) => window.seen[text]", arg=text, timeout=3000)
            delays.append(page.evaluate("(text) => window.seen[text]", text) - start)
        except Exception:  # noqa: BLE001
            delays.append(3000)
        time.sleep(0.05)
    context.close()
    delays.sort()
    return {"change_p50_ms": round(statistics.median(delays), 1), "change_p95_ms": round(delays[int(len(delays) * .95)], 1), "change_max_ms": round(delays[-1], 1)}


def load(browser, house, publisher, seconds):
    """1,000 changes a second: 111 messages with nine values each."""
    context, page, session = open_page(browser, house.url)
    page.wait_for_timeout(2000)
    page.evaluate("() => { window.shifts = 0; window.longest = 0 }")
    session.send("HeapProfiler.collectGarbage")
    before, over = metrics(session), threading.Event()

    def publish():
        chance, sent, start = random.Random(2), 0, time.monotonic()
        while not over.is_set():
            while sent < (time.monotonic() - start) * 111:
                publisher.send(f"zigbee2mqtt/{chance.choice(names())}", state(chance))
                sent += 1
            time.sleep(0.01)
    thread = threading.Thread(target=publish)
    thread.start()
    page.wait_for_timeout(seconds * 1000)
    after = metrics(session)
    over.set()
    thread.join()
    page.wait_for_timeout(500)
    session.send("HeapProfiler.collectGarbage")
    end = metrics(session)
    shifts, longest = page.evaluate("[window.shifts, window.longest]")
    context.close()
    return {"busy_percent": round((after["TaskDuration"] - before["TaskDuration"]) / seconds * 100, 1),
            "heap_growth_kib": round((end["JSHeapUsedSize"] - before["JSHeapUsedSize"]) / 1024), "nodes_growth": end["Nodes"] - before["Nodes"],
            "layout_shift": round(shifts, 4), "longest_task_ms": longest}


def sizes():
    """What is ours, compressed as the hub does it."""
    files = [path for path in (ROOT / "Sources/KomokuServer/Web").rglob("*") if path.suffix in (".js", ".css")]
    return {"all_files_kib": round(sum(len(gzip.compress(path.read_bytes(), 6)) for path in files) / 1024, 1)}


def first_view(browser, house):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, service_workers="block")
    page = context.new_page()
    loaded = []
    page.on("requestfinished", lambda request: loaded.append(request) if request.resource_type in ("script", "stylesheet") else None)
    page.goto(house.url)
    page.wait_for_selector("main .card:visible")
    size = sum(request.sizes()["responseBodySize"] for request in loaded)
    context.close()
    return {"first_view_kib": round(size / 1024, 1), "first_view_files": len(loaded)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binaries")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--json")
    options = parser.parse_args()
    house = House(options.binaries, simulated=False)
    try:
        publisher = fill(house)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-dev-shm-usage"])
            figures = {"keys": DEVICES * VALUES, "own": sizes() | first_view(browser, house)}
            figures["opened_4_times_slowed"] = opening(browser, house, 4)
            figures["opened"] = opening(browser, house, 1)
            figures["change"] = reaction(browser, house, publisher)
            figures["thousand_changes_a_second"] = load(browser, house, publisher, options.seconds)
            browser.close()
    finally:
        house.stop()
    print(json.dumps(figures, indent=2))
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(figures))


if __name__ == "__main__":
    main()
