"""Processes, broker, ports, /proc numbers."""
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
HZ = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def work_dir(name):
    base = os.environ.get("BENCH_TMP", tempfile.gettempdir())
    os.makedirs(base, exist_ok=True)
    return tempfile.mkdtemp(prefix=f"bench-{name}-", dir=base)


def du(path):
    """Bytes allocated on the disk by a file or tree."""
    if os.path.isfile(path):
        return os.stat(path).st_blocks * 512
    tot = 0
    for d, _, fs in os.walk(path):
        for f in fs:
            try:
                tot += os.lstat(os.path.join(d, f)).st_blocks * 512
            except OSError:
                pass
    return tot


def children(pid):
    out = [pid]
    try:
        for t in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{t}/children") as f:
                for c in f.read().split():
                    out += children(int(c))
    except OSError:
        pass
    return out


def snap(pids):
    """Sum over the pids and their children: cpu_s, hwm_kib, rss_kib, write_bytes."""
    r = {"cpu_s": 0.0, "hwm_kib": 0, "rss_kib": 0, "write_bytes": 0}
    seen = set()
    for p in pids:
        seen.update(children(p))
    for p in seen:
        try:
            with open(f"/proc/{p}/stat") as f:
                st = f.read().rsplit(")", 1)[1].split()
            r["cpu_s"] += (int(st[11]) + int(st[12])) / HZ
            with open(f"/proc/{p}/status") as f:
                for line in f:
                    if line.startswith("VmHWM"):
                        r["hwm_kib"] += int(line.split()[1])
                    elif line.startswith("VmRSS"):
                        r["rss_kib"] += int(line.split()[1])
            with open(f"/proc/{p}/io") as f:
                for line in f:
                    if line.startswith("write_bytes"):
                        r["write_bytes"] += int(line.split()[1])
        except OSError:
            pass
    return r


def spawn(cmd, log, env=None, stdin=None, stdout=None, cwd=None):
    lf = open(log, "ab")
    return subprocess.Popen(cmd, stdout=stdout or lf, stderr=lf, stdin=stdin or subprocess.DEVNULL,
                            env={**os.environ, **(env or {})}, cwd=cwd)


def stop(p, grace=20):
    """End one process that we started (by its own handle)."""
    if p is None or p.poll() is not None:
        return
    p.send_signal(signal.SIGTERM)
    try:
        p.wait(grace)
    except subprocess.TimeoutExpired:
        p.kill()
        p.wait()


def wait_port(port, timeout=30):
    end = time.time() + timeout
    while time.time() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 0.5).close()
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(f"port {port} never opened")


def which(name, env):
    p = os.environ.get(env) or shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/bin")
    if not p:
        raise FileNotFoundError(f"{name} (set {env})")
    return p


def absent(name, env):
    """Why a program cannot be run, or None."""
    try:
        which(name, env)
    except FileNotFoundError:
        return f"{name} is not installed (or set {env})"
    return None


def no_paho():
    """Why paho-mqtt cannot be used, or None."""
    python = os.environ.get("BENCH_PYTHON", sys.executable)
    if subprocess.run([python, "-c", "import paho.mqtt.client"], stderr=subprocess.DEVNULL).returncode:
        return f"{python} has no paho-mqtt (set BENCH_PYTHON)"
    return None


class Broker:
    def __init__(self, nodelay=True):
        self.dir = work_dir("broker")
        self.port = free_port()
        conf = os.path.join(self.dir, "mosquitto.conf")
        with open(conf, "w") as f:
            f.write(f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence false\n"
                    "max_queued_messages 0\nmax_queued_bytes 0\nmax_inflight_messages 0\n"
                    "log_type error\nlog_type warning\n"
                    f"set_tcp_nodelay {'true' if nodelay else 'false'}\nuser root\n")
        self.p = spawn([which("mosquitto", "MOSQUITTO"), "-c", conf], os.path.join(self.dir, "log"))
        wait_port(self.port)

    def stop(self):
        stop(self.p)
        shutil.rmtree(self.dir, ignore_errors=True)


def median(xs):
    xs = sorted(x for x in xs if x is not None)
    if not xs:
        return None
    n = len(xs)
    return xs[n // 2] if n % 2 else (xs[n // 2 - 1] + xs[n // 2]) / 2


def pct(xs, p):
    xs = sorted(xs)
    return xs[min(len(xs) - 1, int(len(xs) * p / 100))] if xs else None
