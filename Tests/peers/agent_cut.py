#!/usr/bin/env python3
"""An agent in a network namespace of its own, whose network is cut twice: afterwards each reading is in the history once, in order.

    sudo Tests/peers/agent_cut.py FOLDER-OF-PROGRAMS

Needs root and iproute2; where namespaces cannot be made it says so and succeeds.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

programs = pathlib.Path(sys.argv[1]).resolve()
SPACE, HERE, THERE = f"komoku{os.getpid()}", "198.18.77.1", "198.18.77.2"
OUTSIDE, INSIDE = f"kmk{os.getpid() % 100000}a", f"kmk{os.getpid() % 100000}b"


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True)


def wait(what, condition, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.1)
    raise SystemExit(f"it did not come to this: {what}")


def main(folder):
    ip("netns", "add", SPACE)
    ip("link", "add", OUTSIDE, "type", "veth", "peer", "name", INSIDE, "netns", SPACE)
    ip("addr", "add", f"{HERE}/30", "dev", OUTSIDE)
    ip("link", "set", OUTSIDE, "up")
    ip("-n", SPACE, "addr", "add", f"{THERE}/30", "dev", INSIDE)
    ip("-n", SPACE, "link", "set", INSIDE, "up")
    config = folder / "komoku.yaml"
    config.write_text(
        f"store: {{path: {folder}/komoku.db, commit_interval: 200ms}}\n"
        f"listen: [{{port: 17374}}, {{port: 17375, address: {HERE}}}]\n"
        "agents: {default: {healthbeat: 1s, every: 500ms, units: off}}\n")
    token = subprocess.run(
        [programs / "komokud", "--config", config, "--add-token", "cut"],
        check=True, capture_output=True, text=True).stdout.strip().splitlines()[-1].strip()
    hub = subprocess.Popen([programs / "komokud", "--config", config, "--log-level", "warning"])
    output = folder / "readings.jsonl"
    output.touch()
    environment = dict(os.environ, KOMOKU_SERVER=f"ws://{HERE}:17375", KOMOKU_TOKEN=token)
    agent = subprocess.Popen(
        ["ip", "netns", "exec", SPACE, programs / "komoku", "agent", "--name", "cut", "--every", "500ms", "--outbox",
         folder / "outbox.db", "--output", output, "--time-format", "unix_ns"], env=environment)
    local = dict(os.environ, KOMOKU_SERVER="ws://127.0.0.1:17374", KOMOKU_TOKEN=token)

    def komoku(*words):
        answer = subprocess.run([programs / "komoku", *words, "--json"], capture_output=True, text=True, env=local)
        return json.loads(answer.stdout) if answer.returncode == 0 else None

    def is_connected():
        agents = (komoku("agents") or {}).get("agents", [])
        return bool(agents) and agents[0]["connected"]

    def read(key):
        return [
            (int(each["time"]) // 1000, each["value"]) for each in map(json.loads, output.read_text().splitlines())
            if each["key"] == key]

    try:
        for _ in range(2):
            wait("the agent is connected", is_connected)
            count = len(read("uptime"))
            wait("it reads", lambda: len(read("uptime")) > count + 5)
            # Nothing says goodbye: packets are lost, and both sides find out by themselves.
            ip("link", "set", OUTSIDE, "down")
            wait("the hub notices", lambda: not is_connected())
            count = len(read("uptime"))
            wait("it goes on reading", lambda: len(read("uptime")) > count + 20)
            ip("link", "set", OUTSIDE, "up")
        wait("the agent is connected", is_connected, 120)
        newest = read("uptime")[-1][0]

        def history():
            return [(round(time * 1e6), value) for time, value in komoku("history", "hosts.cut.uptime", "--since", "1d", "--limit", "10000") or []]

        wait("all is told", lambda: (history() or [(0, 0)])[-1][0] >= newest)
        stored = history()
        wanted = [point for point in read("uptime") if point[0] <= newest]
        missing = [point for point in wanted if point not in stored]
        assert len(wanted) > 50 and not missing, f"{len(missing)} of {len(wanted)} are missing: {missing[:3]}"
        times = [time for time, _ in stored]
        assert times == sorted(set(times)), "they are not in order, each once"
        print(f"agent_cut: {len(wanted)} readings over two cuts, each in the history once")
    finally:
        for each in (agent, hub):
            each.terminate()
            each.wait()


with tempfile.TemporaryDirectory() as name:
    try:
        ip("netns", "list")
        ip("netns", "add", f"{SPACE}try")
        ip("netns", "del", f"{SPACE}try")
    except (OSError, subprocess.CalledProcessError):
        print("agent_cut: no network namespaces can be made here; left out")
        sys.exit(0)
    try:
        main(pathlib.Path(name))
    finally:
        subprocess.run(["ip", "netns", "del", SPACE], capture_output=True)
        subprocess.run(["ip", "link", "del", OUTSIDE], capture_output=True)
