"""A small client of Komoku's protocol, version 3, over TCP: an example for others, and run by `make peers`.

`protoc --python_out=. --proto_path=Sources/KomokuProto/Proto komoku.proto` makes komoku_pb2.py; `pip install protobuf` is all else.
Usage: komoku_client.py HOST:PORT [TOKEN]
"""
import socket
import sys
import time

import komoku_pb2 as komoku


class Client:
    def __init__(self, host, port, token=None):
        self.socket, self.buffer, self.id = socket.create_connection((host, port), timeout=10), b"", 0
        if token:
            self.command("auth", {"token": token})

    def ask(self, **what):
        """Sends one message and returns what answers it. A program that waits for long sends `alive` every few seconds."""
        self.id += 1
        message = komoku.ToHub(id=self.id, **what).SerializeToString()
        self.socket.sendall(varint(len(message)) + message)
        while (answer := self.receive()).id != self.id and self.id not in answer.ack.others:
            pass  # A sign of life, or a change that is watched.
        if answer.HasField("refusal"):
            raise RuntimeError(answer.refusal.code + ": " + answer.refusal.message)
        return getattr(answer, answer.WhichOneof("what"))

    def receive(self):
        length = shift = 0
        while (byte := self.take(1)[0]) > 127:
            length, shift = length | (byte & 127) << shift, shift + 7
        return komoku.FromHub.FromString(self.take(length | byte << shift))

    def take(self, count):
        while len(self.buffer) < count:
            self.buffer += self.socket.recv(65536) or sys.exit("the hub ended the connection")
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def command(self, name, members):
        """Any command of docs/protocol.md, here with texts alone."""
        body = komoku.Map(members=[komoku.Member(name=n, value=komoku.Value(text=t)) for n, t in members.items()])
        return self.ask(command=komoku.Command(name=name, body=komoku.Value(map=body)))


def varint(number):
    return (bytes([number & 127 | 128]) + varint(number >> 7)) if number > 127 else bytes([number])


if __name__ == "__main__":
    host, port = sys.argv[1].rsplit(":", 1)
    client, now = Client(host, int(port), *sys.argv[2:]), time.time_ns() // 1000
    client.ask(put=komoku.Put(key="python.text", value=komoku.Value(text="hello")))
    # Two keys in turn, a point each millisecond: the first time is whole, the others are the steps.
    ack = client.ask(points=komoku.Points(
        keys=["python.a", "python.b"], key=[0, 1] * 500, time=[now] + [1000] * 999, numbers=[n / 8 for n in range(1000)]))
    newest = client.ask(last=komoku.Name(key="python.b"))
    assert (ack.taken, newest.value.number, newest.time) == (1000, 999 / 8, now + 999_000), (ack, newest)
    assert client.ask(get=komoku.Name(key="python.text")).value.text == "hello"
    assert client.command("statistics", {"key": "python.a"}).WhichOneof("what") == "result"
    print("python: 1000 points stored, the newest is", newest.value.number)
