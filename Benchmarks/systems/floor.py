"""W2 floors: the no-op rule in C (libmosquitto) and in Python (paho-mqtt)."""
import os
import subprocess
import sys

import house
import limits
import util

from .base import System


class EchoC(System):
    id = "c-echo"
    name = "floor: libmosquitto echo"
    what = "C program, no-op rule, whole house subscribed"
    w2 = True

    def start(self, cfg):
        limits.build()
        self.p = subprocess.Popen([os.path.join(limits.BUILD, "echo"), str(cfg["port"]), str(cfg["qos"]),
                                   house.PREFIX + "/#", house.REACTION_TOPIC], stdout=subprocess.PIPE, text=True)
        assert self.p.stdout.readline().strip() == "READY"
        return self.p.pid

    def stop(self):
        util.stop(self.p)

    def pids(self):
        return [self.p.pid]


class EchoPaho(EchoC):
    id = "paho-echo"
    name = "paho script echo"
    what = "Python paho-mqtt script: JSON decode, publish; whole house subscribed"

    @classmethod
    def missing(cls):
        return util.no_paho()

    def start(self, cfg):
        self.p = subprocess.Popen([os.environ.get("BENCH_PYTHON", sys.executable), os.path.join(util.HERE, "echo_paho.py"),
                                   str(cfg["port"]), str(cfg["qos"])], stdout=subprocess.PIPE, text=True)
        assert self.p.stdout.readline().strip() == "READY"
        return self.p.pid
