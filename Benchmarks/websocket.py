"""Just enough of a websocket client: text frames with JSON, on 127.0.0.1."""
import base64
import json
import os
import socket
import struct


class WebSocket:
    def __init__(self, port, path="/", timeout=80):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.file = self.socket.makefile("rb", 1 << 16)
        self.socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n\r\n".encode())
        status = self.file.readline()
        if b" 101 " not in status:
            raise ConnectionError(f"no websocket: {status!r}")
        while self.file.readline() not in (b"\r\n", b""):
            pass

    def _frame(self, opcode, payload):
        n = len(payload)
        head = bytes([0x80 | opcode])
        head += bytes([0x80 | n]) if n < 126 else b"\xfe" + struct.pack("!H", n) if n < 65536 else b"\xff" + struct.pack("!Q", n)
        self.socket.sendall(head + b"\0\0\0\0" + payload)

    def send(self, value):
        self._frame(1, json.dumps(value).encode())

    def _read(self, n):
        b = self.file.read(n)
        if len(b) < n:
            raise ConnectionError("closed")
        return b

    def receive(self):
        """The next message; pings are answered on the way."""
        out = b""
        while True:
            h = self._read(2)
            n = h[1] & 127
            if n == 126:
                n = struct.unpack("!H", self._read(2))[0]
            elif n == 127:
                n = struct.unpack("!Q", self._read(8))[0]
            b = self._read(n)
            opcode = h[0] & 15
            if opcode == 8:
                raise ConnectionError("closed by the server")
            if opcode == 9:
                self._frame(10, b)
            elif opcode in (0, 1):
                out += b
                if h[0] & 128:
                    return json.loads(out)

    def close(self):
        self.file.close()
        self.socket.close()
