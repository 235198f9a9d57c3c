"""A house for the tests of the page: a private Mosquitto, the simulated house, and the daemon, on free ports."""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class House:
    """`extra` is YAML behind that of the demo; `files`: the page is read from the sources, not from the program."""

    def __init__(self, binaries, extra="", simulated=True, files=False, past=0):
        self.binaries = pathlib.Path(binaries)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="komoku-page-"))
        self.broker, self.port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        self.simulated = simulated
        self.processes = {}
        self.token = None
        page = f"page: {{files: {ROOT / 'Sources/KomokuServer/Web'}}}\n" if files else ""
        text = (ROOT / "config/demo.yaml").read_text() if simulated else (
            'mqtt: {url: "mqtt://127.0.0.1:${KOMOKU_DEMO_PORT}"}\nstore: {path: "${KOMOKU_DEMO_DIR}/komoku.db"}\n'
            "listen:\n  - port: ${KOMOKU_DEMO_V2}\n    api: 2\ndevices: {zigbee2mqtt: {base: zigbee2mqtt}, tasmota: {}}\n")
        (self.folder / "komoku.yaml").write_text(text + "\n" + page + extra)
        (self.folder / "mosquitto.conf").write_text(f"listener {self.broker} 127.0.0.1\nallow_anonymous true\n")
        (self.folder / "rules").mkdir()
        self.start("broker")
        if simulated:
            self.start("house")
        self.start("hub")
        if past:
            points = subprocess.run([self.binaries / "komoku-demo-house", "--past", str(past), "--seed", "1"], stdout=subprocess.PIPE, check=True)
            self.komoku("import", "-", input=points.stdout)

    def start(self, what):
        """Starts `broker`, `house` or `hub`, and waits until the hub is ready."""
        commands = {
            "broker": [shutil.which("mosquitto") or "/usr/sbin/mosquitto", "-c", self.folder / "mosquitto.conf"],
            "house": [self.binaries / "komoku-demo-house", "--port", str(self.broker), "--seed", "1"],
            "hub": [self.binaries / "komokud", "--config", self.folder / "komoku.yaml"],
        }
        environment = dict(os.environ, KOMOKU_DEMO_PORT=str(self.broker), KOMOKU_DEMO_DIR=str(self.folder),
                           KOMOKU_DEMO_V1=str(free_port()), KOMOKU_DEMO_V2=str(self.port))
        with open(self.folder / f"{what}.log", "ab") as log:
            self.processes[what] = subprocess.Popen(commands[what], stdout=log, stderr=log, env=environment)
        if what == "broker":
            self.wait(lambda: socket.create_connection(("127.0.0.1", self.broker), 1).close() is None)
        if what == "hub":
            self.wait(self.is_ready)
            if self.simulated:
                self.wait(lambda: self.get("hall_lamp.state") is not None)

    def is_ready(self):
        try:
            with urllib.request.urlopen(self.url + "-/ready", timeout=5) as answer:
                return answer.status == 200
        except urllib.error.HTTPError:
            return False

    def wait(self, condition, seconds=60):
        end = time.monotonic() + seconds
        while True:
            try:
                if condition():
                    return
            except OSError:
                pass
            for name, process in self.processes.items():
                if process.poll() is not None:
                    raise RuntimeError(f"{name} ended: {(self.folder / (name + '.log')).read_text()[-2000:]}")
            if time.monotonic() > end:
                raise TimeoutError("the house did not get there")
            time.sleep(0.05)

    def end(self, what, how=signal.SIGTERM):
        process = self.processes.pop(what, None)
        if process is None:
            return
        process.send_signal(how)
        process.wait(30)

    def stop(self):
        for what in ("hub", "house", "broker"):
            self.end(what)
        shutil.rmtree(self.folder, ignore_errors=True)

    def api(self, method, path, body=None):
        """`api('GET', 'keys/hall_lamp.state')`: what the hub answers, or a problem."""
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {self.token}"} if self.token else {})
        request = urllib.request.Request(self.url + "api/" + path, method=method, headers=headers,
                                         data=None if body is None else json.dumps(body).encode())
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            return json.loads(error.read() or b"null")

    def get(self, key):
        return self.api("GET", "keys/" + urllib.parse.quote(key, safe="")).get("value")

    def put(self, key, value):
        return self.api("PUT", "keys/" + urllib.parse.quote(key, safe=""), {"value": value})

    def publish(self, topic, payload, retain=False):
        text = payload if isinstance(payload, (str, bytes)) else json.dumps(payload)
        command = ["mosquitto_pub", "-p", str(self.broker), "-t", topic, "-s"] + (["-r"] if retain else [])
        subprocess.run(command, input=text if isinstance(text, bytes) else text.encode(), check=True)

    def komoku(self, *arguments, input=None):
        environment = dict(os.environ, KOMOKU_SERVER=f"ws://127.0.0.1:{self.port}")
        if self.token:
            environment["KOMOKU_TOKEN"] = self.token
        done = subprocess.run([self.binaries / "komoku", *arguments], input=input, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
        if done.returncode:
            raise RuntimeError(done.stderr.decode())
        return done.stdout.decode()
