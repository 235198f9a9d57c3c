"""Discovery: a list of Zigbee devices applied, applied again, and its memory.  `bench.py --works devices`."""
import json
import shutil
import time

import mqttraw
import util
from systems.komoku import KomokuDiscovered

FILLER = "What the property is for, in the words of the manual, as long as such descriptions tend to be. "
FEATURES = [("numeric", "temperature", {"unit": "°C"}), ("numeric", "humidity", {"unit": "%"}),
            ("numeric", "pressure", {"unit": "hPa"}), ("numeric", "battery", {"unit": "%", "value_min": 0, "value_max": 100}),
            ("numeric", "voltage", {"unit": "mV"}), ("numeric", "illuminance", {"unit": "lx"}),
            ("binary", "occupancy", {"value_on": True, "value_off": False}),
            ("binary", "state", {"value_on": "ON", "value_off": "OFF"}), ("numeric", "power", {"unit": "W"}),
            ("enum", "mode", {"values": ["off", "auto", "heat", "cool"]}), ("numeric", "linkquality", {"unit": "lqi"})]
WRITABLE = {"state", "mode"}
# With `online`.
KEYS = len(FEATURES) + 1


def entry(i):
    exposes = [{"type": t, "name": n, "label": n.capitalize(), "property": n, "access": 7 if n in WRITABLE else 1,
                "description": FILLER * 2, **more} for t, n, more in FEATURES]
    return {"ieee_address": f"0x00158d00{i:08x}", "friendly_name": f"device_{i}", "type": "EndDevice", "network_address": i + 1,
            "supported": True, "disabled": False, "interview_completed": True,
            "definition": {"model": "BENCH", "vendor": "Bench", "description": FILLER, "exposes": exposes, "options": []}}


def payload(n):
    return json.dumps([entry(i) for i in range(n)], separators=(",", ":")).encode()


class Hub(KomokuDiscovered):
    """On an empty broker: nothing was announced yet."""

    def _wait_for_devices(self):
        pass

    def start(self, cfg):
        return super(KomokuDiscovered, self).start(cfg)


def measure(base, n=200, memory_of=4000):
    """Milliseconds from a publish to its effect, as a client of the hub sees it, and KiB a property."""
    return {**_times(base, n), **_memory(base, memory_of)}


class _House:
    def __enter__(self):
        self.broker, self.dir, self.hub = util.Broker(), util.work_dir("devices"), Hub()
        self.hub.start({"dir": self.dir, "port": self.broker.port, "qos": 1})
        self.client = mqttraw.Client(self.broker.port, "bridge")
        return self

    def __exit__(self, *_):
        self.hub.stop()
        self.broker.stop()
        shutil.rmtree(self.dir, ignore_errors=True)

    def publish(self, topic, body):
        self.client.s.sendall(mqttraw.pub_packet(topic, body, 0))

    def wait_for_keys(self, n):
        end = time.time() + 60
        while self.hub._ask("stats")["keys_count"] < n:
            assert time.time() < end, "the devices were not discovered"

    def wait_for_value(self, key, value):
        end = time.time() + 60
        while self.hub._ask("get", {"key": key}) != value:
            assert time.time() < end, f"{key} did not become {value}"


def _times(base, n):
    body = payload(n)
    with _House() as house:
        house.publish(f"{base}/bridge/state", b'{"state":"online"}')
        time.sleep(0.5)
        cpu, t = util.snap(house.hub.pids())["cpu_s"], time.perf_counter()
        house.publish(f"{base}/bridge/devices", body)
        house.wait_for_keys(n * KEYS)
        first = time.perf_counter() - t
        time.sleep(1)
        plain, again = [], []
        for i in range(20):
            for times, lists in ((plain, 0), (again, 1)):
                value = i * 10 + lists + 1
                t = time.perf_counter()
                for _ in range(lists):
                    house.publish(f"{base}/bridge/devices", body)
                house.publish(f"{base}/device_{n - 1}", json.dumps({"power": value}).encode())
                house.wait_for_value(f"device_{n - 1}.power", value)
                times.append(time.perf_counter() - t)
        return {"devices": n, "bytes": len(body), "first_ms": round(first * 1e3, 1),
                "unchanged_ms": round((sorted(again)[10] - sorted(plain)[10]) * 1e3, 1),
                "one_message_ms": round(sorted(plain)[10] * 1e3, 2)}


def _memory(base, n):
    with _House() as house:
        house.publish(f"{base}/bridge/state", b'{"state":"online"}')
        time.sleep(0.5)
        before = util.snap(house.hub.pids())["rss_kib"]
        for end in range(500, n + 1, 500):
            house.publish(f"{base}/bridge/devices", payload(end))
            house.wait_for_keys(end * KEYS)
        # Each device speaks once, so that its topic is planned and its values are held.
        for i in range(n):
            values = {name: 1 if t == "numeric" else "ON" if name == "state" else True if t == "binary" else "auto"
                      for t, name, _ in FEATURES}
            house.publish(f"{base}/device_{i}", json.dumps(values).encode())
        house.wait_for_value(f"device_{n - 1}.linkquality", 1)
        time.sleep(8)
        after = util.snap(house.hub.pids())["rss_kib"]
        return {"properties": n * KEYS, "kib_per_property": round((after - before) / (n * KEYS), 2)}
