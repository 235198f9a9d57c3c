"""The synthetic house: 300 zigbee2mqtt-like devices, deterministic random walk.

generate(n) yields (topic, payload_dict) round-robin over the devices.
Value kinds: float, int, bool, str ("ON"/"OFF").
"""
import json
import random

N_DEVICES = 300
PREFIX = "zigbee2mqtt"
TRIGGER_TOPIC = "zigbee2mqtt/trigger"      # W2: {"seq":17,"occupancy":true}
REACTION_TOPIC = "bench/reaction"          # W2: payload contains the seq number
MANY_PREFIX = "many"                       # W4: many/<room>/<i>, one plain number each

# device type -> keys.  (start, lo, hi, step, digits) for numbers
NUM = {
    "temperature": (21.0, -10.0, 40.0, 0.12, 2),
    "humidity": (45.0, 5.0, 99.0, 0.4, 1),
    "illuminance": (120, 0, 2000, 15, 0),
    "power": (60.0, 0.0, 2300.0, 8.0, 1),
    "energy": (100.0, 0.0, 1e9, 0.01, 2),
    "voltage": (230.0, 215.0, 245.0, 0.6, 1),
    "current": (0.4, 0.0, 10.0, 0.03, 2),
    "linkquality": (96, 0, 255, 6, 0),
    "battery": (87, 0, 100, 0, 0),
}
TYPES = [
    ("temperature", "humidity", "battery", "linkquality"),
    ("occupancy", "illuminance", "temperature", "battery", "linkquality"),
    ("state", "power", "energy", "voltage", "current", "linkquality"),
    ("contact", "battery", "linkquality"),
    ("temperature", "humidity", "linkquality", "battery", "occupancy"),
]


def device_keys(i):
    return TYPES[i % len(TYPES)]


def device_topic(i):
    return f"{PREFIX}/dev{i:03d}"


def kind(key):
    if key in ("occupancy", "contact"):
        return "bool"
    if key == "state":
        return "str"
    return "int" if NUM[key][4] == 0 else "float"


UNITS = {"temperature": "°C", "humidity": "%", "illuminance": "lx", "power": "W", "energy": "kWh", "voltage": "V",
         "current": "A", "linkquality": "lqi", "battery": "%"}


def expose(key):
    """What zigbee2mqtt says of one property."""
    common = {"name": key, "label": key.title(), "property": key, "access": 1}
    if kind(key) == "bool":
        return {"type": "binary", "value_on": True, "value_off": False, **common}
    if kind(key) == "str":
        return {"type": "switch", "features": [{"type": "binary", "value_on": "ON", "value_off": "OFF", **common, "access": 7}]}
    return {"type": "numeric", "unit": UNITS[key], **common}


def zigbee_device(i):
    """The entry of `bridge/devices`."""
    return {"ieee_address": f"0x00158d00{i:08x}", "friendly_name": device_topic(i).split("/")[1], "type": "EndDevice",
            "network_address": i + 1, "supported": True, "disabled": False, "interview_completed": True,
            "definition": {"model": f"T{i % len(TYPES)}", "vendor": "Bench", "description": "synthetic",
                           "exposes": [expose(k) for k in device_keys(i)], "options": []}}


def generate(n, seed=1):
    rnd = random.Random(seed)
    cur = []
    for i in range(N_DEVICES):
        d = {}
        for k in device_keys(i):
            t = kind(k)
            d[k] = False if t == "bool" else "OFF" if t == "str" else NUM[k][0] + (i % 7 if k != "battery" else -(i % 40))
        cur.append(d)
    for m in range(n):
        i = m % N_DEVICES
        d = cur[i]
        for k in d:
            t = kind(k)
            if t == "bool":
                if rnd.random() < 0.15:
                    d[k] = not d[k]
            elif t == "str":
                if rnd.random() < 0.10:
                    d[k] = "OFF" if d[k] == "ON" else "ON"
            else:
                _, lo, hi, step, dig = NUM[k]
                if k == "battery":
                    if rnd.random() < 0.002:
                        d[k] = max(0, d[k] - 1)
                    continue
                v = d[k] + (abs(rnd.gauss(0, step)) if k == "energy" else rnd.gauss(0, step))
                v = min(hi, max(lo, v))
                d[k] = int(round(v)) if dig == 0 else round(v, dig)
        yield device_topic(i), dict(d)


def expected(n, seed=1):
    """-> (values, changes): values carried by n messages; those that differ from
    the same key's previous value (what a change-only store such as Home
    Assistant's recorder keeps; the first value of a key counts as a change)."""
    last, values, changes = {}, 0, 0
    for topic, d in generate(n, seed):
        for k, v in d.items():
            values += 1
            if last.get((topic, k)) != v:
                changes += 1
                last[(topic, k)] = v
    return values, changes


def many_topic(i):
    return f"{MANY_PREFIX}/room{i // 1000:03d}/k{i % 1000:03d}"


def many(n, seed=1):
    """W4: one plain number for each of n topics."""
    rnd = random.Random(seed)
    for i in range(n):
        yield many_topic(i), b"%.2f" % rnd.uniform(15, 25)


def encode(d):
    return json.dumps(d, separators=(",", ":")).encode()


if __name__ == "__main__":
    for t, d in generate(10):
        print(t, encode(d).decode())
    print(expected(20000), sum(len(encode(d)) for _, d in generate(20000)) / 20000)
