"""Time-series stores fed by consumer.py (a 100-line paho-mqtt script), and rrdtool."""
import http.client
import json
import mmap
import os
import sqlite3
import struct
import subprocess
import sys
import time
import urllib.parse

import house
import limits
import util

from .base import System


class Fed(System):
    """A store plus the consumer process."""
    sink = None
    w1 = w3 = True
    srv = cons = None
    binary = None        # its server: (program, environment variable)

    @classmethod
    def missing(cls):
        return (util.absent(*cls.binary) if cls.binary else None) or util.no_paho()

    def _server(self, d):
        """Start the store's server, if any; set self.http."""

    def start(self, cfg):
        self.dir = os.path.join(cfg["dir"], "data")
        os.makedirs(self.dir, exist_ok=True)
        self._server(cfg["dir"])
        prog = os.path.join(cfg["dir"], "progress")
        self.cons = util.spawn(self._consumer(cfg, prog), os.path.join(cfg["dir"], "consumer.log"))
        end = time.time() + 20
        while True:
            if os.path.exists(prog) and os.path.getsize(prog) == 16:
                f = open(prog, "rb")
                self.pm = mmap.mmap(f.fileno(), 16, access=mmap.ACCESS_READ)
                if self.pm[8]:
                    break
            if time.time() > end or self.cons.poll() is not None:
                raise RuntimeError("consumer did not subscribe: " + open(os.path.join(cfg["dir"], "consumer.log")).read()[-300:])
            time.sleep(0.1)
        return (self.srv or self.cons).pid

    def _consumer(self, cfg, prog):
        cmd = [os.environ.get("BENCH_PYTHON", sys.executable), os.path.join(util.HERE, "consumer.py"),
               "--port", str(cfg["port"]), "--qos", str(cfg["qos"]), "--sink", self.sink, "--progress", prog]
        return cmd + (["--db", self.dbfile()] if self.sink == "sqlite" else ["--url-port", str(self.http)])

    def dbfile(self):
        return os.path.join(self.dir, "bench.db")

    def progress(self):
        return struct.unpack("<q", self.pm[0:8])[0]

    def pids(self):
        return [p.pid for p in (self.srv, self.cons) if p]

    def stop(self):
        util.stop(self.cons)
        util.stop(self.srv, 60)

    def db_bytes(self):
        return util.du(self.dir)

    def _http(self, method, path, body=None):
        c = getattr(self, "hc", None) or http.client.HTTPConnection("127.0.0.1", self.http, timeout=80)
        self.hc = c
        c.request(method, path, body)
        r = c.getresponse()
        b = r.read()
        if r.status // 100 != 2:
            raise RuntimeError(f"{r.status} {b[:300]}")
        return b

    def _fresh(self, cfg):
        self.dir = os.path.join(cfg["dir"], "data")
        os.makedirs(self.dir, exist_ok=True)
        self._server(cfg["dir"])


class Influx(Fed):
    id = "influxdb"
    name = "influxdb16+script"
    what = "InfluxDB 1.6 (Debian) fed by consumer.py (paho-mqtt, batches of 1000 messages or 1 s)"
    sink = "influx"
    binary = ("influxd", "INFLUXD")

    def _server(self, d):
        self.http = util.free_port()
        rpc = util.free_port()
        conf = os.path.join(d, "influx.conf")
        with open(conf, "w") as f:
            f.write(f'''reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{self.dir}/meta"
[data]
  dir = "{self.dir}/data"
  wal-dir = "{self.dir}/wal"
  query-log-enabled = false
[http]
  bind-address = "127.0.0.1:{self.http}"
  log-enabled = false
[monitor]
  store-enabled = false
''')
        self.srv = util.spawn([util.which("influxd", "INFLUXD"), "run", "-config", conf], os.path.join(d, "influx.log"))
        util.wait_port(self.http)
        self._http("POST", "/query?" + urllib.parse.urlencode({"q": "CREATE DATABASE bench"}))

    def q(self, q):
        return json.loads(self._http("GET", "/query?" + urllib.parse.urlencode({"db": "bench", "epoch": "s", "q": q})))["results"][0]

    def count_stored(self):
        s = self.q("SELECT COUNT(*) FROM z2m").get("series")
        return sum(s[0]["values"][0][1:]) if s else 0

    def preload(self, cfg, series):
        self._fresh(cfg)
        n = 0
        for key, kind, it in series:
            buf = []
            for t, v in it:
                buf.append(f"z2m,device={key} b={'t' if v else 'f'} {t}" if kind == "bool" else f"z2m,device={key} v={v} {t}")
                n += 1
                if len(buf) == 10000:
                    self._http("POST", "/write?db=bench&precision=s", "\n".join(buf).encode())
                    buf = []
            if buf:
                self._http("POST", "/write?db=bench&precision=s", "\n".join(buf).encode())
        return n

    def query(self, q, key, t0, t1):
        w = f"device='{key}' AND time >= {t0}s AND time < {t1}s"
        if q == "last":
            return tuple(self.q(f"SELECT last(v) FROM z2m WHERE device='{key}'")["series"][0]["values"][0])
        if q == "hourly":
            return len(self.q(f"SELECT mean(v),min(v),max(v) FROM z2m WHERE {w} GROUP BY time(1h)")["series"][0]["values"])
        a = self.q(f"SELECT count(b) FROM z2m WHERE {w} AND b=true")["series"][0]["values"][0][1]
        b = self.q(f"SELECT count(b) FROM z2m WHERE {w}")["series"][0]["values"][0][1]
        return 100 * a / b


class Victoria(Fed):
    id = "victoriametrics"
    name = "victoriametrics+script"
    what = "VictoriaMetrics 1.79 (Debian) fed by consumer.py; numbers only"
    sink = "vm"
    binary = ("victoria-metrics", "VICTORIA")

    def _server(self, d):
        self.http = util.free_port()
        self.srv = util.spawn([util.which("victoria-metrics", "VICTORIA"), f"-storageDataPath={self.dir}",
                               f"-httpListenAddr=127.0.0.1:{self.http}", "-retentionPeriod=24", "-search.disableCache",
                               "-search.latencyOffset=0s", "-memory.allowedPercent=20"], os.path.join(d, "vm.log"))
        util.wait_port(self.http)

    def _flush(self):
        self._http("GET", "/internal/force_flush")

    def q(self, path, **kw):
        return json.loads(self._http("GET", path + "?" + urllib.parse.urlencode({**kw, "nocache": 1})))["data"]["result"]

    def count_stored(self):
        self._flush()
        r = self.q("/api/v1/query", query='sum(count_over_time({__name__=~"z2m_.*"}[1d]))', time=int(time.time()) + 5)
        return int(float(r[0]["value"][1])) if r else 0

    def preload(self, cfg, series):
        self._fresh(cfg)
        n = 0
        for key, kind, it in series:
            ts, vs = [], []
            for t, v in it:
                ts.append(t * 1000)
                vs.append(int(v) if kind == "bool" else v)
                n += 1
                if len(ts) == 20000:
                    self._imp(key, ts, vs)
                    ts, vs = [], []
            self._imp(key, ts, vs)
        self._flush()
        return n

    def _imp(self, key, ts, vs):
        if ts:
            self._http("POST", "/api/v1/import", json.dumps(
                {"metric": {"__name__": "z2m_v", "device": key}, "values": vs, "timestamps": ts}))

    def query(self, q, key, t0, t1):
        m = f'z2m_v{{device="{key}"}}'
        if q == "last":
            v = self.q("/api/v1/query", query=f"last_over_time({m}[1d])", time=t1)
            return v[0]["value"]
        if q == "hourly":
            r = self.q("/api/v1/query_range", query=f"rollup({m}[1h])", start=t0 + 3600, end=t1, step="1h")
            return min(len(s["values"]) for s in r)
        r = self.q("/api/v1/query", query=f"100*avg_over_time({m}[30d])", time=t1)
        return float(r[0]["value"][1])


class Sqlite(Fed):
    id = "sqlite"
    name = "sqlite+script"
    what = "SQLite WAL/NORMAL, samples(key,ts,value) WITHOUT ROWID, fed by consumer.py"
    sink = "sqlite"

    def count_stored(self):
        with sqlite3.connect(f"file:{self.dbfile()}?mode=ro", uri=True) as d:
            return d.execute("SELECT COUNT(*) FROM samples").fetchone()[0]

    def db_bytes(self):
        d = sqlite3.connect(self.dbfile())          # ended by a signal: fold the WAL in first
        d.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        d.close()
        return super().db_bytes()

    def preload(self, cfg, series):
        self.dir = os.path.join(cfg["dir"], "data")
        os.makedirs(self.dir, exist_ok=True)
        self.d = sqlite3.connect(self.dbfile(), isolation_level=None)
        self.d.execute("PRAGMA journal_mode=WAL")
        self.d.execute("PRAGMA synchronous=NORMAL")
        self.d.execute("CREATE TABLE samples(key INTEGER, ts INTEGER, value, PRIMARY KEY(key, ts)) WITHOUT ROWID")
        self.ids, n = {}, 0
        for i, (key, kind, it) in enumerate(series):
            self.ids[key] = i
            self.d.execute("BEGIN")
            cur = self.d.executemany("INSERT INTO samples VALUES(?,?,?)",
                                     ((i, t * 1000000, int(v) if kind == "bool" else v) for t, v in it))
            n += cur.rowcount
            self.d.execute("COMMIT")
        self.d.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return n

    def query(self, q, key, t0, t1):
        i, a, b = self.ids[key], t0 * 1000000, t1 * 1000000
        if q == "last":
            return self.d.execute("SELECT ts,value FROM samples WHERE key=? ORDER BY ts DESC LIMIT 1", (i,)).fetchone()
        if q == "hourly":
            return len(self.d.execute("SELECT ts/3600000000,avg(value),min(value),max(value) FROM samples "
                                      "WHERE key=? AND ts>=? AND ts<? GROUP BY 1", (i, a, b)).fetchall())
        return self.d.execute("SELECT 100.0*avg(value) FROM samples WHERE key=? AND ts>=? AND ts<?", (i, a, b)).fetchone()[0]

    def stop(self):
        super().stop()
        if getattr(self, "d", None):
            self.d.close()


class IngestC(Sqlite):
    id = "c-ingest"
    name = "ceiling: C ingest plain"
    what = "libmosquitto + SQLite in one C program (c/ingest.c), 1000 messages or 1 s a transaction, plain table"
    w3 = False
    w4 = True
    w4_restart = False   # it does not read its keys back
    schema = 0

    @classmethod
    def missing(cls):
        return util.absent("gcc", "CC")

    def _consumer(self, cfg, prog):
        limits.build()
        return [os.path.join(limits.BUILD, "ingest"), str(cfg["port"]), str(cfg["qos"]),
                house.MANY_PREFIX + "/#" if cfg.get("many") else house.PREFIX + "/#",
                self.dbfile(), prog, str(self.schema)]


class IngestCPk(IngestC):
    id = "c-ingest-clustered"
    name = "ceiling: C ingest clustered"
    w4 = False
    schema = 1


class Rrd(System):
    id = "rrdtool"
    name = "rrdtool"
    what = "rrdtool 1.7 (Debian): step 10 s, 30 days raw + hourly avg/min/max; numbers only, one file per key"
    w3 = True
    p = None

    @classmethod
    def missing(cls):
        return util.absent("rrdtool", "RRDTOOL")

    def preload(self, cfg, series):
        self.dir = os.path.join(cfg["dir"], "data")
        os.makedirs(self.dir, exist_ok=True)
        self.rrd = util.which("rrdtool", "RRDTOOL")
        self.p = subprocess.Popen([self.rrd, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=self.dir)
        n = 0
        for key, kind, it in series:
            it = iter(it)
            t, v = next(it)
            self._cmd(f"create {key}.rrd --start {t - 10} --step 10 DS:v:GAUGE:60:U:U RRA:AVERAGE:0.5:1:259300 "
                      "RRA:AVERAGE:0.5:360:800 RRA:MIN:0.5:360:800 RRA:MAX:0.5:360:800")
            buf = [f"{t}:{float(v)}"]
            n += 1
            for t, v in it:
                buf.append(f"{t}:{float(v)}")
                n += 1
                if len(buf) == 1000:
                    self._cmd(f"update {key}.rrd " + " ".join(buf))
                    buf = []
            if buf:
                self._cmd(f"update {key}.rrd " + " ".join(buf))
        return n

    def _cmd(self, c):
        self.p.stdin.write(c + "\n")
        self.p.stdin.flush()
        out = []
        while True:
            line = self.p.stdout.readline()
            if line.startswith("OK ") or not line:
                return out
            if line.startswith("ERROR"):
                raise RuntimeError(line)
            out.append(line)

    def query(self, q, key, t0, t1):
        if q == "last":
            return self._cmd(f"lastupdate {key}.rrd")[-1].split()
        if q == "hourly":
            rows = [self._cmd(f"fetch {key}.rrd {cf} --resolution 3600 --start {t0} --end {t1 - 3600}") for cf in ("AVERAGE", "MIN", "MAX")]
            return min(len([x for x in r if ":" in x]) for r in rows)
        # the average over the raw RRA of the whole period
        o = self._cmd(f"graph /dev/null --start {t0} --end {t1} --width 260000 DEF:a={key}.rrd:v:AVERAGE "
                      "VDEF:m=a,AVERAGE PRINT:m:%.8lf")
        return 100 * float(o[-1])

    def pids(self):
        return [self.p.pid]

    def stop(self):
        if self.p:
            self.p.stdin.close()
            self.p.wait(30)

    def db_bytes(self):
        return util.du(self.dir)
