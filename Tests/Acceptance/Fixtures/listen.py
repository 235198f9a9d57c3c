"""listen.py PORT KEY: subscribes to KEY over WebSocket and prints each frame, pushes too, until it is ended."""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "Benchmarks"))
import websocket  # noqa: E402

connection = websocket.WebSocket(int(sys.argv[1]))
connection.send({"sub": {"key": sys.argv[2]}})
while True:
    print(json.dumps(connection.receive()), flush=True)
