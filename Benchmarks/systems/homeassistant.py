"""Home Assistant from PyPI.  HASS_PYTHON = python of a venv holding the homeassistant
package (it fetches its integrations' requirements from PyPI at its first start)."""
import http.client
import json
import os
import sqlite3
import time
import urllib.parse

import house
import mqttraw
import util
import websocket

from .base import System

DISC = "homeassistant"


def discovery(topic, dev, key, qos, kind):
    base = {"unique_id": f"{dev}_{key}", "object_id": f"{dev}_{key}", "name": key, "state_topic": topic,
            "value_template": "{{ value_json.%s }}" % key, "qos": qos,
            "device": {"identifiers": [dev], "name": dev}}
    if kind == "bool" or kind == "str":
        base["payload_on"], base["payload_off"] = ("True", "False") if kind == "bool" else ("ON", "OFF")
        return f"{DISC}/binary_sensor/{dev}_{key}/config", base
    base["state_class"] = "measurement"
    unit = {"temperature": ("°C", "temperature"), "humidity": ("%", "humidity"), "power": ("W", "power"),
            "voltage": ("V", "voltage"), "current": ("A", "current"), "battery": ("%", "battery"),
            "illuminance": ("lx", "illuminance")}.get(key)
    if unit:
        base["unit_of_measurement"], base["device_class"] = unit
    return f"{DISC}/sensor/{dev}_{key}/config", base


class HomeAssistant(System):
    id = "homeassistant"
    name = "homeassistant"
    what = "Home Assistant, recorder on its SQLite default, sensors by MQTT discovery"
    burst_n = 10_000
    counts = "changes"
    w1 = w2 = w3 = True
    w3_modes = ("raw", "stats")
    rule = "state"
    rules = ("state", "mqtt")
    w2_cheap = False

    @classmethod
    def missing(cls):
        return None if os.environ.get("HASS_PYTHON") else "HASS_PYTHON does not name a Python with homeassistant"

    # --- life ------------------------------------------------------------
    def _write_config(self, cfg):
        self.dir = cfg["dir"]
        self.http = util.free_port()
        st = os.path.join(self.dir, ".storage")
        os.makedirs(st, exist_ok=True)
        with open(os.path.join(self.dir, "configuration.yaml"), "w") as f:
            f.write("homeassistant:\n  name: bench\n  time_zone: UTC\n  unit_system: metric\n"
                    f"http:\n  server_host: 127.0.0.1\n  server_port: {self.http}\n"
                    "logger:\n  default: warning\nhistory:\nrecorder:\n" + cfg.get("recorder", "") +
                    "automation: !include automations.yaml\n" + cfg.get("extra_yaml", ""))
        trig = {"state": {"platform": "state", "entity_id": "sensor.bench_trigger_seq"},
                "mqtt": {"platform": "mqtt", "topic": house.TRIGGER_TOPIC, "qos": cfg.get("qos", 0)}}[self.rule]
        pay = {"state": "{{ trigger.to_state.state }}", "mqtt": "{{ trigger.payload_json.seq }}"}[self.rule]
        autos = [] if not cfg.get("rule") else [{
            "id": "bench", "alias": "bench", "mode": "queued", "max": 1000, "trigger": [trig],
            "action": [{"service": "mqtt.publish",
                        "data": {"topic": house.REACTION_TOPIC, "payload": pay, "qos": cfg.get("qos", 0)}}]}]
        with open(os.path.join(self.dir, "automations.yaml"), "w") as f:
            json.dump(autos, f)          # JSON is YAML
        entry = {"created_at": "2025-01-01T00:00:00+00:00", "modified_at": "2025-01-01T00:00:00+00:00",
                 "entry_id": "benchmqtt", "domain": "mqtt", "title": "mqtt", "version": 1, "minor_version": 2,
                 "source": "user", "unique_id": None, "disabled_by": None, "discovery_keys": {}, "subentries": [],
                 "pref_disable_new_entities": False, "pref_disable_polling": False,
                 "data": {"broker": "127.0.0.1", "port": cfg["port"], "protocol": "3.1.1"},
                 "options": {"discovery": True, "discovery_prefix": DISC}}
        with open(os.path.join(st, "core.config_entries"), "w") as f:
            json.dump({"version": 1, "minor_version": 5, "key": "core.config_entries",
                       "data": {"entries": [entry]}}, f)

    def _launch(self):
        py = os.environ["HASS_PYTHON"]
        self.p = util.spawn([py, "-m", "homeassistant", "-c", self.dir],
                            os.path.join(self.dir, "out.log"),
                            env={"PATH": os.path.dirname(py) + ":" + os.environ["PATH"]})
        util.wait_port(self.http, float(os.environ.get("HASS_START_S", "80")))
        if not getattr(self, "token", None):
            self._onboard()
        end = time.time() + 60
        while time.time() < end:
            try:
                if self.api("GET", "/api/config").get("state") == "RUNNING":
                    return
            except Exception:
                pass
            time.sleep(0.3)
        raise TimeoutError("Home Assistant never reached RUNNING")

    def _onboard(self):
        cid = f"http://127.0.0.1:{self.http}/"
        end = time.time() + 60
        while True:
            try:
                r = self._req("POST", "/api/onboarding/users", json.dumps(
                    {"client_id": cid, "name": "b", "username": "b", "password": "bench", "language": "en"}),
                    {"Content-Type": "application/json"})
                if "auth_code" in r:
                    break
            except Exception:
                if time.time() > end:
                    raise
            time.sleep(0.5)
        t = self._req("POST", "/auth/token", urllib.parse.urlencode(
            {"client_id": cid, "grant_type": "authorization_code", "code": r["auth_code"]}),
            {"Content-Type": "application/x-www-form-urlencoded"})
        self.token = t["access_token"]

    def _req(self, method, path, body=None, headers=None):
        c = http.client.HTTPConnection("127.0.0.1", self.http, timeout=80)
        c.request(method, path, body, headers or {})
        r = c.getresponse()
        b = r.read()
        c.close()
        if r.status // 100 != 2:
            raise RuntimeError(f"{r.status} {b[:200]}")
        return json.loads(b) if b else None

    def api(self, method, path, body=None):
        return self._req(method, path, json.dumps(body) if body is not None else None,
                         {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"})

    def _announce(self, cfg, devices):
        """Publish the discovery messages; wait until every entity exists."""
        want = set()
        c = mqttraw.Client(cfg["port"], "bench-disc")
        for topic, keys in devices:
            dev = topic.split("/", 1)[1]
            for k in keys:
                t, d = discovery(topic, dev, k, cfg.get("qos", 0), cfg.get("kinds", {}).get(k) or house.kind(k))
                c.s.sendall(mqttraw.pub_packet(t, json.dumps(d).encode(), retain=True))
                want.add(t.split("/")[1] + "." + d["object_id"])
        if cfg.get("rule"):
            t = f"{DISC}/sensor/bench_trigger_seq/config"
            d = {"unique_id": "bench_trigger_seq", "object_id": "bench_trigger_seq", "name": "seq",
                 "state_topic": house.TRIGGER_TOPIC, "value_template": "{{ value_json.seq }}", "qos": cfg.get("qos", 0)}
            c.s.sendall(mqttraw.pub_packet(t, json.dumps(d).encode(), retain=True))
            want.add("sensor.bench_trigger_seq")
        end = time.time() + 75
        while True:
            have = {s["entity_id"] for s in self.api("GET", "/api/states")}
            if want <= have:
                break
            if time.time() > end:
                raise TimeoutError(f"{len(want - have)} entities missing, e.g. {sorted(want - have)[:3]}")
            time.sleep(1)
        c.close()
        self.n_entities = len(want)

    def start(self, cfg):
        self._write_config(cfg)
        self._launch()
        self._announce(cfg, cfg.get("devices", []))
        time.sleep(12)                     # the initial 'unknown' states get committed
        self.db = os.path.join(self.dir, "home-assistant_v2.db")
        self.base = self._sql("SELECT COALESCE(MAX(state_id),0) FROM states")
        self.bytes0 = self._db_now()
        return self.p.pid

    def _sql(self, q):
        with sqlite3.connect(f"file:{self.db}?mode=ro", uri=True, timeout=30) as d:
            return d.execute(q).fetchone()[0]

    def _db_now(self):
        return self._sql("SELECT (SELECT page_count FROM pragma_page_count) * (SELECT page_size FROM pragma_page_size)")

    def stop(self):
        util.stop(self.p, 60)

    def pids(self):
        return [self.p.pid]

    def progress(self):
        return self._sql("SELECT COALESCE(MAX(state_id),0) FROM states") - self.base

    def count_stored(self):
        return self._sql("SELECT COUNT(*) FROM states JOIN states_meta USING(metadata_id) "
                         f"WHERE state_id > {self.base} AND states_meta.entity_id LIKE '%sensor.dev%'")

    def db_bytes(self):
        if hasattr(self, "w3_bytes"):
            return self.w3_bytes
        return self._db_now() - self.bytes0

    # --- W3: rows straight into the recorder's tables ----------------------
    def preload(self, cfg, series):
        eid = lambda k, kind: ("binary_sensor." if kind == "bool" else "sensor.") + "h_" + k  # noqa: E731
        self._write_config({**cfg, "recorder": "  purge_keep_days: 400\n", "extra_yaml":
                            "sensor:\n  - platform: history_stats\n    name: ratio\n    entity_id: binary_sensor.h_motion18\n"
                            "    state: 'on'\n    type: ratio\n    start: '{{ now() - timedelta(days=30) }}'\n    end: '{{ now() }}'\n"})
        self.db = os.path.join(self.dir, "home-assistant_v2.db")
        ccfg = {**cfg, "kinds": {k: kind for k, kind, _ in series}}
        devices = [("zigbee2mqtt/h", [k for k, _, _ in series])]

        def values():
            c = mqttraw.Client(cfg["port"], "bench-vals")
            c.s.sendall(mqttraw.pub_packet("zigbee2mqtt/h", json.dumps(
                {k: (False if kind == "bool" else 21.5 if kind == "float" else 21) for k, kind, _ in series}).encode(), retain=True))
            time.sleep(0.5)
            c.close()
        self._launch()
        self._announce(ccfg, devices)
        values()
        time.sleep(8)
        self.stop()
        d = sqlite3.connect(self.db, isolation_level=None)
        for p in ("journal_mode=WAL", "synchronous=OFF", "cache_size=-400000", "foreign_keys=OFF"):
            d.execute("PRAGMA " + p)
        d.execute("DELETE FROM states")
        d.execute("VACUUM")
        base = d.execute("SELECT page_count*page_size FROM pragma_page_count, pragma_page_size").fetchone()[0]
        ids = dict(d.execute("SELECT entity_id, metadata_id FROM states_meta"))
        mids = [ids[eid(k, kind)] for k, kind, _ in series]
        kinds = [kind for _, kind, _ in series]
        self.n = 0
        stat = {}

        def rows():
            last, prev, sid = [None] * len(series), [None] * len(series), 0
            rnd = os.urandom(1 << 16)
            for pts in zip(*[it for _, _, it in series]):
                for j, (t, v) in enumerate(pts):
                    if j == 3:
                        stat.setdefault(t // 3600 * 3600, []).append(v)
                    if v == last[j]:
                        continue
                    last[j] = v
                    sid += 1
                    ts = t + j * 0.01
                    ctx = int(ts * 1000).to_bytes(6, "big") + rnd[sid % 65000:sid % 65000 + 10]
                    yield sid, ("on" if v else "off") if kinds[j] == "bool" else str(v), ts, prev[j], 1, 0, ctx, mids[j]
                    prev[j] = sid
            self.n = sid
        d.execute("BEGIN")
        d.executemany("INSERT INTO states(state_id,state,last_updated_ts,old_state_id,attributes_id,origin_idx,"
                      "context_id_bin,metadata_id) VALUES(?,?,?,?,?,?,?,?)", rows())
        d.execute("COMMIT")
        d.execute("DELETE FROM statistics_meta WHERE statistic_id='sensor.h_temp03'")
        m = d.execute("INSERT INTO statistics_meta(statistic_id,source,has_mean,has_sum,mean_type) "
                      "VALUES('sensor.h_temp03','recorder',1,0,1)").lastrowid
        d.executemany("INSERT INTO statistics(created_ts,metadata_id,start_ts,mean,min,max) VALUES(?,?,?,?,?,?)",
                      [(t + 3610, m, t, sum(x) / len(x), min(x), max(x)) for t, x in stat.items()])
        d.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.w3_bytes = d.execute("SELECT page_count*page_size FROM pragma_page_count, pragma_page_size").fetchone()[0] - base
        d.close()
        self.bytes0 = self._db_now() - self.w3_bytes
        self._launch()
        self._announce(ccfg, devices)
        values()
        time.sleep(3)
        self.ws = WS(self.http, self.token)
        return self.n

    def query(self, q, key, t0, t1):
        e = ("binary_sensor.h_" if key.startswith("motion") else "sensor.h_") + key
        iso = lambda t: time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(t))  # noqa: E731
        if q == "last":
            s = self.api("GET", f"/api/states/{e}")
            return s["last_updated"], s["state"]
        if q == "hourly_stats":
            r = self.ws.call({"type": "recorder/statistics_during_period", "start_time": iso(t0), "end_time": iso(t1),
                              "statistic_ids": [e], "period": "hour", "types": ["mean", "min", "max"]})
            return len(r[e])
        if q == "pct_true_stats":              # history_stats recomputes its whole window
            self.api("POST", "/api/services/homeassistant/update_entity", {"entity_id": "sensor.ratio"})
            return float(self.api("GET", "/api/states/sensor.ratio")["state"])
        if q not in ("hourly", "pct_true"):
            raise NotImplementedError
        r = self.ws.call({"type": "history/history_during_period", "start_time": iso(t0), "end_time": iso(t1),
                          "entity_ids": [e], "minimal_response": True, "no_attributes": True})[e]
        if q == "hourly":
            h = {}
            for x in r:
                try:
                    h.setdefault(int(x["lu"]) // 3600, []).append(float(x["s"]))
                except ValueError:
                    pass
            return len([(sum(v) / len(v), min(v), max(v)) for v in h.values()])
        on = 0.0
        for a, b in zip(r, r[1:] + [{"lu": t1, "s": ""}]):
            if a["s"] == "on":
                on += b["lu"] - a["lu"]
        return 100 * on / (t1 - t0)


class WS:
    """Home Assistant's API over a websocket."""

    def __init__(self, port, token):
        self.ws = websocket.WebSocket(port, "/api/websocket")
        self.n = 0
        self.ws.receive()
        self.ws.send({"type": "auth", "access_token": token})
        assert self.ws.receive()["type"] == "auth_ok"

    def call(self, o):
        self.n += 1
        self.ws.send({"id": self.n, **o})
        while True:
            r = self.ws.receive()
            for x in r if isinstance(r, list) else [r]:
                if x.get("id") == self.n and x["type"] == "result":
                    if not x["success"]:
                        raise RuntimeError(str(x)[:200])
                    return x["result"]
