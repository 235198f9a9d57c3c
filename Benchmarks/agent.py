#!/usr/bin/env python3
"""What the host agent costs beside collectd and prometheus-node-exporter, all of them telling everything once a second; and what
1,000 agents cost a hub.

    KOMOKUD=/path/komokud KOMOKU=/path/komoku python3 Benchmarks/agent.py [--seconds 60] [--agents 1000] [--only agents]

Prints a line of JSON for each. CPU is of all threads and of programs that were started meanwhile (schedstat), in percent of one core;
memory is what nobody shares (Private_Clean and Private_Dirty of smaps_rollup). The exporter is asked once a second, as Prometheus would,
and collectd writes to /dev/shm. Needs Debian's collectd-core and prometheus-node-exporter.
"""
import argparse
import asyncio
import base64
import json
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import tempfile
import time
import urllib.request

here = pathlib.Path(__file__).resolve().parent
built = here.parent / ".build-release/release"
komokud = os.environ.get("KOMOKUD") or built / "komokud"
komoku = os.environ.get("KOMOKU") or built / "komoku"

COLLECTD = """
Interval 1
BaseDir "{folder}"
PIDFile "{folder}/collectd.pid"
PluginDir "/usr/lib/collectd"
TypesDB "/usr/share/collectd/types.db"
""" + "\n".join(f"LoadPlugin {name}" for name in (
    "cpu", "memory", "swap", "load", "interface", "disk", "df", "uptime", "thermal", "csv")) + """
<Plugin csv>
  DataDir "{folder}/csv"
</Plugin>
<Plugin cpu>
  ReportByCpu true
  ValuesPercentage true
</Plugin>
<Plugin df>
  ReportInodes true
</Plugin>
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def cpu_seconds(pid):
    """Of all threads that are there, and of those and of children that have ended."""
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    ended = (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    exact = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            exact += int(open(f"/proc/{pid}/task/{task}/schedstat").read().split()[0]) / 1e9
        except OSError:
            pass
    # Threads that have ended are in the process's sum alone, which is counted in hundredths of a second.
    return max(exact, own - 0.02 * 1) + ended


def private_mib(pid):
    """What nobody shares, and of that what was written: the rest is of the program's file, and can go whenever memory is short."""
    found = {"Private_Clean": 0, "Private_Dirty": 0}
    for line in open(f"/proc/{pid}/smaps_rollup"):
        name = line.split(":")[0]
        if name in found:
            found[name] += int(line.split()[1])
    return {
        "private_mib": round(sum(found.values()) / 1024, 2), "of_that_written_mib": round(found["Private_Dirty"] / 1024, 2)}


def watch(pid, seconds, each=lambda: None):
    start, before = time.monotonic(), cpu_seconds(pid)
    while time.monotonic() - start < seconds:
        each()
        time.sleep(max(0, 1 - (time.monotonic() - start) % 1))
    spent = time.monotonic() - start
    return {"cpu_percent": round((cpu_seconds(pid) - before) / spent * 100, 3), **private_mib(pid)}


def hub(folder, every="1s"):
    port, config = free_port(), pathlib.Path(folder) / "komoku.yaml"
    config.write_text(
        f"store: {{path: {folder}/komoku.db}}\nlisten: [{{port: {port}}}]\nagents: {{default: {{every: {every}}}}}\n")
    process = subprocess.Popen([komokud, "--config", config, "--log-level", "error"], stdout=subprocess.DEVNULL)
    for _ in range(200):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=1)
            return process, port
        except OSError:
            time.sleep(0.05)
    raise SystemExit("the hub does not answer")


def one_agent(seconds, figures):
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        process, port = hub(folder)
        environment = dict(os.environ, KOMOKU_SERVER=f"ws://127.0.0.1:{port}")
        agent = subprocess.Popen(
            [komoku, "agent", "--name", "bench", "--outbox", f"{folder}/outbox.db"], env=environment)
        try:
            time.sleep(8)
            result = watch(agent.pid, seconds)
            figures["komoku"] = {
                key["key"] if "key" in key else name: key.get("value") for name, key in json.loads(urllib.request.urlopen(
                    f"http://127.0.0.1:{port}/api/keys?match=hosts.**&include=value").read()).items()}
            result["keys"] = len(figures["komoku"])
            return {"what": "komoku agent, to a hub", **result}
        finally:
            for each in (agent, process):
                each.terminate()
                each.wait()


def standalone(seconds):
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        agent = subprocess.Popen(
            [komoku, "agent", "--standalone", "--every", "1s", "--output", f"{folder}/readings.jsonl"])
        try:
            time.sleep(5)
            return {"what": "komoku agent --standalone", **watch(agent.pid, seconds)}
        finally:
            agent.terminate()
            agent.wait()


def collectd(seconds):
    if not shutil.which("collectd"):
        return {"what": "collectd", "missing": True}
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        config = pathlib.Path(folder) / "collectd.conf"
        config.write_text(COLLECTD.replace("{folder}", folder))
        process = subprocess.Popen(["collectd", "-f", "-C", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            time.sleep(5)
            result = watch(process.pid, seconds)
            files = sum(len(names) for _, _, names in os.walk(f"{folder}/csv"))
            return {"what": "collectd", **result, "files": files}
        finally:
            process.terminate()
            process.wait()


def exporter(seconds, figures):
    if not shutil.which("prometheus-node-exporter"):
        return {"what": "prometheus-node-exporter", "missing": True}
    port = free_port()
    process = subprocess.Popen(
        ["prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{port}"], stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)

    def scrape():
        text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()
        figures["exporter"] = {
            line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if not line.startswith("#")}

    try:
        time.sleep(3)
        result = watch(process.pid, seconds, scrape)
        return {"what": "prometheus-node-exporter", **result, "series": len(figures["exporter"])}
    finally:
        process.terminate()
        process.wait()


def compare():
    """Counters at the same moment, ours and the exporter's: with both running, within the second that is between them."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        port = free_port()
        process = subprocess.Popen(
            ["prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{port}"], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        try:
            time.sleep(2)
            agent = subprocess.Popen(
                [komoku, "agent", "--standalone", "--once", "--name", "x", "--output", f"{folder}/r.jsonl"])
            time.sleep(0.25)
            text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()
            agent.wait()
        finally:
            process.terminate()
            process.wait()
        theirs = {
            line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if not line.startswith("#")}
        ours = {}
        for line in open(f"{folder}/r.jsonl"):
            reading = json.loads(line)
            ours[reading["key"].removeprefix("hosts.x.")] = reading["value"]
        pairs = [
            ("memory.total", "node_memory_MemTotal_bytes", 1), ("memory.available", "node_memory_MemAvailable_bytes", 1),
            ("memory.buffers", "node_memory_Buffers_bytes", 1), ("swap.total", "node_memory_SwapTotal_bytes", 1),
            ("load.15m", "node_load15", 1), ("filesystem.root.total", 'node_filesystem_size_bytes{device="', 1),
        ]
        for name, value in ours.items():
            part = name.split(".")
            if part[0] == "network" and part[2] in ("received", "sent", "received_packets", "sent_packets"):
                word = {"received": "receive", "sent": "transmit"}[part[2].split("_")[0]]
                what = "packets" if "packets" in part[2] else "bytes"
                pairs.append((name, f'node_network_{word}_{what}_total{{device="{part[1]}"}}', 1))
            if part[0] == "disk" and part[2] in ("reads", "writes", "read", "written", "busy", "read_time", "write_time"):
                word = {
                    "reads": "reads_completed_total", "writes": "writes_completed_total", "read": "read_bytes_total",
                    "written": "written_bytes_total", "busy": "io_time_seconds_total",
                    "read_time": "read_time_seconds_total", "write_time": "write_time_seconds_total"}[part[2]]
                pairs.append((name, f'node_disk_{word}{{device="{part[1]}"}}', 1))
        worst, shown = 0, []
        for ours_name, theirs_name, _ in pairs:
            other = theirs.get(theirs_name)
            if other is None:
                other = next((v for k, v in theirs.items() if k.startswith(theirs_name) and 'mountpoint="/"' in k), None)
            if other is None or ours_name not in ours:
                continue
            share = abs(ours[ours_name] - other) / max(abs(other), 1)
            worst = max(worst, share)
            if share > 0.01:
                shown.append([ours_name, ours[ours_name], other])
        return {"what": "figures beside the exporter's", "compared": len(pairs), "worst_percent": round(worst * 100, 3),
                "beyond_1_percent": shown}


# MARK: Many agents


def frame(text):
    data = text.encode()
    head = bytes([0x81]) + (
        bytes([0x80 | len(data)]) if len(data) < 126 else bytes([0xFE]) + struct.pack(">H", len(data))
        if len(data) < 65536 else bytes([0xFF]) + struct.pack(">Q", len(data)))
    # A mask of zeros changes nothing, and is one.
    return head + b"\0\0\0\0" + data


async def read_frame(reader):
    head = await reader.readexactly(2)
    length = head[1] & 127
    if length == 126:
        length = struct.unpack(">H", await reader.readexactly(2))[0]
    elif length == 127:
        length = struct.unpack(">Q", await reader.readexactly(8))[0]
    return head[0] & 15, await reader.readexactly(length)


async def agent(port, number, period, values, count):
    # As from machines of their own.
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(f"127.0.1.{1 + number // 100}", 0))
    key = base64.b64encode(os.urandom(16)).decode()
    writer.write(
        f"GET /v2 HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    if b" 101 " not in head:
        raise SystemExit(head.decode())
    name = f"bench{number}"
    writer.write(frame(json.dumps({"hello": {"hostname": name, "instance": "1", "version": "bench"}})))
    writer.write(frame(json.dumps({"define": {
        f"hosts.{name}.value.{index}": {"type": "numeric", "unit": "%"} for index in range(values)}})))

    async def hear():
        while True:
            kind, payload = await read_frame(reader)
            if kind == 9:
                writer.write(bytes([0x8A, 0x80 | len(payload)]) + b"\0\0\0\0" + payload)
            elif kind == 1 and b'"error"' in payload:
                raise SystemExit(payload[:300].decode())
            elif kind == 1 and payload.startswith(b'{"pull"'):
                writer.write(frame(json.dumps({"report": {"pull": json.loads(payload)["pull"]["id"]}})))

    hearing = asyncio.create_task(hear())
    try:
        await asyncio.sleep(number / 1000 * period % period)
        step = 0
        while True:
            step += 1
            writer.write(frame(json.dumps([
                {"put": {"key": f"hosts.{name}.value.{index}", "value": (step * 7 + index * 13) % 1000 / 10}}
                for index in range(values)])))
            count[0] += values
            await asyncio.sleep(period)
    finally:
        hearing.cancel()


async def many(port, agents, seconds, pid):
    count = [0]
    tasks = []
    for number in range(agents):
        tasks.append(asyncio.create_task(agent(port, number, 10, 50, count)))
        if number % 50 == 49:
            await asyncio.sleep(0.1)
    await asyncio.sleep(20)
    before, start, puts = cpu_seconds(pid), time.monotonic(), count[0]
    await asyncio.sleep(seconds)
    spent = time.monotonic() - start
    result = {
        "what": f"a hub with {agents} agents of 50 values each 10 s",
        "cpu_percent": round((cpu_seconds(pid) - before) / spent * 100, 2), **private_mib(pid),
        "values_per_second": round((count[0] - puts) / spent), "failed": sum(task.done() for task in tasks),
    }
    broken = next((task for task in tasks if task.done()), None)
    if broken:
        result["because"] = repr(broken.exception())
    for task in tasks:
        task.cancel()
    return result


def many_agents(agents, seconds):
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_TMP")) as folder:
        process, port = hub(folder, every="10s")
        try:
            return asyncio.run(many(port, agents, seconds, process.pid))
        finally:
            process.terminate()
            process.wait()


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seconds", type=int, default=60)
    arguments.add_argument("--agents", type=int, default=1000)
    arguments.add_argument("--only", choices=["one", "agents", "compare"])
    options = arguments.parse_args()
    figures = {}
    runs = []
    if options.only in (None, "one"):
        runs += [
            lambda: one_agent(options.seconds, figures), lambda: standalone(options.seconds),
            lambda: collectd(options.seconds), lambda: exporter(options.seconds, figures)]
    if options.only in (None, "compare"):
        runs.append(compare)
    if options.only in (None, "agents"):
        runs.append(lambda: many_agents(options.agents, options.seconds))
    for run in runs:
        print(json.dumps(run()), flush=True)


def measure(seconds):
    """For bench.py: the figures of each, by what it is."""
    figures = {}
    runs = [
        lambda: one_agent(seconds * 4, figures), lambda: standalone(seconds * 4), lambda: collectd(seconds * 4),
        lambda: exporter(seconds * 4, figures), compare, lambda: many_agents(1000, seconds * 4)]
    return {result.pop("what"): result for result in (run() for run in runs)}


if __name__ == "__main__":
    main()
