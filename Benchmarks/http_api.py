#!/usr/bin/env python3
"""The HTTP API beside nginx, in turns: the rate of small answers over kept connections, plain and TLS; the latency at half that load;
a year of one key as CSV; a Prometheus query of 30 days.  wrk makes the load.  KOMOKUD names the hub's binary, KOMOKU its command line.

    Benchmarks/http_api.py [--seconds 5] [--rounds 3] [--connections 50]
"""
import argparse
import http.client
import json
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time

import util

ROOT = os.path.join(util.HERE, "..")
HUB = os.path.abspath(os.environ.get("KOMOKUD") or os.path.join(ROOT, ".build-release", "release", "komokud"))
CLI = os.path.abspath(os.environ.get("KOMOKU") or os.path.join(os.path.dirname(HUB), "komoku"))


def wait(port, path, context=None):
    for _ in range(200):
        try:
            c = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            c.request("GET", path)
            if c.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise RuntimeError(f"nothing answers on port {port}")


def wrk(url, a, delay_ms=None):
    """Requests a second, and the 99th percentile in milliseconds."""
    words = ["wrk", "-t1", f"-c{a.connections}", f"-d{a.seconds}s", "--latency"]
    script = None
    if delay_ms:
        script = tempfile.NamedTemporaryFile("w", suffix=".lua", delete=False)
        script.write(f"function delay() return {delay_ms} end\n")
        script.close()
        words += ["-s", script.name]
    text = subprocess.run(words + [url], capture_output=True, text=True, check=True).stdout
    if script:
        os.unlink(script.name)
    if "Non-2xx" in text:
        raise RuntimeError(text)
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1))
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", text).groups()
    return rate, float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def nginx(folder, port, body):
    os.makedirs(f"{folder}/www", exist_ok=True)
    with open(f"{folder}/www/value.json", "w") as f:
        f.write(body)
    with open(f"{folder}/nginx.conf", "w") as f:
        f.write(f"""user root; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.log; daemon off;
events {{ worker_connections 1024; }}
http {{ access_log off; keepalive_requests 100000000; server {{ listen 127.0.0.1:{port}; root {folder}/www; }} }}
""")
    return subprocess.Popen(["nginx", "-p", folder, "-c", f"{folder}/nginx.conf"],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def hub(folder, port, tls_port):
    listen = [f"{{port: {port}, api: 2}}"]
    if os.access(CLI, os.X_OK):
        subprocess.run([CLI, "tls", "init", "--dir", f"{folder}/tls", "--name", "localhost"], check=True, capture_output=True)
        listen.append(f"{{port: {tls_port}, api: 2, tls: {{certificate: {folder}/tls/hub.pem, key: {folder}/tls/hub.key}}}}")
    with open(f"{folder}/komoku.yaml", "w") as f:
        f.write(f"store: {{path: {folder}/k.db}}\nlisten: [{', '.join(listen)}]\n"
                "keys: {hall.temperature: {type: numeric, unit: °C}}\n")
    return util.spawn([HUB, "--config", f"{folder}/komoku.yaml"], f"{folder}/komokud.log")


def ask(port, method, path, body=None, headers={}):
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    c.request(method, path, body, headers)
    answer = c.getresponse()
    data = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status} {data[:300]}")
    return data


def fill(port, year_start, count, step):
    for first in range(0, count, 100_000):
        points = [[year_start + i * step, round(20 + 5 * ((i * 7919) % 1000) / 1000, 2)]
                  for i in range(first, min(first + 100_000, count))]
        ask(port, "POST", "/api/import", json.dumps({"points": [["hall.temperature", points]]}))


def year(port, pid, start):
    before = util.snap([pid])
    t0 = time.perf_counter()
    data = ask(port, "GET", f"/api/keys/hall.temperature/history?since={start}", headers={"Accept": "text/csv"})
    seconds = time.perf_counter() - t0
    after = util.snap([pid])
    return {"bytes": len(data), "mb_per_s": round(len(data) / 1e6 / seconds, 1),
            "grew_mib": round((after["hwm_kib"] - before["hwm_kib"]) / 1024, 1)}


def query_range(port, end):
    """Milliseconds of 30 days at an hour each, over one kept connection."""
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    query = "komoku_value%7Bkey%3D%22hall.temperature%22%7D"
    times = []
    for expression in (query, f"avg_over_time({query}%5B1h%5D)"):
        runs = []
        for _ in range(50):
            t0 = time.perf_counter()
            c.request("GET", f"/api/v1/query_range?query={expression}&start={end - 30 * 86400}&end={end}&step=3600")
            data = c.getresponse().read()
            runs.append((time.perf_counter() - t0) * 1000)
        if not json.loads(data)["data"]["result"]:
            raise RuntimeError("the query found nothing")
        times.append(round(statistics.median(runs), 2))
    return {"selector_ms": times[0], "avg_over_time_ms": times[1]}


def measure(seconds=5, rounds=3, connections=50):
    """The figures, by name. Needs wrk and nginx."""
    a = argparse.Namespace(seconds=seconds, rounds=rounds, connections=connections)
    folder = tempfile.mkdtemp(prefix="komoku-http-")
    port, tls_port, nginx_port = (util.free_port() for _ in range(3))
    processes = [hub(folder, port, tls_port)]
    try:
        wait(port, "/-/healthy")
        now = int(time.time())
        start = now - 365 * 86_400
        fill(port, start, 365 * 1440, 60)
        body = ask(port, "GET", "/api/keys/hall.temperature").decode()
        processes.append(nginx(folder, nginx_port, body))
        wait(nginx_port, "/value.json")
        rates = {"komoku": [], "nginx": [], "komoku_tls": []}
        for _ in range(a.rounds):
            rates["nginx"].append(wrk(f"http://127.0.0.1:{nginx_port}/value.json", a)[0])
            rates["komoku"].append(wrk(f"http://127.0.0.1:{port}/api/keys/hall.temperature", a)[0])
            if os.access(CLI, os.X_OK):
                rates["komoku_tls"].append(wrk(f"https://127.0.0.1:{tls_port}/api/keys/hall.temperature", a)[0])
        figures = {f"{k}_per_s": round(statistics.median(v)) for k, v in rates.items() if v}
        half = figures["komoku_per_s"] / 2
        delay = max(1, round(1000 * a.connections / half))
        rate, p99 = wrk(f"http://127.0.0.1:{port}/api/keys/hall.temperature", a, delay)
        figures.update(paced_per_s=round(rate), paced_p99_ms=p99, year=year(port, processes[0].pid, start),
                       query_range=query_range(port, now - 60))
        figures["of_nginx"] = round(figures["komoku_per_s"] / figures["nginx_per_s"], 2)
        if "komoku_tls_per_s" in figures:
            figures["tls_of_plain"] = round(figures["komoku_tls_per_s"] / figures["komoku_per_s"], 2)
        return figures
    finally:
        for process in processes:
            util.stop(process)
        shutil.rmtree(folder, ignore_errors=True)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--seconds", type=int, default=5)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--connections", type=int, default=50)
    a = p.parse_args()
    print(json.dumps(measure(a.seconds, a.rounds, a.connections), indent=1))


if __name__ == "__main__":
    main()
