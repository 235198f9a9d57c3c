"""bench.py [--systems a,b|all] [--works limits,w1,w2,w3,w4,store,devices,rules,http,websocket,agent] [--reps 3] [--full] [--out FILE] [--merge]
Measures, prints a table, and leaves the figures in --out.  README.md says what is measured."""
import argparse
import json
import os
import platform
import random
import re
import select
import shutil
import subprocess
import sys
import time

import agent
import devices
import house
import http_api
import limits
import mqttraw
import report
import util
import wsreach

sys.path.insert(0, util.HERE)
from systems import registry  # noqa: E402
from systems.komoku import BINARY, RULES_BINARY, STORE_BINARY, bench_rules, bench_store  # noqa: E402

DEVICES = [(house.device_topic(i), house.device_keys(i)) for i in range(house.N_DEVICES)]


def publisher(port, n, qos, rate=0, seed=1, max_s=60, many=False):
    p = subprocess.Popen([sys.executable, os.path.join(util.HERE, "publisher.py"), "--port", str(port), "--n", str(n),
                          "--qos", str(qos), "--rate", str(rate), "--seed", str(seed), "--max-s", str(max_s)] + (["--many"] if many else []),
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert p.stdout.readline().strip() == "READY"
    return p


def go(p):
    p.stdin.write("go\n")
    p.stdin.flush()


def session(system, cfg):
    """Context: broker + system started in a fresh folder."""
    class S:
        def __enter__(s):
            s.broker = util.Broker(nodelay=cfg.pop("nodelay", True))
            s.dir = util.work_dir(re.sub(r"\W+", "_", system.name))
            s.stopped = False
            try:
                t = time.perf_counter()
                s.cfg = {"dir": s.dir, "port": s.broker.port, "devices": DEVICES, "rule": False, "qos": 0, **cfg}
                system.start(s.cfg)
                s.start_s = time.perf_counter() - t
            except BaseException:
                s.__exit__(None, None, None)
                raise
            return s

        def stop_system(s):
            s.stopped = True
            system.stop()

        def __exit__(s, *_):
            try:
                if not s.stopped:
                    system.stop()
            finally:
                s.broker.stop()
                shutil.rmtree(s.dir, ignore_errors=True)
    return S()


# --- W1 -------------------------------------------------------------------
def w1(system, qos, n, rate=0, limit=75):
    values, changes = house.expected(n)
    want = values if system.counts == "values" else changes
    with session(system, {"qos": qos}) as s:
        time.sleep(1)
        rss0 = util.snap(system.pids())["rss_kib"]
        pub = publisher(s.broker.port, n, qos, rate)
        a, ab = util.snap(system.pids()), util.snap([s.broker.p.pid])
        t0 = time.perf_counter()
        go(pub)
        t_done, seen, moved = None, -1, t0
        while time.perf_counter() - t0 < limit:
            v = system.progress()
            now = time.perf_counter()
            if v != seen:
                seen, moved = v, now
            if v >= want:
                t_done = now
                break
            if pub.poll() is not None and now - moved > 15:     # stuck: something was lost
                break
            time.sleep(0.1)
        el = (t_done or moved) - t0
        b, bb = util.snap(system.pids()), util.snap([s.broker.p.pid])
        got = system.count_stored()
        c = util.snap(system.pids())                  # a store may have flushed for the count
        try:
            pr = json.loads(pub.communicate(timeout=20)[0])
        except Exception:
            util.stop(pub)
            pr = {}
        s.stop_system()
        db = system.db_bytes()
        return {"qos": qos, "n": n, "rate": rate, "elapsed_s": round(el, 2), "msg_per_s": round(n * min(1, got / want) / el),
                "values_per_s": round(values * min(1, got / want) / el), "stored": got, "expected": want, "lost": want - got,
                "rows_per_s": round(got / el),
                "cpu_s_per_1000": round((b["cpu_s"] - a["cpu_s"]) / n * 1000, 4),
                "broker_cpu_s_per_1000": round((bb["cpu_s"] - ab["cpu_s"]) / n * 1000, 4),
                "peak_rss_mib": round(b["hwm_kib"] / 1024, 1), "rss_before_mib": round(rss0 / 1024, 1),
                "write_mib": round((c["write_bytes"] - a["write_bytes"]) / 2**20, 1),
                "write_bytes_per_stored": round((c["write_bytes"] - a["write_bytes"]) / max(1, got), 1),
                "db_bytes_per_stored": round(db / max(1, got), 1), "publish_s": pr.get("pub_s"),
                "start_s": round(s.start_s, 1)}


# --- W2 -------------------------------------------------------------------
def w2(system, qos=0, load=0, events=500, gap=0.02, nodelay=True, rule="state"):
    if hasattr(system, "rule"):
        system.rule = rule
    with session(system, {"qos": qos, "rule": True, "nodelay": nodelay}) as s:
        time.sleep(1)
        sub = mqttraw.Client(s.broker.port, "lat-sub")
        sub.subscribe(house.REACTION_TOPIC, qos)
        trg = mqttraw.Client(s.broker.port, "lat-pub")
        bg = None
        if load:
            bg = publisher(s.broker.port, int(load * (events * gap + 8)), qos, load, seed=2)
            go(bg)
            time.sleep(1.5)
        sent, lat, dup = {}, {}, 0

        def pump(timeout):
            nonlocal dup
            while True:
                p = sub.read_packet(timeout)
                if p is None:
                    return
                now = time.perf_counter()
                if p[0] == 3:
                    m = re.search(rb"\d+", p[1][1])
                    k = int(m.group()) if m else None
                    if k in sent and k not in lat:
                        lat[k] = (now - sent[k]) * 1000
                    else:
                        dup += 1
                timeout = 0

        def fire(k):
            pk = mqttraw.pub_packet(house.TRIGGER_TOPIC, b'{"seq":%d,"occupancy":%s}' % (k, b"true" if k & 1 else b"false"),
                                    qos, k % 60000 + 1)
            sent[k] = time.perf_counter()
            trg.s.sendall(pk)
            while qos and select.select([trg.s], [], [], 0)[0]:
                trg.s.recv(4096)
        for k in range(1, 11):                       # warm-up, not counted
            fire(k)
            pump(0.1)
        lat.clear()
        a = util.snap(system.pids())
        nxt = time.perf_counter() + 0.05
        for k in range(1000, 1000 + events):
            while (left := nxt - time.perf_counter()) > 0:
                if select.select([sub.s], [], [], left)[0]:
                    pump(0)
            fire(k)
            nxt += gap
        end = time.perf_counter() + 10
        while len(lat) < events and time.perf_counter() < end:
            pump(0.1)
        b = util.snap(system.pids())
        trg.close()
        sub.close()
        if bg:
            util.stop(bg)
        xs = list(lat.values())
        return {"qos": qos, "load": load, "events": events, "answered": len(xs), "extra": dup,
                "p50_ms": round(util.pct(xs, 50), 3) if xs else None, "p99_ms": round(util.pct(xs, 99), 3) if xs else None,
                "max_ms": round(max(xs), 2) if xs else None, "cpu_s": round(b["cpu_s"] - a["cpu_s"], 2)}


# --- W3 -------------------------------------------------------------------
DAYS, STEP, T1 = 30, 10, None


def w3_series(t1, days=DAYS):
    """20 keys: 16 float, 2 int, 2 bool; one sample each 10 s."""
    t0 = t1 - days * 86400

    def num(i, dig):
        r = random.Random(i)
        v = 20.0 + i
        for t in range(t0, t1, STEP):
            v += r.uniform(-0.15, 0.15) + (20 + i - v) * 0.001
            yield t, (round(v, dig) if dig else int(round(v * 10)))

    def boo(i):
        r = random.Random(i)
        v = False
        for t in range(t0, t1, STEP):
            if r.random() < 0.02:
                v = not v
            yield t, v
    return t0, ([(f"temp{i:02d}", "float", num(i, 2)) for i in range(16)] + [(f"count{i}", "int", num(i, 0)) for i in (16, 17)]
                + [(f"motion{i}", "bool", boo(i)) for i in (18, 19)])


def w3(system, reps=5):
    t1 = int(time.time()) // 3600 * 3600
    t0, series = w3_series(t1)
    br = util.Broker()
    d = util.work_dir("w3")
    res = {}
    try:
        t = time.perf_counter()
        n = system.preload({"dir": d, "port": br.port, "qos": 0, "t0": t0, "t1": t1}, series)
        res["values"] = n
        res["load_s"] = round(time.perf_counter() - t, 1)
        for mode in system.w3_modes:
            for q, key in (("last", "temp03"), ("hourly", "temp03"), ("pct_true", "motion18")):
                name = q if mode == "raw" else f"{q}_{mode}"
                try:
                    xs, out = [], None
                    for k in range(reps):
                        t = time.perf_counter()
                        out = system.query(name, key, t0, t1)
                        xs.append((time.perf_counter() - t) * 1000)
                        if sum(xs) > 20000:
                            break
                    res[name + "_ms"] = {"first": round(xs[0], 2), "median": round(util.median(xs), 2)}
                    res[name + "_out"] = out
                except NotImplementedError:
                    pass
                except Exception as e:
                    res[name + "_error"] = repr(e)[:200]
        res["rss_mib"] = round(util.snap(system.pids())["rss_kib"] / 1024, 1) if system.name != "sqlite+script" else None
        system.stop()
        res["bytes_per_value"] = round(system.db_bytes() / n, 2)
        res.update(system.w3_figures)
        return res
    except BaseException:
        try:
            system.stop()
        except Exception:
            pass
        raise
    finally:
        br.stop()
        shutil.rmtree(d, ignore_errors=True)


# --- W4 -------------------------------------------------------------------
def w4(system, n=100_000, limit=75):
    """n keys, each its own topic.  The first round makes them, the second finds them there."""
    res = {"keys": n}
    with session(system, {"qos": 1, "many": True}) as s:
        time.sleep(1)
        res["empty_rss_mib"] = rss(system)
        before = system.progress()
        for name, seed in (("first", 1), ("second", 2)):
            pub = publisher(s.broker.port, n, 1, seed=seed, many=True)
            a, t0, done = util.snap(system.pids()), time.perf_counter(), False
            go(pub)
            while not done and time.perf_counter() - t0 < limit:
                time.sleep(0.1)
                done = system.progress() - before >= n
            el = time.perf_counter() - t0
            b, got = util.snap(system.pids()), system.progress() - before
            util.stop(pub)
            res[name] = {"msg_per_s": round(min(n, got) / el), "lost": n - got, "rss_mib": rss(system),
                         "cpu_s_per_1000": round((b["cpu_s"] - a["cpu_s"]) / n * 1000, 4)}
            before += got
        t = time.perf_counter()
        s.stop_system()
        res["stop_s"] = round(time.perf_counter() - t, 2)
        res["db_bytes_per_key"] = round(system.db_bytes() / n, 1)
        if getattr(system, "w4_restart", False):
            t = time.perf_counter()
            s.stopped = False
            system.start(s.cfg)
            res["restart_s"] = round(time.perf_counter() - t, 2)
            time.sleep(1)
            res["restart_rss_mib"] = rss(system)
    return res


def rss(system):
    return round(util.snap(system.pids())["rss_kib"] / 1024, 1)


def med(runs):
    """Median of each number over the runs, and every run's msg/s or p50."""
    out = dict(runs[0])
    for k, v in runs[0].items():
        if isinstance(v, (int, float)) and not isinstance(v, bool):
            out[k] = util.median([r.get(k) for r in runs])
    out["lost"] = [r["lost"] for r in runs] if "lost" in out else None
    out["runs"] = [r.get("msg_per_s", r.get("p50_ms")) for r in runs]
    if out["lost"] is None:
        del out["lost"]
    return out


class Results:
    """The figures so far, kept in a file."""

    def __init__(self, path, merge):
        self.path, self.db = path, {}
        if merge and os.path.exists(path):
            with open(path) as f:
                self.db = json.load(f)

    def save(self, path, val):
        o = self.db
        for p in path[:-1]:
            o = o.setdefault(p, {})
        o[path[-1]] = val
        os.makedirs(os.path.dirname(os.path.abspath(self.path)), exist_ok=True)
        with open(self.path + ".tmp", "w") as f:
            json.dump(self.db, f, indent=1)
        os.replace(self.path + ".tmp", self.path)
        print(time.strftime("%H:%M:%S"), *path, json.dumps(val), flush=True)

    def attempt(self, path, fn):
        """One failing run does not end the others."""
        try:
            self.save(path, fn())
        except Exception as e:
            self.save(path, {"error": repr(e)[:800]})


def run_w1(res, cls, a):
    for q in (0, 1):
        res.attempt(["w1", cls.name, f"burst_qos{q}"], lambda: med([w1(cls(), q, cls.burst_n) for _ in range(a.reps)]))
    if a.full:
        res.attempt(["w1", cls.name, "paced_500_qos1"], lambda: w1(cls(), 1, 10_000, 500))


def run_w2(res, cls, a):
    reps = a.reps if a.full and cls.w2_cheap else 1
    for rule in getattr(cls, "rules", ("state",)):
        for q in (0, 1) if rule == "state" else (0,):
            for load in (0, 200):
                name = f"qos{q}_load{load}" + ("" if rule == "state" else f"_{rule}")
                res.attempt(["w2", cls.name, name], lambda: med([w2(cls(), q, load, rule=rule) for _ in range(reps)]))
    if cls.w2_cheap:
        res.attempt(["w2", cls.name, "qos0_load200_broker_default_nagle"], lambda: w2(cls(), 0, 200, nodelay=False))


def run_store(res, a):
    """The store in process: live traffic, what a quiet house writes, a year's database, the last value, memory."""
    for interval in (5, 10, 1) if a.full else (10,):
        res.attempt(["store", f"day_{interval}s"], lambda: bench_store("day", "--interval", interval, timeout=1800))
    for name in ("live", "year", "last", "memory"):
        res.attempt(["store", name], lambda: bench_store(name))


def run_rules(res):
    """Rules in process: runs a second, an unrelated change, loading, waiting runs, how late they wake up."""
    for name in ("runs", "unrelated", "load", "waiting", "wakeups"):
        res.attempt(["rules", name], lambda: bench_rules(name))


def run_reach(res, works, a):
    """The HTTP API beside nginx, the WebSocket's reach, and the host agent beside others. What is not installed is said, and left out."""
    for work, module, needed in (("http", http_api, ("wrk", "nginx")), ("websocket", wsreach, (os.environ.get("CC", "cc"),)),
                                 ("agent", agent, ("collectd", "prometheus-node-exporter"))):
        if work not in works or not os.access(BINARY, os.X_OK):
            continue
        missing = [program for program in needed if not (shutil.which(program) or shutil.which(program, path="/usr/sbin"))]
        if missing:
            res.save([work], {"skipped": f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not installed"})
        else:
            res.attempt([work], lambda: module.measure(seconds=10 if a.full else 5))


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--systems", default="komoku,c-ingest,c-echo")
    ap.add_argument("--discovered", action="store_true", help="W1 also with discovered devices instead of mappings")
    ap.add_argument("--works", default="limits,w1,w2,w3,w4,store,devices,rules,http,websocket,agent")
    ap.add_argument("--reps", type=int, default=3)
    ap.add_argument("--full", action="store_true", help="longer limits, paced W1, W2 as often as W1")
    ap.add_argument("--out", default=os.path.join(util.HERE, "..", ".build-release", "bench.json"))
    ap.add_argument("--merge", action="store_true", help="add to the figures that are in --out")
    a = ap.parse_args()
    works = a.works.split(",")
    systems = registry(a.systems.split(",") + (["komoku-discovered"] if a.discovered else []))
    res = Results(a.out, a.merge)
    res.save(["machine"], {"cores": os.cpu_count(), "python": platform.python_version(), "date": time.strftime("%Y-%m-%d")})
    if "limits" in works:
        res.attempt(["limits"], lambda: limits.run(a.reps if a.full else 1, log=lambda *x: None))
    if "store" in works and os.access(STORE_BINARY, os.X_OK):
        run_store(res, a)
    if "rules" in works and os.access(RULES_BINARY, os.X_OK):
        run_rules(res)
    if "devices" in works and os.access(BINARY, os.X_OK):
        res.attempt(["devices"], lambda: devices.measure(house.PREFIX))
    run_reach(res, works, a)
    for cls in systems:
        res.save(["systems", cls.name], cls.what)
        if "w1" in works and cls.w1:
            run_w1(res, cls, a)
        if "w2" in works and cls.w2:
            run_w2(res, cls, a)
        if "w3" in works and cls.w3:
            res.attempt(["w3", cls.name], lambda: w3(cls()))
        if "w4" in works and cls.w4:
            res.attempt(["w4", cls.name], lambda: w4(cls()))
    print("\n" + report.text(res.db))


if __name__ == "__main__":
    main()
