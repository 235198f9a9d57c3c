"""The hub itself.  KOMOKUD names its binary, KOMOKU_BENCH_STORE and KOMOKU_BENCH_RULES those of Benchmarks/store and
Benchmarks/rules; the default is the release build of
this repository."""
import http.client
import json
import os
import subprocess
import time

import house
import mqttraw
import util
import websocket

from .base import System

BINARY = os.path.abspath(os.environ.get("KOMOKUD") or os.path.join(util.HERE, "..", ".build-release", "release", "komokud"))
STORE_BINARY = os.path.abspath(os.environ.get("KOMOKU_BENCH_STORE") or os.path.join(os.path.dirname(BINARY), "komoku-bench-store"))
RULES_BINARY = os.path.abspath(os.environ.get("KOMOKU_BENCH_RULES") or os.path.join(os.path.dirname(BINARY), "komoku-bench-rules"))
COMMIT_INTERVAL = os.environ.get("KOMOKU_COMMIT_INTERVAL", "1s")     # that of the C programs
START_S = 60
FIELDS = sorted({k for i in range(len(house.TYPES)) for k in house.TYPES[i]})
OPTIONS = {"bool": "type: boolean", "str": 'type: boolean, values: {"ON": true, "OFF": false}',
           "int": "type: numeric", "float": "type: numeric"}


class Komoku(System):
    id = "komoku"
    name = "komoku"
    what = f"the hub: durability full, commit_interval {COMMIT_INTERVAL}, every value a point"
    w1 = w2 = w4 = True
    w3 = os.access(STORE_BINARY, os.X_OK)
    w4_restart = True
    discovered = False
    p = ws = None

    @classmethod
    def missing(cls):
        return None if os.access(BINARY, os.X_OK) else f"no program at {BINARY} (make build, or set KOMOKUD)"

    def start(self, cfg):
        self.dir = os.path.join(cfg["dir"], "data")
        os.makedirs(self.dir, exist_ok=True)
        self.port = util.free_port()
        path, log = os.path.join(cfg["dir"], "komoku.yaml"), os.path.join(cfg["dir"], "komokud.log")
        with open(path, "w") as f:
            f.write(self._configuration(cfg))
        told = os.path.getsize(log) if os.path.exists(log) else 0
        self.p = util.spawn([BINARY, "--config", path], log)
        self._wait_until_subscribed(log, told)
        return self.p.pid

    def _configuration(self, cfg):
        lines = ["hub: {name: bench}",
                 f'mqtt: {{url: "mqtt://127.0.0.1:{cfg["port"]}"}}',
                 f'store: {{path: "{self.dir}/komoku.db", commit_interval: {COMMIT_INTERVAL}, durability: full}}',
                 f"listen: [{{port: {self.port}, api: 2}}]",
                 'keys: {"**": {same_value_resolution: 0s}, trigger.seq: {type: numeric}}',
                 "map:"]
        if cfg.get("many"):
            lines += [f'  - {{topic: "{house.MANY_PREFIX}/{{room}}/{{name}}", key: "{{room}}.{{name}}", '
                      f'type: numeric, qos: {cfg["qos"]}}}']
        elif self.discovered:
            lines[-1:] = [f"devices: {{zigbee2mqtt: {{base: {house.PREFIX}}}}}"]
        else:
            lines += [f'  - topic: "{house.PREFIX}/{{device}}"', f'    qos: {cfg["qos"]}', "    json:"]
            lines += [f'      {k}: {{key: "{{device}}.{k}", {OPTIONS[house.kind(k)]}}}' for k in FIELDS]
        if cfg.get("rule"):
            lines += ['      seq: {key: "{device}.seq", type: numeric}',
                      "rules:",
                      "  - name: bench",
                      "    when: {change: trigger.seq}",
                      f'    then: {{publish: {{topic: {house.REACTION_TOPIC}, payload: "{{value}}", qos: {cfg["qos"]}}}}}']
        return "\n".join(lines) + "\n"

    def _wait_until_subscribed(self, log, told):
        """Its log says so, and its port answers."""
        end = time.time() + START_S
        while True:
            with open(log, "rb") as f:
                f.seek(told)
                text = f.read().decode(errors="replace")
            if "subscribed" in text.lower() and self._is_healthy():
                return
            if self.p.poll() is not None or time.time() > end:
                code = self.p.poll()
                self.stop()
                raise RuntimeError(f"komokud did not subscribe (exit {code}): {text[-600:]}")
            time.sleep(0.005)

    def _is_healthy(self):
        try:
            c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
            c.request("GET", "/-/healthy")
            ok = c.getresponse().status == 200
            c.close()
            return ok
        except OSError:
            return False

    def _ask(self, command, body=None):
        """One command on the hub's version 2 socket; a connection that was dropped is made again."""
        for attempt in (1, 2):
            try:
                self.ws = self.ws or websocket.WebSocket(self.port)
                self.ws.send({command: body or {}})
                while True:
                    reply = self.ws.receive()
                    if "result" in reply:
                        return reply["result"]
                    if "error" in reply:
                        raise RuntimeError(f"{command}: {reply['error']}")
            except OSError:
                self.ws = None
                if attempt == 2:
                    raise

    def preload(self, cfg, series):
        """The store's own import writes the file, of equal data of its own making; then the hub starts on it."""
        data = os.path.join(cfg["dir"], "data")
        os.makedirs(data)
        days = (cfg["t1"] - cfg["t0"]) // 86400
        figures = bench_store("w3", "--database", os.path.join(data, "komoku.db"), "--until", cfg["t1"], "--days", days)
        self.w3_figures = {"store": figures, "load_s": round(figures["w3_import"]["seconds"] + figures["w3_compact"]["seconds"], 1)}
        self.start({"rule": False, **cfg})
        return int(figures["w3_import"]["values"])

    def query(self, q, key, t0, t1):
        if q == "last":
            answer = self._ask("last", {"key": key})
            return answer["time"], answer["value"]
        period = {"key": key, "since": t0, "until": t1}
        if q == "hourly":
            return len(self._ask("statistics", {**period, "step": "1h", "fields": ["mean", "min", "max"]})["windows"])
        return 100 * self._ask("statistics", {**period, "fields": ["fraction"]})["windows"][0]["fraction"]

    def progress(self):
        return self._ask("store")["durable_puts"]

    def count_stored(self):
        return self._ask("stats")["data_points_count"]

    def pids(self):
        return [self.p.pid]

    def stop(self):
        if self.ws:
            self.ws.close()
            self.ws = None
        util.stop(self.p)

    def db_bytes(self):
        return util.du(self.dir)


class KomokuDiscovered(Komoku):
    """The same house without a mapping: the retained `bridge/devices` says what the topics mean."""
    id = "komoku-discovered"
    name = "komoku discovered"
    what = Komoku.what + "; devices by their discovery instead of a mapping"
    w2 = w3 = w4 = False
    discovered = True

    def start(self, cfg):
        client = mqttraw.Client(cfg["port"], "bridge")
        payload = json.dumps([house.zigbee_device(i) for i in range(house.N_DEVICES)], separators=(",", ":")).encode()
        client.s.sendall(mqttraw.pub_packet(f"{house.PREFIX}/bridge/devices", payload, 1, 1, retain=True))
        assert client.read_packet(10)[0] == 4
        client.s.close()
        pid = super().start(cfg)
        self._wait_for_devices()
        return pid

    def _wait_for_devices(self):
        want = sum(len(house.device_keys(i)) for i in range(house.N_DEVICES))
        end = time.time() + START_S
        while self._ask("stats")["keys_count"] < want:
            if time.time() > end:
                raise RuntimeError("the devices were not discovered")
            time.sleep(0.02)


def bench_store(*arguments, timeout=600):
    """What a command of Benchmarks/store prints: {name: figures}."""
    return {line.pop("name"): line for line in printed(STORE_BINARY, arguments, timeout)}


def bench_rules(*arguments, timeout=300):
    """What a command of Benchmarks/rules prints: [figures]."""
    return printed(RULES_BINARY, arguments, timeout)


def printed(binary, arguments, timeout):
    out = subprocess.run([binary, *map(str, arguments)], stdout=subprocess.PIPE, text=True, timeout=timeout, check=True).stdout
    return [json.loads(line) for line in out.splitlines()]
