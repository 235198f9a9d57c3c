#!/usr/bin/env python3
"""Durable puts per second over one connection of the third protocol, beside the second, and bytes a point.

    KOMOKUD=/path/komokud BENCH_PUTS=/path/komoku-bench-puts python3 Benchmarks/puts.py [--points 1000000] [--reps 3]

Prints a line of JSON for each run. The hub has its database in a file, and every point that counts is on disk. The client takes its
share of the two cores.
"""
import argparse
import json
import os
import pathlib
import socket
import subprocess
import tempfile
import time
import urllib.request

here = pathlib.Path(__file__).resolve().parent
built = here.parent / ".build-release/release"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def run(version, points):
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_TMP")) as folder:
        port, config = free_port(), pathlib.Path(folder) / "komoku.yaml"
        config.write_text(
            f"store: {{path: {folder}/komoku.db}}\nlisten: [{{port: {port}}}]\n"
            "keys: {'bench.**': {type: numeric, same_value_resolution: 0s}}\n")
        hub = subprocess.Popen(
            [os.environ.get("KOMOKUD") or built / "komokud", "--config", config, "--log-level", "error"],
            stdout=subprocess.DEVNULL)
        try:
            for _ in range(200):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/-/healthy", timeout=1).read()
                    break
                except OSError:
                    time.sleep(0.05)
            told = subprocess.run(
                [os.environ.get("BENCH_PUTS") or built / "komoku-bench-puts", "--server",
                 f"ws://127.0.0.1:{port}/v{version}", "--points", str(points)],
                check=True, capture_output=True, text=True).stdout
            cpu = sum(map(int, pathlib.Path(f"/proc/{hub.pid}/stat").read_text().rsplit(")")[1].split()[11:13]))
            figures = {"version": version, **json.loads(told), "hub_cpu_s": cpu / os.sysconf("SC_CLK_TCK")}
            if version == 2:
                del figures["bytes_per_point"]  # Of the columns, which it does not have.
            print(json.dumps(figures), flush=True)
        finally:
            hub.terminate()
            hub.wait()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--points", type=int, default=1_000_000)
    arguments.add_argument("--reps", type=int, default=3)
    arguments = arguments.parse_args()
    for _ in range(arguments.reps):
        run(3, arguments.points)
    run(2, arguments.points // 5)
