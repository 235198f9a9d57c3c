#!/usr/bin/env python3
"""WebSocket: gets with pipelining, changes to very many subscribers, some of them slow, and what an idle connection costs.

    KOMOKUD=/path/komokud python3 Benchmarks/wsreach.py [--seconds 10]

Prints a line of JSON for each. The load is c/wsload.c, one thread; on two cores it takes as much of the machine as the hub.
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


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Hub:
    """A hub in memory on a free port."""

    def __init__(self, folder):
        self.port = free_port()
        config = pathlib.Path(folder) / "komoku.yaml"
        config.write_text(f"listen: [{{port: {self.port}}}]\nkeys: {{'bench.*': {{type: numeric}}}}\n")
        program = os.path.abspath(os.environ.get("KOMOKUD") or here.parent / ".build-release/release/komokud")
        self.process = subprocess.Popen(
            [program, "--config", config, "--ephemeral", "--log-level", "error"], stdout=subprocess.DEVNULL)
        for _ in range(200):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/healthy", timeout=1).read()
                return
            except OSError:
                time.sleep(0.05)
        self.stop()
        raise RuntimeError("the hub does not start")

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


def run(load, folder, *words):
    hub = Hub(folder)
    try:
        words = [str(word).replace("PID", str(hub.process.pid)) for word in words]
        done = subprocess.run([load, words[0], str(hub.port), *words[1:]], capture_output=True, text=True, timeout=120)
        if done.returncode:
            return {"failed": done.stderr.strip()}
        return json.loads(done.stdout)
    finally:
        hub.stop()


def measure(seconds=10, tell=lambda name, figures: None):
    """The figures, by what was measured. Needs a C compiler."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        load = f"{folder}/wsload"
        subprocess.run([os.environ.get("CC", "cc"), "-O2", "-o", load, here / "c/wsload.c"], check=True)
        for name, words in [
            ("get, 50 connections, 32 outstanding on each", ("get", 50, 32, seconds)),
            ("1,000 subscribers, 100 changes/s", ("subscribe", 1000, 0, 100, seconds, "PID")),
            ("1,000 subscribers, 100 of them reading 1 KiB/s, 100 changes/s", ("subscribe", 1000, 100, 100, seconds, "PID")),
            ("1,000 idle connections", ("idle", 1000, "PID")),
        ]:
            found[name] = run(load, folder, *words)
            tell(name, found[name])
    return found


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--seconds", type=int, default=10)
    measure(options.parse_args().seconds, lambda name, figures: print(json.dumps({"what": name, **figures}), flush=True))


if __name__ == "__main__":
    main()
