"""Child process: replay the synthetic house.  Prints READY, waits for a line on
stdin, publishes, prints a JSON result."""
import argparse
import json
import sys

import house
import mqttraw

ap = argparse.ArgumentParser()
ap.add_argument("--port", type=int, required=True)
ap.add_argument("--n", type=int, required=True)
ap.add_argument("--qos", type=int, default=0)
ap.add_argument("--rate", type=float, default=0)
ap.add_argument("--seed", type=int, default=1)
ap.add_argument("--max-s", type=float, default=80)
ap.add_argument("--many", action="store_true", help="a topic of its own for each message")
a = ap.parse_args()
messages = house.many(a.n, a.seed) if a.many else ((t, house.encode(d)) for t, d in house.generate(a.n, a.seed))
pk = [mqttraw.pub_packet(t, payload, a.qos, i % 65535 + 1) for i, (t, payload) in enumerate(messages)]
print("READY", flush=True)
sys.stdin.readline()
print(json.dumps(mqttraw.blast(a.port, pk, a.qos, a.rate, max_s=a.max_s)), flush=True)
